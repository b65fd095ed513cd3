"""A store on a fresh database, and what the tests of storage ask it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.kit.clock import Clock
from kagibag_app.storage import outbox
from kagibag_app.storage.outbox import Job, OutboxRow
from kagibag_app.storage.transaction import Store

LEASE = timedelta(seconds=120)


@dataclass
class Published:
    """Keeps what was published, in order."""

    sets: list[set[str]] = field(default_factory=list)

    async def publish(self, topics: set[str]) -> None:
        """Keep it."""
        self.sets.append(topics)


@dataclass
class Queue:
    """The outbox of one database, worked by hand.

    Attributes:
        store: One process's way to the database.
    """

    store: Store
    clock: Clock
    published: Published

    async def put(self, keys: Iterable[str], **options: Any) -> None:
        """Ask for a job of each key in one transaction."""

        async def work(tx: Any) -> None:
            for key in keys:
                tx.enqueue("job", key, **options)

        await self.store.run(work)

    async def claim(self, limit: int = 10, store: Store | None = None) -> list[Job]:
        """Lease what is due."""
        return await (store or self.store).run(
            lambda tx: outbox.claim(tx.session, tx.now, limit=limit, lease=LEASE)
        )

    async def release(self, job: Job, status: outbox.OutboxStatus, **options: Any) -> bool:
        """End a lease."""
        return await self.store.run(
            lambda tx: outbox.release(tx.session, job, status=status, now=tx.now, **options)
        )

    async def row(self, key: str) -> OutboxRow:
        """Return the row of an occurrence."""
        async with self.store.read() as session:
            return (
                await session.execute(sa.select(OutboxRow).where(col(OutboxRow.dedupe_key) == key))
            ).scalar_one()

    async def keys(self) -> list[str]:
        """Return the occurrences that are there."""
        async with self.store.read() as session:
            return list(
                await session.scalars(sa.select(col(OutboxRow.dedupe_key)).order_by(col(OutboxRow.id)))
            )


def connect(url: str, clock: Clock) -> Queue:
    """Return another process's way to a database."""
    published = Published()
    return Queue(Store(url, published, clock), clock, published)
