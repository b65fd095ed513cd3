"""One unit of work: commit once, publish afterwards, try again when the database says so."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col

from kagibag_app.kit.clock import Clock
from kagibag_app.storage.engine import is_sqlite, read_engine, write_engine
from kagibag_app.storage.outbox import OutboxRow

T = TypeVar("T")

OUTBOX_TOPIC = "outbox"
MAX_TRIES = 5
# PostgreSQL: serialization failure, deadlock, lock not available.
_RETRYABLE_STATES = {"40001", "40P01", "55P03"}


class Publisher(Protocol):
    """Where topics go after a commit."""

    async def publish(self, topics: set[str]) -> None: ...


@dataclass(slots=True)
class Transaction:
    """Everything one unit of work may do. Services receive it first.

    Attributes:
        session: The database session; never committed by a service.
        now: The moment of the transaction (UTC): the database's clock on PostgreSQL, ours on SQLite,
            plus the test clock's offset.
        real_organizers: Those that were found to be no synthetic ones in this transaction (see ``synthetic``).
    """

    session: AsyncSession
    now: datetime
    topics: set[str] = field(default_factory=set)
    real_organizers: set[int] = field(default_factory=set)

    def enqueue(
        self,
        kind: str,
        dedupe_key: str,
        *,
        lane: str = "",
        lane_limit: int = 1,
        due_at: datetime | None = None,
        **payload: Any,
    ) -> None:
        """Ask for a job after the commit.

        Args:
            kind: A name in ``jobs.catalog``.
            dedupe_key: Names one occurrence, for ever; a second row with it fails the transaction.
            lane: Jobs of one lane run at most ``lane_limit`` at once; empty: no lane.
            due_at: Not before (UTC); now when omitted.
            payload: JSON values the job needs: ids, never objects.
        """
        self.session.add(
            OutboxRow(
                kind=kind,
                payload=payload,
                dedupe_key=dedupe_key,
                lane=lane,
                lane_limit=lane_limit,
                due_at=due_at or self.now,
                created_at=self.now,
            )
        )
        self.topics.add(OUTBOX_TOPIC)

    async def enqueue_once(
        self,
        kind: str,
        dedupe_key: str,
        *,
        lane: str = "",
        lane_limit: int = 1,
        due_at: datetime | None = None,
        **payload: Any,
    ) -> bool:
        """Like ``enqueue``, but an occurrence that was asked for before is left as it is (returns False)."""
        insert = postgresql.insert if self.session.get_bind().dialect.name == "postgresql" else sqlite.insert
        row = OutboxRow(
            kind=kind,
            payload=payload,
            dedupe_key=dedupe_key,
            lane=lane,
            lane_limit=lane_limit,
            due_at=due_at or self.now,
            created_at=self.now,
        )
        statement = (
            insert(OutboxRow)
            .values(row.model_dump(exclude={"id"}))
            .on_conflict_do_nothing(index_elements=["dedupe_key"])
            # Not the count of rows: psycopg does not tell it for an insert through the mapped class.
            .returning(col(OutboxRow.id))
        )
        added = await self.session.scalar(statement) is not None
        if added:
            self.topics.add(OUTBOX_TOPIC)
        return added

    def touch(self, topic: str) -> None:
        """Tell open pages, after the commit, that what this topic names has changed."""
        self.topics.add(topic)


class Store:
    """The one way to the database.

    Args:
        url: SQLAlchemy URL with an asynchronous driver.
        publisher: Receives the touched topics after each commit.
        clock: The process's clock.
    """

    def __init__(self, url: str, publisher: Publisher, clock: Clock) -> None:
        self.url, self.clock = url, clock
        self.sqlite = is_sqlite(url)
        self.writer: AsyncEngine = write_engine(url)
        self.reader: AsyncEngine = read_engine(url)
        self._publisher = publisher
        # SQLite has one writer: queueing here is fair and cheap, its busy handler sleeps and guesses.
        self._turn: asyncio.Lock | None = asyncio.Lock() if self.sqlite else None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commit on success, roll back on error, publish only after the commit. No retry: see ``run``."""
        async with (
            self._turn or nullcontext(),
            AsyncSession(self.writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            tx = Transaction(session, await self._now(session))
            yield tx
        if tx.topics:
            await self._publisher.publish(tx.topics)

    async def run(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run a unit of work, whole, again when the database was busy, deadlocked or could not serialize.

        ``work`` must be free of effects outside the transaction. Bounded: five tries, then the error.
        """
        for attempt in range(1, MAX_TRIES + 1):
            try:
                async with self.transaction() as tx:
                    return await work(tx)
            except DBAPIError as error:
                if attempt == MAX_TRIES or not is_contention(error):
                    raise
                await asyncio.sleep(random.uniform(0.5, 1.0) * 0.05 * 2**attempt)  # noqa: S311 - jitter
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A read-only view for screens, exports and jobs' look-ups: all of it as of one moment."""
        async with AsyncSession(self.reader, expire_on_commit=False) as session, session.begin():
            yield session

    async def close(self) -> None:
        """Close every connection."""
        await self.writer.dispose()
        await self.reader.dispose()

    async def _now(self, session: AsyncSession) -> datetime:
        if self.sqlite:
            await session.connection()  # BEGIN IMMEDIATE now, so that the moment is after the wait
            return self.clock.now()
        moment: datetime = (await session.execute(sa.text("SELECT clock_timestamp()"))).scalar_one()
        return moment.astimezone(UTC) + self.clock.offset


def is_contention(error: DBAPIError) -> bool:
    """Say whether the whole transaction may simply be run again."""
    state = getattr(error.orig, "sqlstate", None)
    text = str(error.orig).lower()
    return state in _RETRYABLE_STATES or "database is locked" in text or "database is busy" in text
