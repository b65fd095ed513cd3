"""`python -m kagibag_app` is the `kagibag` command."""

from kagibag_app.cli import main

main()
