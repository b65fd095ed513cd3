"""What the State of every attendee's page has."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.settings import StripeMode
from kagibag_app.web.runtime import runtime


class Screen(rx.State, mixin=True):
    """A page that shows something only once it knows that it may.

    Attributes:
        phase: ``loading``, ``missing`` or ``shown``.
        opened: The path that ``phase`` and everything else is about.
        sandbox: Payments go to the Stripe sandbox.
    """

    phase: str = "loading"
    opened: str = ""
    sandbox: bool = False

    def _open(self) -> None:
        """Begin to load."""
        if self.opened != self.router.url.path:
            self.opened, self.phase = self.router.url.path, "loading"
        self.sandbox = runtime().settings.stripe_mode is StripeMode.SANDBOX

    def _missing(self) -> None:
        """Forget everything that was shown; nothing tells why."""
        self.reset()
        self._open()
        self.phase = "missing"


def phase_of(screen: Any) -> rx.Var[str]:
    """Return the phase of a page's State, ``loading`` while it still holds what another address of the same tab opened.

    A tab that comes back to a page gets everything from the last visit first, and what the address opens only then:
    without this, a buyer of two orders sees the one for a moment where she opens the other.
    """
    return rx.cond(screen.opened == screen.router.url.path, screen.phase, "loading")
