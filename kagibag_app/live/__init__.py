"""Change notices: topic names on a bus, never data."""
