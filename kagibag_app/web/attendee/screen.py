"""What the State of every attendee's page has."""

from __future__ import annotations

import reflex as rx

from kagibag_app.settings import StripeMode
from kagibag_app.web.runtime import runtime


class Screen(rx.State, mixin=True):
    """A page that shows something only once it knows that it may.

    Attributes:
        phase: ``loading``, ``missing`` or ``shown``.
        sandbox: Payments go to the Stripe sandbox.
    """

    phase: str = "loading"
    sandbox: bool = False

    def _open(self) -> None:
        """Begin to load."""
        self.sandbox = runtime().settings.stripe_mode is StripeMode.SANDBOX

    def _missing(self) -> None:
        """Forget everything that was shown; nothing tells why."""
        self.reset()
        self._open()
        self.phase = "missing"
