"""`python -m kagibag_app.sandbox`."""

from kagibag_app.sandbox.server import main

main()
