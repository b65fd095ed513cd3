"""Members who ask over HTTP: the session of the browser's cookie, judged as ``require`` judges it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse

from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import ACTIVITY_STEP, Action, SessionState, allowed
from kagibag_app.features.accounts.views import SessionView
from kagibag_app.web.api.answers import Instead, answer_page
from kagibag_app.web.limits import client_ip
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import login_path, next_path, session_token, standing


async def member(request: Request, action: Action, *, page: str) -> SessionView:
    """Return the session of a member whose role includes ``action``; it counts as something that a person did.

    Args:
        request: With the session's cookie.
        action: From the permission table.
        page: Path of the organizer's page that asks: where one comes back to. A claim.

    Raises:
        Instead: Signed out: the login; idle: the page, which asks for the password; the role does not include it.
    """
    async with runtime().store.read() as session:
        view = await accounts.load_session(session, session_token(request.headers.get("cookie", "")))
    found = standing(view) if view else SessionState.OVER
    if view is None or found is SessionState.OVER:
        raise Instead(RedirectResponse(login_path(page, error="expired"), 303))
    if found is SessionState.IDLE:
        raise Instead(RedirectResponse(next_path(page), 303))
    if not allowed(view.role, action):
        text = "Your role doesn't include this. Ask an owner of the organization."
        raise Instead(answer_page(403, "Not allowed", text, action=("Back", next_path(page))))
    if runtime().clock.now() - view.last_active_at >= ACTIVITY_STEP:
        await runtime().store.run(lambda tx: accounts.touch(tx, session_id=view.id))
    return view


def address(request: Request) -> str:
    """Return the network address that a request comes from, as far as our own proxies vouch for it."""
    peer = request.client.host if request.client else ""
    return client_ip(peer, request.headers.get("x-forwarded-for", ""), runtime().settings.trusted_proxies)
