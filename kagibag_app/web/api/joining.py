"""Taking up an invitation: a native form, because it carries a password and its answer sets the session's cookie.

Three come here: who has no login yet chooses a name and a password; who has one types its password; who is signed in as the
invited address just agrees. Which of them it is, the server decides.
"""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from kagibag_app.features.accounts import queries as account_queries
from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import SessionState
from kagibag_app.features.accounts.views import OpenedInvitation, SessionView
from kagibag_app.kit.errors import BadInput, DomainError
from kagibag_app.storage.transaction import Transaction
from kagibag_app.web.admin.join.links import invitation_of_link, join_path
from kagibag_app.web.api.forms import (
    cookie_of,
    fits,
    form_route,
    hashed,
    note_refusal,
    see,
    spend_login,
    text_of,
    with_cookie,
)
from kagibag_app.web.api.members import address
from kagibag_app.web.limits import Limit, TooMany, rate_limits
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import next_path, standing


async def _join(request: Request, form: FormData) -> Response:
    """``POST /api/team/join`` with ``token``, and ``name`` and ``password`` where they are asked for."""
    token = text_of(form, "token")
    try:
        await rate_limits().spend(Limit.JOIN_ADDRESS, address(request))
        async with runtime().store.read() as session:
            opened = await invitation_of_link(session, token)
            viewer = await accounts.load_session(session, cookie_of(request))
        if opened is None:
            return see(join_path(token))
        if viewer is not None and standing(viewer) is SessionState.LIVE:
            return await _agree(opened, viewer, token)
        if opened.user_id is not None:
            return await _return(request, form, opened, token)
        return await _arrive(request, form, opened, token)
    except TooMany:
        return see(join_path(token, error="slow"))
    except BadInput as error:
        return see(join_path(token, error=error.field if error.field in ("name", "password") else ""))
    except DomainError:
        # Used, withdrawn or too old meanwhile: the page says which.
        return see(join_path(token))


async def _agree(opened: OpenedInvitation, viewer: SessionView, token: str) -> Response:
    """Let in who is signed in as the invited address; the session goes on, for the new organization."""
    if viewer.user_id != opened.user_id:
        return see(join_path(token))

    async def work(tx: Transaction) -> None:
        await accounts.join(
            tx, invitation=opened.public_id, version=opened.link_version, user_id=viewer.user_id
        )
        await accounts.switch_organizer(
            tx, session_id=viewer.id, user_id=viewer.user_id, organizer=opened.organizer
        )

    await runtime().store.run(work)
    return see(next_path(""))


async def _return(request: Request, form: FormData, opened: OpenedInvitation, token: str) -> Response:
    """Let in who has a login and types its password."""
    user_id = opened.user_id or 0
    await spend_login(request, opened.email)
    async with runtime().store.read() as session:
        stored = await account_queries.system_password_hash(session, user_id)
    if not await fits(text_of(form, "password"), stored):
        await note_refusal(request, user_id)
        return see(join_path(token, error="wrong"))

    async def work(tx: Transaction) -> str:
        organizer_id = await accounts.join(
            tx, invitation=opened.public_id, version=opened.link_version, user_id=user_id
        )
        return await accounts.start_session(
            tx, user_id=user_id, replaces=cookie_of(request), organizer_id=organizer_id
        )

    return with_cookie(see(next_path("")), await runtime().store.run(work))


async def _arrive(request: Request, form: FormData, opened: OpenedInvitation, token: str) -> Response:
    """Let in somebody new, with the name and password they chose."""
    password_hash = await hashed(text_of(form, "password"))

    async def work(tx: Transaction) -> str:
        user_id, organizer_id = await accounts.join_as_new(
            tx, invitation=opened.public_id, version=opened.link_version, name=text_of(form, "name"),
            password_hash=password_hash,
        )  # fmt: skip
        return await accounts.start_session(
            tx, user_id=user_id, replaces=cookie_of(request), organizer_id=organizer_id
        )

    return with_cookie(see(next_path("")), await runtime().store.run(work))


ROUTES = [form_route("/api/team/join", _join)]
