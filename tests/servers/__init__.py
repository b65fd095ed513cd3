"""Real servers for the tests: a private PostgreSQL cluster, and the Chromium on this machine."""
