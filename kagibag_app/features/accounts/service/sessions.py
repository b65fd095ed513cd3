"""Sessions of logged-in browsers.

The cookie holds 32 random bytes; the database only their SHA-256, so that a copy of it opens nothing.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.accounts import queries
from kagibag_app.features.accounts.rules import (
    PASSWORD_FOR,
    SESSION_LIFE,
    MemberStatus,
    SessionState,
    session_state,
)
from kagibag_app.features.accounts.tables import LoginSession, Membership, Organizer, User
from kagibag_app.features.accounts.views import SessionView
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.kit.actor import SYSTEM, Actor, ActorKind
from kagibag_app.kit.errors import Forbidden, NotFound
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction

_TOKEN_BYTES = 32
_TOKEN_MAX = 100


def hash_token(token: str) -> str:
    """Return what is stored of a cookie's value."""
    return sha256(token.encode()).hexdigest()


async def load_session(session: AsyncSession, token: str) -> SessionView | None:
    """Return the session of a cookie's value; its times still have to be judged with ``rules.session_state``."""
    if not token or not token.isascii() or len(token) > _TOKEN_MAX:
        return None
    return await queries.system_session(session, hash_token(token))


async def start_session(
    tx: Transaction, *, user_id: int, replaces: str = "", organizer_id: int | None = None
) -> str:
    """Open a session for a user whose password was just checked, and return the cookie's value.

    It is always a new one; the session of the cookie that the browser came with (``replaces``) ends, so that
    nobody can prepare a session for somebody else. The organizer is the one of the last session, else the first by name.

    Args:
        replaces: The cookie's value that the browser came with.
        organizer_id: Act for this one, of which the user is an active member.

    Raises:
        Forbidden: The user has no active membership.
    """
    organizer_id = organizer_id or await _organizer_to_open(tx, user_id)
    if replaces:
        await _end(tx, hash_token(replaces))
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    tx.session.add(
        LoginSession(
            token_hash=hash_token(token), user_id=user_id, organizer_id=organizer_id, created_at=tx.now,
            expires_at=tx.now + SESSION_LIFE, last_active_at=tx.now, confirmed_at=tx.now, password_at=tx.now,
        )
    )  # fmt: skip
    timeline.audit(
        tx, await _member(tx, user_id, organizer_id), kind=AuditKind.LOGIN, organizer_id=organizer_id
    )
    return token


def refuse_login(tx: Transaction, *, user_id: int | None, address: str) -> None:
    """Note a login that was refused. ``address`` is the network address; what was typed is never stored."""
    timeline.audit(
        tx,
        SYSTEM,
        kind=AuditKind.LOGIN_REFUSED,
        subject=str(user_id) if user_id else "unknown",
        data={"address": address},
    )


async def touch(tx: Transaction, *, session_id: int) -> None:
    """Note that a person did something. Live reloads never come here."""
    await tx.session.execute(_open(session_id).values(last_active_at=tx.now))


async def confirm(tx: Transaction, *, session_id: int) -> None:
    """Note that the password was typed again: an idle session goes on and money may be decided.

    Raises:
        Forbidden: The session is over; only a new login helps.
    """
    row = await tx.session.get(LoginSession, session_id, with_for_update=True)
    if row is None or row.ended_at or session_state(tx.now, **_times(row)) is SessionState.OVER:
        raise Forbidden("Your session has ended. Please sign in again.", code="session_over")
    row.last_active_at = row.confirmed_at = row.password_at = tx.now


async def confirm_decision(tx: Transaction, *, session_id: int) -> None:
    """Note a money decision: further ones need no password for a while, at most 2 h after it was typed."""
    fresh = col(LoginSession.password_at) >= tx.now - PASSWORD_FOR
    await tx.session.execute(_open(session_id).where(fresh).values(confirmed_at=tx.now))


async def end_session(tx: Transaction, *, token: str) -> None:
    """Log out. An unknown or ended session is left as it is."""
    known = await load_session(tx.session, token)
    if known is not None:
        await _end(tx, hash_token(token))
        actor = Actor(ActorKind.MEMBER, known.organizer_id, known.user_id, known.role, known.user_name)
        timeline.audit(tx, actor, kind=AuditKind.LOGOUT, organizer_id=known.organizer_id)


async def switch_organizer(tx: Transaction, *, session_id: int, user_id: int, organizer: str) -> None:
    """Act for another of the user's organizations from now on.

    Args:
        organizer: Its public id.

    Raises:
        NotFound: There is none, or the user is no active member of it.
    """
    organizer_id = await tx.session.scalar(
        _memberships(user_id)
        .where(col(Organizer.public_id) == organizer)
        .with_only_columns(col(Organizer.id))
    )
    if organizer_id is None:
        raise NotFound("organization")
    left = sa.select(col(LoginSession.organizer_id)).where(col(LoginSession.id) == session_id)
    await tx.session.execute(
        sa.update(Membership)
        .where(col(Membership.user_id) == user_id, col(Membership.organizer_id) == left.scalar_subquery())
        .values(last_active_at=tx.now)
    )
    await tx.session.execute(_open(session_id).values(organizer_id=organizer_id))
    tx.touch(topics.member(user_id))


def _open(session_id: int) -> sa.Update:
    return sa.update(LoginSession).where(
        col(LoginSession.id) == session_id, col(LoginSession.ended_at).is_(None)
    )


async def _end(tx: Transaction, token_hash: str) -> None:
    await tx.session.execute(
        sa.update(LoginSession)
        .where(col(LoginSession.token_hash) == token_hash, col(LoginSession.ended_at).is_(None))
        .values(ended_at=tx.now)
    )


def _times(row: LoginSession) -> dict[str, datetime]:
    return {"last_active_at": row.last_active_at, "expires_at": row.expires_at}


def _memberships(user_id: int) -> sa.Select[int]:
    return (
        sa.select(col(Membership.organizer_id))
        .join(Organizer, col(Organizer.id) == col(Membership.organizer_id))
        .where(col(Membership.user_id) == user_id, col(Membership.status) == MemberStatus.ACTIVE)
    )


async def _organizer_to_open(tx: Transaction, user_id: int) -> int:
    mine = list(
        await tx.session.scalars(_memberships(user_id).order_by(col(Organizer.name), col(Organizer.id)))
    )
    if not mine:
        raise Forbidden(
            "This login belongs to no organization. Ask an owner to add you.", code="no_membership"
        )
    last = await tx.session.scalar(
        sa.select(col(LoginSession.organizer_id))
        .where(col(LoginSession.user_id) == user_id, col(LoginSession.organizer_id).in_(mine))
        .order_by(col(LoginSession.id).desc())
        .limit(1)
    )
    return last or mine[0]


async def _member(tx: Transaction, user_id: int, organizer_id: int) -> Actor:
    name, role = (
        await tx.session.execute(
            sa.select(col(User.name), col(Membership.role))
            .join(Membership, col(Membership.user_id) == col(User.id))
            .where(col(User.id) == user_id, col(Membership.organizer_id) == organizer_id)
        )
    ).one()
    return Actor(ActorKind.MEMBER, organizer_id=organizer_id, user_id=user_id, role=role, name=name)
