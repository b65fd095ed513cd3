"""An event with many orders of every kind, and a bulk refund of it: what tests of bulk refunds start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.bulk_refunds import queries
from kagibag_app.features.bulk_refunds import service as bulk
from kagibag_app.features.bulk_refunds.rules import BULK_REFUND, PREVIEW_BULK_REFUND
from kagibag_app.features.bulk_refunds.tables import BulkOrder, BulkRun
from kagibag_app.features.bulk_refunds.views import OrderRow, RunView
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.orders.rules import OrderFilter
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.refunds.rules.pacing import SLOWEST
from kagibag_app.features.refunds.service import BulkChoices
from kagibag_app.features.refunds.tables import Refund, RefundPace
from kagibag_app.jobs import bulk_refund, preview_bulk_refund
from kagibag_app.jobs.outcome import Later
from kagibag_app.jobs.worker import Worker
from kagibag_app.kit.actor import Actor
from kagibag_app.storage.outbox import Job, OutboxRow
from tests import refund_desk
from tests.fakes import ACCOUNT
from tests.refund_desk import Desk

CATALOG = {
    **refund_desk.CATALOG,
    PREVIEW_BULK_REFUND: preview_bulk_refund.run,
    BULK_REFUND: bulk_refund.run,
}
CANCELLED = BulkChoices(
    ends_tickets=True, keeps_seats=True, cancels_orders=True, message="The hall is closed."
)
GOODWILL = BulkChoices(ends_tickets=False, keeps_seats=False, cancels_orders=False, message="")
# Enough steps for the smallest runs of tests to end, each as long as a pass waits for the next.
STEPS = 400


@dataclass
class BulkDesk:
    """One event on sale, its orders, and a run over them.

    Attributes:
        orders: Paid orders, in the order they were bought.
    """

    desk: Desk
    event: Event
    kind: TicketType
    orders: list[Order] = field(default_factory=list)

    async def sell(self, count: int, tickets: int = 1) -> list[Order]:
        """Sell some more orders."""
        sold = [await self.desk.buy(self.event, self.kind, tickets) for _ in range(count)]
        self.orders += sold
        return sold

    async def give_away(self) -> Order:
        """Complete an order that cost nothing."""
        free = await self.desk.shop.code("FREE", value=10_000)
        return await self.desk.shop.order(
            await self.desk.shop.buy(self.event, {self.kind.public_id: 1}, code=free.code)
        )

    async def begin(self) -> Order:
        """Let somebody begin to buy."""
        return await self.desk.shop.order(
            await self.desk.shop.buy(self.event, {self.kind.public_id: 1}, buyer_email="late@example.com")
        )

    async def prepare(self, *, actor: Actor | None = None, chosen: OrderFilter | None = None) -> str:
        """Ask for a preview of the event and let it be made."""
        wanted = chosen or OrderFilter(event=self.event.public_id)
        run = await self.desk.shop.store.run(
            lambda tx: bulk.prepare_run(tx, actor or self.desk.manager, chosen=wanted)
        )
        await self.work()
        return run

    async def start(
        self,
        run: str,
        choices: BulkChoices = CANCELLED,
        *,
        with_checked_in: bool = True,
        actor: Actor | None = None,
    ) -> None:
        """Start a run as it is seen now."""
        version = (await self.view(run)).version
        await self.desk.shop.store.run(
            lambda tx: bulk.start_run(
                tx, actor or self.desk.manager, run=run, version=version, choices=choices,
                with_checked_in=with_checked_in,
            )
        )  # fmt: skip

    async def decide(self, what: Any, run: str) -> Any:
        """Pause, resume or retry a run as it is seen now."""
        version = (await self.view(run)).version
        return await self.desk.shop.store.run(
            lambda tx: what(tx, self.desk.manager, run=run, version=version)
        )

    async def work(self) -> int:
        """Run what is due."""
        return await Worker(self.desk.runtime, CATALOG).run_due()

    async def round(self) -> None:
        """Run each job that is due now once; a process that is killed leaves the others lying."""
        shop = self.desk.shop
        for row in await shop.rows(OutboxRow):
            if row.kind not in CATALOG or row.status == "done" or row.due_at > shop.now:
                continue
            job = Job(row.id or 0, row.kind, dict(row.payload), 1, "token", shop.now, row.created_at)
            values: dict[str, Any] = {"status": "done"}
            try:
                await CATALOG[row.kind](self.desk.runtime, job)
            except Later as later:
                values = {"due_at": shop.now + later.delay, "last_error": later.reason}
            async with shop.store.transaction() as tx:
                await tx.session.execute(
                    sa.update(OutboxRow).where(col(OutboxRow.id) == row.id).values(**values)
                )

    async def slow(self) -> None:
        """Let Stripe's account be at its slowest."""
        async with self.desk.shop.store.transaction() as tx:
            tx.session.add(
                RefundPace(
                    account=ACCOUNT, interval_ms=SLOWEST // timedelta(milliseconds=1), next_at=tx.now, slowed_at=tx.now
                )
            )  # fmt: skip

    async def finish(self, run: str, *, step: timedelta = timedelta(milliseconds=250)) -> RunView:
        """Let time pass until the run is over."""
        for _ in range(STEPS):
            await self.work()
            view = await self.view(run)
            if view.finished_at is not None:
                return view
            self.desk.shop.clock.advance(step)
        raise AssertionError(f"the run does not end: {view}")

    async def view(self, run: str) -> RunView:
        """Return a run as members see it."""
        async with self.desk.shop.store.read() as session:
            return await queries.run_view(session, self.desk.shop.organizer_id, run)

    async def rows(self, run: str) -> list[OrderRow]:
        """Return its orders."""
        async with self.desk.shop.store.read() as session:
            return await queries.report_rows(session, self.desk.shop.organizer_id, run)

    async def row(self, run: str) -> BulkRun:
        """Return it as it is stored."""
        return (await self.desk.shop.rows(BulkRun, public_id=run))[0]

    async def states(self) -> dict[str, int]:
        """Return how many orders of all runs are in each state."""
        found: dict[str, int] = {}
        for row in await self.desk.shop.rows(BulkOrder):
            found[row.state] = found.get(row.state, 0) + 1
        return found

    async def refunds(self, order: Order | None = None) -> Sequence[Refund]:
        """Return all refunds, or those of an order."""
        return await self.desk.shop.rows(Refund, **({"order_id": order.id} if order else {}))


async def open_bulk_desk(desk: Desk, *, orders: int = 3, price: int = 3570, capacity: int = 500) -> BulkDesk:
    """Put an event on sale and sell some orders of it."""
    event = await desk.shop.event("closed-hall")
    kind = await desk.shop.ticket_type(event, price=price, capacity=capacity)
    await desk.shop.open(event)
    made = BulkDesk(desk, event, kind)
    await made.sell(orders)
    return made
