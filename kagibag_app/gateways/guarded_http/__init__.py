"""Posts to addresses that strangers typed in, without ever reaching an address that is not public."""

from kagibag_app.gateways.guarded_http.sender import GuardedSender

__all__ = ["GuardedSender"]
