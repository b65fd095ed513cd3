"""Login, logout, another organization, the password typed again.

Native forms, because only an HTTP answer can set an HttpOnly cookie.

Whoever guesses learns nothing: an unknown address, a wrong password and a disabled user get the same answer after the same work.
"""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from kagibag_app.features.accounts import queries as account_queries
from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import SessionState
from kagibag_app.kit.errors import Forbidden, NotFound
from kagibag_app.web.api.forms import (
    cookie_of,
    fits,
    form_route,
    note_refusal,
    see,
    spend_login,
    text_of,
    with_cookie,
)
from kagibag_app.web.limits import TooMany
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import COOKIE, login_path, marked, next_path, standing


async def _login(request: Request, form: FormData) -> Response:
    """``POST /api/session/login`` with ``email``, ``password`` and ``next``."""
    email, password, wanted = (text_of(form, name) for name in ("email", "password", "next"))
    email = email.strip().casefold()
    try:
        await spend_login(request, email)
    except TooMany:
        return see(login_path(wanted, error="slow"))
    async with runtime().store.read() as session:
        known = await account_queries.system_credentials(session, email)
    right = await fits(password, known.password_hash if known else None)
    if known is None or not right or not known.can_enter:
        await note_refusal(request, known.user_id if known else None)
        return see(login_path(wanted, error="wrong"))
    token = await runtime().store.run(
        lambda tx: accounts.start_session(tx, user_id=known.user_id, replaces=cookie_of(request))
    )
    return with_cookie(see(next_path(wanted)), token)


async def _logout(request: Request, form: FormData) -> Response:
    """``POST /api/session/logout``: ends the session here and now, whoever else holds its cookie."""
    await runtime().store.run(lambda tx: accounts.end_session(tx, token=cookie_of(request)))
    answer = see(login_path("", error="left"))
    answer.delete_cookie(
        COOKIE, path="/", secure=runtime().settings.secure_cookies, httponly=True, samesite="lax"
    )
    return answer


async def _switch(request: Request, form: FormData) -> Response:
    """``POST /api/session/switch`` with ``organizer``: the session acts for another of the user's organizations."""
    organizer = text_of(form, "organizer")
    async with runtime().store.read() as session:
        view = await accounts.load_session(session, cookie_of(request))
    if view is None or standing(view) is not SessionState.LIVE:
        return see(login_path("", error="expired"))
    try:
        await runtime().store.run(
            lambda tx: accounts.switch_organizer(
                tx, session_id=view.id, user_id=view.user_id, organizer=organizer
            )
        )
    except NotFound:
        # They were removed from it meanwhile: the list of what is left shows it.
        return see(next_path(""))
    return see(next_path(""))


async def _confirm(request: Request, form: FormData) -> Response:
    """``POST /api/session/confirm`` with ``password`` and ``next``: the session goes on, money may be decided."""
    password, wanted = text_of(form, "password"), text_of(form, "next")
    async with runtime().store.read() as session:
        view = await accounts.load_session(session, cookie_of(request))
        stored = await account_queries.system_password_hash(session, view.user_id) if view else None
    if view is None:
        return see(login_path(wanted, error="expired"))
    try:
        await spend_login(request, view.email)
    except TooMany:
        return see(marked(wanted, "slow"))
    if not await fits(password, stored):
        await note_refusal(request, view.user_id)
        return see(marked(wanted, "wrong"))
    try:
        await runtime().store.run(lambda tx: accounts.confirm(tx, session_id=view.id))
    except Forbidden:
        return see(login_path(wanted, error="expired"))
    return see(next_path(wanted))


ROUTES = [
    form_route(f"/api/session/{name}", answer)
    for name, answer in (("login", _login), ("logout", _logout), ("switch", _switch), ("confirm", _confirm))
]
