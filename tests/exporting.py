"""An organizer with orders to export and the members who do: what tests of exports start from."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.rules import OrderFilter, OrderStatus
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.reports import queries
from kagibag_app.features.reports import service as reports
from kagibag_app.features.reports.views import ExportView
from kagibag_app.features.timeline.tables import AuditEntry
from kagibag_app.jobs.catalog import CATALOG
from kagibag_app.jobs.worker import Worker
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.kit.ids import order_number, public_id
from kagibag_app.runtime import Runtime
from kagibag_app.storage import files
from kagibag_app.storage.files import FileChunk, StoredFile
from tests.databases import BOTH, fresh_database
from tests.services.shop import Shop
from tests.web.harness import Person, member, organizer, small_runtime

ALL = OrderFilter()


@dataclass
class ExportDesk:
    """One installation with one organizer.

    Attributes:
        person: A member of the role support, with an open session; ``actor`` is the same as services see it.
    """

    runtime: Runtime
    shop: Shop
    person: Person
    actor: Actor

    async def sell(self, count: int, **changes: Any) -> list[str]:
        """Add orders of one event, an hour between two of them, and return their numbers, the newest first.

        Args:
            changes: Columns of all of them.
        """
        known = await self.shop.rows(Order)
        if known:
            event_id = known[0].event_id
        else:
            event = await self.shop.event()
            event_id = event.id
        now = self.shop.now
        rows = [
            Order(
                public_id=public_id("or"), organizer_id=self.shop.organizer_id, event_id=event_id, number=order_number(),
                buyer_name=f"Maren {number}", buyer_email=f"maren.{number}@example.com", email_key="",
                currency="USD", subtotal_minor=4200, total_minor=4200, source="stripe", status=OrderStatus.PAID,
                placed_at=now + timedelta(hours=len(known) + number), updated_at=now,
            ).model_dump(exclude={"id"}) | changes
            for number in range(count)
        ]  # fmt: skip
        async with self.runtime.store.transaction() as tx:
            await tx.session.execute(sa.insert(Order), rows)
        return [row["number"] for row in reversed(rows)]

    async def start(self, chosen: OrderFilter = ALL, format: str = "csv", actor: Actor | None = None) -> str:
        """Ask for an export."""
        return await self.runtime.store.run(
            lambda tx: reports.start_export(tx, actor or self.actor, chosen=chosen, format=format)
        )

    async def cancel(self, export: str) -> None:
        """Cancel it."""
        await self.runtime.store.run(lambda tx: reports.cancel_export(tx, self.actor, export=export))

    async def work(self) -> int:
        """Run what is due."""
        return await Worker(self.runtime, CATALOG).run_due()

    async def exports(self, actor: Actor | None = None) -> list[ExportView]:
        """Return what a member sees of her exports."""
        who = actor or self.actor
        async with self.runtime.store.read() as session:
            return await queries.last_exports(session, who.organizer_id or 0, who.user_id or 0)

    async def content(self, export: str) -> bytes:
        """Return the file's bytes."""
        async with self.runtime.store.read() as session:
            found = await queries.export_file(
                session, self.actor.organizer_id or 0, self.actor.user_id or 0, export
            )
            assert found is not None
            whole, position = b"", 0
            while piece := await files.chunk(session, found.key, position):
                whole, position = whole + piece, position + 1
        assert len(whole) == found.size
        return whole

    async def numbers(self, export: str) -> list[str]:
        """Return the order numbers of a finished CSV."""
        text = (await self.content(export)).decode("utf-8-sig")
        return [row["order_number"] for row in csv.DictReader(io.StringIO(text, newline=""))]

    async def listed(self, chosen: OrderFilter) -> list[str]:
        """Return the order numbers that the list shows, page by page."""
        numbers: list[str] = []
        after = ""
        async with self.runtime.store.read() as session:
            while True:
                page = await orders.order_page(session, self.shop.organizer_id, chosen, after=after)
                numbers += [row.number for row in page.rows]
                after = page.next_after
                if not after:
                    return numbers

    async def stored(self) -> tuple[int, int]:
        """Count the files and their pieces, seen or not."""
        return len(await self.shop.rows(StoredFile)), await self._count(FileChunk)

    async def audit(self, kind: str) -> list[AuditEntry]:
        """Return the audit entries of a kind."""
        return await self.shop.rows(AuditEntry, kind=kind)

    async def colleague(self, role: Role = Role.SUPPORT, organizer_id: int | None = None) -> Actor:
        """Add another member."""
        return as_actor(await member(self.runtime, organizer_id or self.shop.organizer_id, role), role)

    async def _count(self, table: Any) -> int:
        async with self.runtime.store.read() as session:
            return await session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def as_actor(person: Person, role: Role) -> Actor:
    """Return a member as services see her."""
    return Actor(
        ActorKind.MEMBER,
        organizer_id=person.organizer_id,
        user_id=person.user_id,
        role=role,
        name=f"{role} Person",
    )


@pytest.fixture(params=BOTH)
def desk_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database of each kind."""
    with fresh_database(request, tmp_path) as url:
        yield url


@pytest.fixture
async def desk(desk_url: str, tmp_path: Path) -> AsyncIterator[ExportDesk]:
    """An organizer without orders, on each kind of database."""
    async with small_runtime(tmp_path, database_url=desk_url) as runtime:
        yield await made_desk(runtime)


@pytest.fixture
async def small_desk(tmp_path: Path) -> AsyncIterator[ExportDesk]:
    """The same on SQLite alone."""
    async with small_runtime(tmp_path) as runtime:
        yield await made_desk(runtime)


async def made_desk(runtime: Runtime) -> ExportDesk:
    """Add the organizer and the member."""
    org = await organizer(runtime)
    person = await member(runtime, org, Role.SUPPORT)
    shop = Shop(runtime.store, runtime.clock, org)
    runtime.bus.listen(lambda topics: shop.topics.extend(sorted(topics)))
    return ExportDesk(runtime, shop, person, as_actor(person, Role.SUPPORT))
