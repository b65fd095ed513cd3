"""Login, logout and typing the password again: native forms, because only an HTTP answer can set an HttpOnly cookie.

Whoever guesses learns nothing: an unknown address, a wrong password and a disabled user get the same answer after the same work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import structlog
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from kagibag_app.features.accounts import queries as account_queries
from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import SESSION_LIFE
from kagibag_app.kit.errors import Forbidden
from kagibag_app.storage.transaction import Transaction
from kagibag_app.web.limits import Limit, TooMany, client_ip, rate_limits
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import COOKIE, login_path, marked, next_path, session_token

log = structlog.get_logger(__name__)

_FIELDS_MAX = 10
# One check takes 64 MiB and a processor for a tenth of a second.
_checking = asyncio.Semaphore(2)

Answer = Callable[[Request, FormData], Awaitable[Response]]


def _from_our_pages(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    """Take the form only from pages of this product: the browser names its Origin with every form it posts."""

    async def checked(request: Request) -> Response:
        if request.headers.getlist("origin") not in [
            [origin] for origin in runtime().settings.allowed_origins
        ]:
            return PlainTextResponse("This form was not sent from a page of ours. Nothing was changed.", 403)
        async with request.form(max_files=0, max_fields=_FIELDS_MAX) as form:
            return await answer(request, form)

    return checked


async def _login(request: Request, form: FormData) -> Response:
    """``POST /api/session/login`` with ``email``, ``password`` and ``next``."""
    email, password, wanted = (_text(form, name) for name in ("email", "password", "next"))
    email = email.strip().casefold()
    try:
        await _spend(_address(request), email)
    except TooMany:
        return _see(login_path(wanted, error="slow"))
    async with runtime().store.read() as session:
        known = await account_queries.system_credentials(session, email)
    fits = await _check(password, known.password_hash if known else None)
    if known is None or not fits or not known.can_enter:
        await _note_refusal(known.user_id if known else None, request)
        return _see(login_path(wanted, error="wrong"))
    before = session_token(request.headers.get("cookie", ""))
    token = await runtime().store.run(
        lambda tx: accounts.start_session(tx, user_id=known.user_id, replaces=before)
    )
    return _with_cookie(_see(next_path(wanted)), token)


async def _logout(request: Request, form: FormData) -> Response:
    """``POST /api/session/logout``: ends the session here and now, whoever else holds its cookie."""
    token = session_token(request.headers.get("cookie", ""))
    await runtime().store.run(lambda tx: accounts.end_session(tx, token=token))
    answer = _see(login_path("", error="left"))
    answer.delete_cookie(
        COOKIE, path="/", secure=runtime().settings.secure_cookies, httponly=True, samesite="lax"
    )
    return answer


async def _confirm(request: Request, form: FormData) -> Response:
    """``POST /api/session/confirm`` with ``password`` and ``next``: the session goes on, money may be decided."""
    password, wanted = _text(form, "password"), _text(form, "next")
    async with runtime().store.read() as session:
        view = await accounts.load_session(session, session_token(request.headers.get("cookie", "")))
        stored = await account_queries.system_password_hash(session, view.user_id) if view else None
    if view is None:
        return _see(login_path(wanted, error="expired"))
    try:
        await _spend(_address(request), view.email)
    except TooMany:
        return _see(marked(wanted, "slow"))
    if not await _check(password, stored):
        await _note_refusal(view.user_id, request)
        return _see(marked(wanted, "wrong"))
    try:
        await runtime().store.run(lambda tx: accounts.confirm(tx, session_id=view.id))
    except Forbidden:
        return _see(login_path(wanted, error="expired"))
    return _see(next_path(wanted))


async def _spend(address: str, email: str) -> None:
    limits = rate_limits()
    await limits.spend(Limit.LOGIN_ADDRESS, address)
    await limits.spend(Limit.LOGIN_HERE, address, email)
    await limits.spend(Limit.LOGIN_ACCOUNT, email)


async def _check(password: str, stored: str | None) -> bool:
    async with _checking:
        return await asyncio.to_thread(accounts.check_password, password, stored)


async def _note_refusal(user_id: int | None, request: Request) -> None:
    address = _address(request)

    async def work(tx: Transaction) -> None:
        accounts.refuse_login(tx, user_id=user_id, address=address)

    await runtime().store.run(work)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _address(request: Request) -> str:
    peer = request.client.host if request.client else ""
    return client_ip(peer, request.headers.get("x-forwarded-for", ""), runtime().settings.trusted_proxies)


def _see(path: str) -> Response:
    return RedirectResponse(path, 303)


def _with_cookie(answer: Response, token: str) -> Response:
    answer.set_cookie(
        COOKIE, token, max_age=int(SESSION_LIFE.total_seconds()), path="/", httponly=True, samesite="lax",
        secure=runtime().settings.secure_cookies,
    )  # fmt: skip
    return answer


ROUTES = [
    Route(
        f"/api/session/{name}",
        cast("Callable[..., Awaitable[Response]]", _from_our_pages(answer)),
        methods=["POST"],
    )
    for name, answer in (("login", _login), ("logout", _logout), ("confirm", _confirm))
]
