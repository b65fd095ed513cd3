"""What routes share that take a native form: where it came from, whose it is, and the password in it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import SESSION_LIFE
from kagibag_app.storage.transaction import Transaction
from kagibag_app.web.api.members import address
from kagibag_app.web.limits import Limit, rate_limits
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import COOKIE, session_token

_FIELDS_MAX = 10
# One check takes 64 MiB and a processor for a tenth of a second.
_checking = asyncio.Semaphore(2)

Answer = Callable[[Request, FormData], Awaitable[Response]]


def form_route(path: str, answer: Answer) -> Route:
    """Return the route of a form."""
    return Route(path, cast("Callable[..., Awaitable[Response]]", _from_our_pages(answer)), methods=["POST"])


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


def text_of(form: FormData, name: str) -> str:
    """Return a field as text, empty if it is missing or a file."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def cookie_of(request: Request) -> str:
    """Return the session's token, empty if there is none."""
    return session_token(request.headers.get("cookie", ""))


def see(path: str) -> Response:
    """Send the browser on to a page."""
    return RedirectResponse(path, 303)


def with_cookie(answer: Response, token: str) -> Response:
    """Let the browser keep a session."""
    answer.set_cookie(
        COOKIE, token, max_age=int(SESSION_LIFE.total_seconds()), path="/", httponly=True, samesite="lax",
        secure=runtime().settings.secure_cookies,
    )  # fmt: skip
    return answer


async def spend_login(request: Request, email: str) -> None:
    """Count a try at a login.

    Raises:
        TooMany: From this address, or at this login.
    """
    limits, here = rate_limits(), address(request)
    await limits.spend(Limit.LOGIN_ADDRESS, here)
    await limits.spend(Limit.LOGIN_HERE, here, email)
    await limits.spend(Limit.LOGIN_ACCOUNT, email)


async def fits(password: str, stored: str | None) -> bool:
    """Say whether it is the password; without a stored one it takes as long."""
    async with _checking:
        return await asyncio.to_thread(accounts.check_password, password, stored)


async def hashed(password: str) -> str:
    """Return what is stored of a new password.

    Raises:
        BadInput: It is too short or too long.
    """
    async with _checking:
        return await asyncio.to_thread(accounts.hash_password, password)


async def note_refusal(request: Request, user_id: int | None) -> None:
    """Write down that a password was refused."""
    here = address(request)

    async def work(tx: Transaction) -> None:
        accounts.refuse_login(tx, user_id=user_id, address=here)

    await runtime().store.run(work)
