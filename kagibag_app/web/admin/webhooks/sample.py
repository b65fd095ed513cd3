"""How a receiver checks that an event is ours."""

from __future__ import annotations

SAMPLE = """\
# pip install standardwebhooks
from standardwebhooks import Webhook

# Raises when the signature is wrong or older than five minutes.
event = Webhook(SECRET).verify(body, headers)

if event["type"] == "order.paid":
    # The same id may come twice: keep it, and skip what you have seen.
    remember(event["id"], event["data"])
"""
"""Python. ``body`` is the raw request body, ``headers`` its headers with lower-case names."""
