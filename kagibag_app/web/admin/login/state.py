"""What the login page says. The password itself never comes here: the form posts it to an HTTP route."""

from __future__ import annotations

import reflex as rx

from kagibag_app.features.accounts.rules import SessionState
from kagibag_app.settings import StripeMode
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import next_path, public, standing, tab_session

_SENTENCES = {
    "wrong": "Email and password don't fit together. Check both and try again.",
    "slow": "Too many tries in a short time. Please wait a minute and try again.",
    "expired": "Your session has ended, as it does after eight hours. Nothing was lost: sign in and go on where you were.",
}
_LEFT = "You are signed out."


class LoginState(rx.State):
    """What the page shows.

    Attributes:
        error: Why one is here again, and what to do.
        notice: What went well.
        wanted: Where to go after the login.
    """

    error: str = ""
    notice: str = ""
    wanted: str = ""
    sandbox: bool = False

    @rx.event
    @public
    async def load(self):
        """Say what the address says; who is signed in already goes on."""
        said = self.router.url.query_parameters
        self.wanted = next_path(said.get("next"))
        self.error, self.notice = (
            _SENTENCES.get(said.get("error", ""), ""),
            _LEFT if said.get("error") == "left" else "",
        )
        self.sandbox = runtime().settings.stripe_mode is StripeMode.SANDBOX
        view = await tab_session(self)
        if view is not None and standing(view) is SessionState.LIVE:
            return rx.redirect(self.wanted)
        return None
