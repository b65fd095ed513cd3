"""What the page of an invitation shows. Names and passwords never come here: the form posts them to an HTTP route."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from kagibag_app import l10n
from kagibag_app.features.accounts.rules import (
    ROLE_SUMMARY,
    InvitationState,
    Role,
    SessionState,
    invitation_state,
)
from kagibag_app.features.accounts.views import OpenedInvitation, SessionView
from kagibag_app.settings import StripeMode
from kagibag_app.web.admin.join.links import invitation_of_link
from kagibag_app.web.limits import Limit, TooMany, rate_limits
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import client_address, public, route_arg, standing, tab_session

_UNKNOWN = (
    "This link doesn't open an invitation",
    "It may be incomplete, or a newer one was sent since. Open the link in the latest mail, or ask for a new one.",
)
_SLOW = ("Too many tries", "Please wait a minute and open the link again. Nothing was changed.")
_CLOSED = {
    InvitationState.ACCEPTED: (
        "This invitation was used already",
        "Each can be used once. If it was you, sign in; if not, tell an owner of the organization.",
    ),
    InvitationState.REVOKED: (
        "This invitation was withdrawn",
        "Nobody can join with it any more. If you still expect to, ask for a new one.",
    ),
    InvitationState.EXPIRED: (
        "This invitation is too old",
        "Each works for seven days. Ask for a new one: an owner sends it with one click.",
    ),
}
_ERRORS = {
    "slow": "Too many tries in a short time. Please wait a minute and try again.",
    "wrong": "That is not the password of this login. Nothing was changed. Try again.",
    "name": "Your name is missing or too long. Nothing was changed.",
    "password": "A password has 8 to 200 characters. Nothing was changed.",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """An invitation in words."""

    organizer: str = ""
    inviter: str = ""
    email: str = ""
    role: str = ""
    may: str = ""
    until: str = ""


class JoinState(rx.State):
    """What the page shows.

    Attributes:
        phase: ``loading``, ``closed`` or ``open``.
        title, text: Why nothing can be done.
        used: It was taken up, so that signing in may be what is wanted.
        who: ``new``, ``known`` (there is a login for the address), ``mine`` (signed in as it) or ``other``.
        signed_in_as: The address of another login that this browser holds.
        token: As it stands in the address; the form carries it on.
        error: What was wrong with the form.
    """

    phase: str = "loading"
    title: str = ""
    text: str = ""
    used: bool = False
    offer: Offer = Offer()
    who: str = "new"
    signed_in_as: str = ""
    token: str = ""
    error: str = ""
    sandbox: bool = False

    @rx.event
    @public
    async def load(self):
        """Show what the link opens, to whoever holds it."""
        self.reset()
        self.sandbox = runtime().settings.stripe_mode is StripeMode.SANDBOX
        try:
            await rate_limits().spend(Limit.JOIN_ADDRESS, client_address(self))
        except TooMany:
            self._close(_SLOW)
            return
        self.token = route_arg(self, "token")
        self.error = _ERRORS.get(self.router.url.query_parameters.get("error", ""), "")
        async with runtime().store.read() as session:
            opened = await invitation_of_link(session, self.token)
        self._show(opened, await tab_session(self))

    def _show(self, opened: OpenedInvitation | None, viewer: SessionView | None) -> None:
        if opened is None:
            self._close(_UNKNOWN)
            return
        now = runtime().clock.now()
        state = invitation_state(now, status=opened.status, expires_at=opened.expires_at)
        if state is not InvitationState.OPEN:
            self.used = state is InvitationState.ACCEPTED
            self._close(_CLOSED[state])
            return
        self.offer = Offer(
            organizer=opened.organizer_name,
            inviter=opened.inviter,
            email=opened.email,
            role=opened.role.capitalize(),
            may=ROLE_SUMMARY[Role(opened.role)],
            until=l10n.moment(opened.expires_at, opened.organizer_zone),
        )
        if viewer is not None and standing(viewer) is SessionState.LIVE:
            self.who = "mine" if viewer.user_id == opened.user_id else "other"
            self.signed_in_as = viewer.email
        elif opened.user_id is not None:
            self.who = "known"
        self.phase = "open"

    def _close(self, said: tuple[str, str]) -> None:
        self.phase, (self.title, self.text) = "closed", said
