"""The only queue: rows written in the transaction that causes them, leased by workers."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from kagibag_app.storage.columns import document, maybe_moment, moment


class OutboxStatus(StrEnum):
    """Where a job stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


class OutboxRow(SQLModel, table=True):
    """A job to be done once.

    ``dedupe_key`` names one occurrence and is unique for ever. A row is running while its lease lasts;
    a lease that ended makes it claimable again, and only the holder of the token may release it.
    """

    __tablename__ = "outbox"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.Index("ix_outbox_due", "status", "due_at"),
        sa.Index("ix_outbox_lane", "lane", "status"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    payload: dict[str, Any] = document()
    lane: str = ""
    lane_limit: int = 1
    dedupe_key: str = Field(unique=True)
    status: str = OutboxStatus.PENDING
    attempts: int = 0
    due_at: datetime = moment()
    created_at: datetime = moment()
    finished_at: datetime | None = maybe_moment()
    lease_token: str = ""
    leased_until: datetime | None = maybe_moment()
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed row, as a worker sees it.

    Attributes:
        token: Proof of the lease.
        attempts: Tries so far, this one included.
    """

    id: int
    kind: str
    payload: dict[str, Any]
    attempts: int
    token: str
    leased_until: datetime
    created_at: datetime


async def claim(session: AsyncSession, now: datetime, *, limit: int, lease: timedelta) -> list[Job]:
    """Lease up to ``limit`` due rows.

    PostgreSQL skips rows that other workers are looking at; SQLite drops the clause and is safe because
    its writers are serialised. A lane gives no more rows than its limit leaves free.
    """
    due = sa.or_(
        sa.and_(col(OutboxRow.status) == OutboxStatus.PENDING, col(OutboxRow.due_at) <= now),
        sa.and_(col(OutboxRow.status) == OutboxStatus.RUNNING, col(OutboxRow.leased_until) < now),
    )
    # Full lanes are left out here, so that one dead endpoint's queue can't fill the window for the others.
    held = sa.alias(OutboxRow.__table__, name="held")  # type: ignore[attr-defined]
    live_leases = (
        sa.select(sa.func.count())
        .select_from(held)
        .where(
            held.c.lane == col(OutboxRow.lane),
            held.c.status == OutboxStatus.RUNNING,
            held.c.leased_until >= now,
        )
        .scalar_subquery()
    )
    room = sa.or_(col(OutboxRow.lane) == "", live_leases < col(OutboxRow.lane_limit))
    picked = (
        (
            await session.execute(
                sa.select(OutboxRow)
                .where(due, room)
                .order_by(col(OutboxRow.due_at), col(OutboxRow.id))
                .limit(limit * 4)
                .with_for_update(skip_locked=True)
            )
        )
        .scalars()
        .all()
    )
    free: dict[str, int] = {}
    jobs: list[Job] = []
    for row in picked:
        if len(jobs) == limit:
            break
        if row.lane and not await _take_place(session, row, free, now):
            continue
        row.status, row.attempts = OutboxStatus.RUNNING, row.attempts + 1
        row.lease_token, row.leased_until = secrets.token_hex(16), now + lease
        jobs.append(
            Job(
                row.id or 0,
                row.kind,
                dict(row.payload),
                row.attempts,
                row.lease_token,
                row.leased_until,
                row.created_at,
            )
        )
    return jobs


async def _take_place(session: AsyncSession, row: OutboxRow, free: dict[str, int], now: datetime) -> bool:
    if row.lane not in free:
        free[row.lane] = await _places(session, row, now)
    if free[row.lane] <= 0:
        return False
    free[row.lane] -= 1
    return True


async def _places(session: AsyncSession, row: OutboxRow, now: datetime) -> int:
    if session.get_bind().dialect.name == "postgresql":
        # Two workers may look at different rows of one lane: the lane itself is locked, or left to the other.
        got = await session.scalar(
            sa.select(sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(row.lane, 0)))
        )
        if not got:
            return 0
    live = await session.scalar(
        sa.select(sa.func.count())
        .select_from(OutboxRow)
        .where(
            col(OutboxRow.lane) == row.lane,
            col(OutboxRow.status) == OutboxStatus.RUNNING,
            col(OutboxRow.leased_until) >= now,
        )
    )
    return row.lane_limit - (live or 0)


async def release(
    session: AsyncSession,
    job: Job,
    *,
    status: OutboxStatus,
    now: datetime,
    due_at: datetime | None = None,
    error: str = "",
    count_attempt: bool = True,
) -> bool:
    """End a lease, by compare-and-set on its token.

    Returns:
        False when the lease had passed to somebody else: nothing was changed.
    """
    values: dict[str, Any] = {
        "status": status,
        "lease_token": "",
        "leased_until": None,
        "last_error": error[:2000],
        "finished_at": now if status in (OutboxStatus.DONE, OutboxStatus.DEAD) else None,
    }
    if due_at is not None:
        values["due_at"] = due_at
    if not count_attempt:
        values["attempts"] = col(OutboxRow.attempts) - 1
    result = await session.execute(
        sa.update(OutboxRow)
        .where(
            col(OutboxRow.id) == job.id,
            col(OutboxRow.lease_token) == job.token,
            col(OutboxRow.status) == OutboxStatus.RUNNING,
        )
        .values(**values)
    )
    return result.rowcount == 1  # type: ignore[attr-defined]


async def renew(session: AsyncSession, job: Job, now: datetime, *, lease: timedelta) -> bool:
    """Let a lease that is still held last ``lease`` from now.

    Returns:
        False when it had passed to somebody else, or was ended.
    """
    result = await session.execute(
        sa.update(OutboxRow)
        .where(
            col(OutboxRow.id) == job.id,
            col(OutboxRow.lease_token) == job.token,
            col(OutboxRow.status) == OutboxStatus.RUNNING,
        )
        .values(leased_until=now + lease)
    )
    return result.rowcount == 1  # type: ignore[attr-defined]


async def next_due(session: AsyncSession) -> datetime | None:
    """Return when the next row becomes claimable (UTC), if any waits."""
    pending = await session.scalar(
        sa.select(sa.func.min(col(OutboxRow.due_at))).where(col(OutboxRow.status) == OutboxStatus.PENDING)
    )
    ending = await session.scalar(
        sa.select(sa.func.min(col(OutboxRow.leased_until))).where(
            col(OutboxRow.status) == OutboxStatus.RUNNING
        )
    )
    return min((t for t in (pending, ending) if t is not None), default=None)


async def last_done(session: AsyncSession, lane: str) -> datetime | None:
    """Return when the newest finished row of a lane was asked for (UTC)."""
    return await session.scalar(
        sa.select(sa.func.max(col(OutboxRow.created_at))).where(
            col(OutboxRow.lane) == lane, col(OutboxRow.status) == OutboxStatus.DONE
        )
    )


async def free_leases(session: AsyncSession) -> int:
    """Make every running row claimable: for the one process that owns the database and has just started."""
    result = await session.execute(
        sa.update(OutboxRow)
        .where(col(OutboxRow.status) == OutboxStatus.RUNNING)
        .values(status=OutboxStatus.PENDING, lease_token="", leased_until=None)
    )
    return result.rowcount  # type: ignore[attr-defined]


async def revive(session: AsyncSession, now: datetime, *, kinds: Sequence[str], dead_before: datetime) -> int:
    """Make jobs that were given up pending again, with their tries counted anew.

    Args:
        dead_before: Given up before this moment (UTC).

    Returns:
        How many.
    """
    result = await session.execute(
        sa.update(OutboxRow)
        .where(
            col(OutboxRow.status) == OutboxStatus.DEAD,
            col(OutboxRow.kind).in_(kinds),
            col(OutboxRow.finished_at) < dead_before,
        )
        .values(status=OutboxStatus.PENDING, attempts=0, due_at=now, finished_at=None)
    )
    return result.rowcount  # type: ignore[attr-defined]


async def put_off(session: AsyncSession, now: datetime, *, lane: str) -> None:
    """Let a lane's rows that wait for their first run wait twice as long from now."""
    waiting = await session.scalars(
        sa.select(OutboxRow)
        .where(
            col(OutboxRow.lane) == lane,
            col(OutboxRow.status) == OutboxStatus.PENDING,
            col(OutboxRow.due_at) > now,
            # One that was tried already waits for a reason of its own.
            col(OutboxRow.last_error) == "",
        )
        .with_for_update(skip_locked=True)
    )
    for row in waiting:
        row.due_at = now + 2 * (row.due_at - now)
