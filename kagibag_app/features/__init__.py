"""One folder a business noun; each may import only those below it (see the import contracts)."""
