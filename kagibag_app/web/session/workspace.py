"""The base of every organizer's screen, and what guards a tab's memory."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState
from reflex_base.event import Event

from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import (
    Action,
    SessionState,
    allowed,
    recently_confirmed,
    session_state,
)
from kagibag_app.features.accounts.views import SessionView
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.live import topics
from kagibag_app.settings import StripeMode
from kagibag_app.web.components.shell import Member
from kagibag_app.web.limits import client_ip
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session.cookies import session_token
from kagibag_app.web.session.places import login_path, place

# Reflex's own events that send a tab everything its State holds.
_SENDS_ALL = ("hydrate", "hydrate_and_load")


class Workspace(rx.State):
    """What every organizer's screen shows besides its own content. Screens subclass it.

    Attributes:
        member: Who is signed in, for the shell.
        sandbox: Whether the Stripe sandbox is in use.
        idle: Nothing was done for 30 minutes: the data has left the page and an overlay asks for the password.
        confirm_wanted: A decision about money or the team waits for the password to be typed again.
        here: Path and query to come back to after the password.
        email: Whose password is asked for; password managers look for it.
    """

    member: Member = Member()
    sandbox: bool = False
    idle: bool = False
    confirm_wanted: bool = False
    here: str = ""
    email: str = ""
    _owner: str = ""
    _zone: str = "UTC"
    _also_followed: str = ""

    def _to_login(self, *, error: str = "") -> Any:
        """Forget everything shown and go to the login page."""
        where = place(self)
        self._forget()
        return rx.redirect(login_path(where, error=error))

    def _go_idle(self, view: SessionView) -> None:
        """Take the data off the page, keep the address, ask for the password."""
        if not self.idle:
            self._forget()
            self.idle, self.email = True, view.email
        self._come_back_here()

    def _greet(self, view: SessionView) -> None:
        """Show who is signed in; what the tab showed of another organization or session is gone first."""
        if self._owner and self._owner != _owner(view):
            self._forget()
        self._owner, self._zone = _owner(view), view.organizer_zone
        self._also_followed = topics.member(view.user_id)
        shown = Member(
            name=view.user_name,
            initials=_initials(view.user_name),
            detail=f"{view.organizer_name} · {view.role.capitalize()}",
            several=view.organizations > 1,
            sees_team=allowed(view.role, Action.VIEW_TEAM),
            checks_in=allowed(view.role, Action.CHECK_IN),
        )
        sandbox = runtime().settings.stripe_mode is StripeMode.SANDBOX
        if (self.member, self.sandbox, self.idle) != (shown, sandbox, False):
            self.member, self.sandbox, self.idle = shown, sandbox, False
            self.email = view.email
        if self.confirm_wanted and may_decide(view):
            self.confirm_wanted = False
        self._come_back_here()

    def _come_back_here(self) -> None:
        where = place(self)
        if self.here != where:
            self.here = where

    def _forget(self) -> None:
        """Reset every organizer's screen of this tab."""
        top: BaseState = self
        while isinstance(top.parent_state, Workspace):
            top = top.parent_state
        top.reset()

    async def _still_owned(self) -> bool:
        view = await tab_session(self)
        return view is not None and self._owner == _owner(view) and standing(view) is SessionState.LIVE


class TabGuard(Middleware):
    """Keeps a tab's remembered data from whoever else presents its token.

    Reflex remembers a tab's State under a random token that the browser keeps. Before all of that State is sent out, the
    session it was loaded under must be the one that this socket's cookie names, and alive; otherwise it is emptied first.
    """

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> None:
        """Look at the events that send the whole State; every other one passes a handler's guard."""
        if event.name.rpartition(".")[2] not in _SENDS_ALL:
            return
        workspace = await state._get_root_state().get_state(Workspace)
        if workspace._owner and not await workspace._still_owned():
            workspace.reset()


async def tab_session(state: rx.State) -> SessionView | None:
    """Return the session that a tab's socket was opened with; its times still have to be judged with ``standing``."""
    async with runtime().store.read() as session:
        return await accounts.load_session(session, session_token(state.router.headers.cookie))


async def is_member(cookies: str) -> bool:
    """Say whether a Cookie header is that of a member who is signed in; for what does not have to be decided exactly."""
    token = session_token(cookies)
    if not token:
        return False
    async with runtime().store.read() as session:
        view = await accounts.load_session(session, token)
    return view is not None and standing(view) is SessionState.LIVE


def standing(view: SessionView) -> SessionState:
    """Say whether a session may act now."""
    return session_state(
        runtime().clock.now(), last_active_at=view.last_active_at, expires_at=view.expires_at
    )


def actor_of(view: SessionView) -> Actor:
    """Return the member that a session acts for."""
    return Actor(
        ActorKind.MEMBER,
        organizer_id=view.organizer_id,
        user_id=view.user_id,
        role=view.role,
        name=view.user_name,
    )


def may_decide(view: SessionView) -> bool:
    """Say whether money may be decided without typing the password again."""
    now = runtime().clock.now()
    return recently_confirmed(now, confirmed_at=view.confirmed_at, password_at=view.password_at)


def client_address(state: rx.State) -> str:
    """Return the network address that a tab comes from, as far as our own proxies vouch for it."""
    headers = state.router.headers.raw_headers
    forwarded = headers.get("x-forwarded-for", "")
    return client_ip(headers.get("asgi-scope-client", ""), forwarded, runtime().settings.trusted_proxies)


def _owner(view: SessionView) -> str:
    return f"{view.id}:{view.organizer_id}"


def _initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
