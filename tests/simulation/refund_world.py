"""One order that was paid, and everything that people, Stripe, a bank and a dying process may do to its money.

The order is sold once a process and currency; each run works on a copy of that database. Triggers in it note every
change of a status that was committed, so that nothing a step passed through is missed.
"""

from __future__ import annotations

import asyncio
import copy
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.disputes import service as disputes
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import SEND_REFUND
from kagibag_app.jobs import send_refund
from kagibag_app.jobs.outcome import Later
from kagibag_app.jobs.worker import Worker
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.clock import Clock
from kagibag_app.kit.errors import DomainError, InvalidTransition
from kagibag_app.kit.ids import public_id
from kagibag_app.live.bus import MemoryBus
from kagibag_app.ports.payments import DisputeSnapshot, RefundSnapshot
from kagibag_app.runtime import Runtime
from kagibag_app.storage.outbox import Job
from kagibag_app.storage.transaction import Store, Transaction
from tests.databases import sqlite_url
from tests.fakes import ACCOUNT, FakeStripe
from tests.refund_desk import CATALOG, OTHERS, Desk, desk_runtime, open_desk
from tests.services.shop import Shop

T = TypeVar("T")
WHOLE = {"tiers": [{"days_before": 1, "percent": 100}]}
# One of each exponent. The second price is no multiple of the first, so that shares have remainders.
PRICES = {"USD": (3570, 1001), "JPY": (4200, 999), "KWD": (12_500, 3_330)}
TICKETS = (3, 2)
ROOM = Path("/dev/shm")

_NOTED = """
CREATE TRIGGER {table}_moved AFTER UPDATE OF status ON {table} WHEN old.status <> new.status BEGIN
  INSERT INTO moves (machine, was, became) VALUES ('{table}', old.status, new.status);
END
"""

# Jobs of other features have tests of their own: they are done as soon as they are asked for.
_OTHERS_DONE = """
CREATE TRIGGER others_done AFTER INSERT ON outbox WHEN new.kind IN ({kinds}) BEGIN
  UPDATE outbox SET status = 'done' WHERE id = new.id;
END
"""

_STATUSES = {
    "refunds": "SELECT DISTINCT status FROM refunds",
    "requests": "SELECT DISTINCT status FROM refund_requests",
}

Move = tuple[str, str, str]
"""Table, status before and status after."""


class Killed(BaseException):
    """The process ended here."""


def kill() -> None:
    """End the process."""
    raise Killed


@dataclass(frozen=True)
class Sold:
    """A database in which an order was just paid, with Stripe's side of it."""

    folder: Path
    stripe: FakeStripe
    organizer_id: int
    manager: Actor
    buyer: Actor
    order: Order


@dataclass
class World:
    """A copy of a sold order on which one run acts.

    Attributes:
        watch: A connection that only looks.
        bugs: What jobs raised that is no answer.
    """

    desk: Desk
    order: Order
    payment: Payment
    folder: Path
    watch: sqlite3.Connection
    bugs: list[BaseException] = field(default_factory=list)
    _version: int = -1
    _dispute: DisputeSnapshot | None = None
    _disputes: int = 0

    @property
    def dispute_status(self) -> str:
        """Stripe's word for the newest dispute, empty before there is one."""
        return self._dispute.status if self._dispute else ""

    async def try_to(self, act: Awaitable[T]) -> T | None:
        """Do what a person may be refused: a sentence is an answer, a move outside the tables is none."""
        try:
            return await act
        except InvalidTransition:
            raise
        except DomainError:
            return None

    async def do(self, work: Callable[[Transaction], Awaitable[T]]) -> T | None:
        """Run a service that may refuse."""
        return await self.try_to(self.desk.shop.store.run(work))

    async def later(self, hours: float) -> None:
        """Let time pass, then let the worker run what is due."""
        self.desk.shop.clock.advance(timedelta(hours=hours))
        await Worker(self.desk.runtime, {**CATALOG, SEND_REFUND: self._send}).run_due()
        assert not self.bugs, self.bugs

    async def _send(self, runtime: Runtime, job: Job) -> None:
        try:
            await send_refund.run(runtime, job, chance=lambda: 0.5)
        except Later:
            raise
        except Exception as error:
            self.bugs.append(error)
            raise

    async def tell(self, snapshot: RefundSnapshot, *, ago: float = 0) -> None:
        """Let the event about a refund be handled; the look at Stripe began some hours ago."""
        looked = self.desk.shop.now - timedelta(hours=ago)
        await self.desk.shop.store.run(
            lambda tx: refunds.record_gateway_refund(tx, snapshot, account=ACCOUNT, fetched_at=looked)
        )

    async def dispute(self, status: str) -> None:
        """Let the buyer's bank open a dispute, or move the newest one on."""
        now, stripe, intent = self.desk.shop.now, self.desk.stripe, self.payment.payment_intent_id
        amount, currency = self.payment.amount_minor, self.payment.currency
        charged = status in ("needs_response", "under_review", "won", "lost")
        if self._dispute is None or self._dispute.status in ("won", "lost", "warning_closed"):
            self._disputes += 1
            self._dispute = DisputeSnapshot(
                dispute_id=f"du_{self._disputes}", status=status, reason="general", amount_minor=amount,
                currency=currency, charge_id=self.payment.charge_id, payment_intent_id=intent, created=now,
                due_by=now + timedelta(days=9), submission_count=0, has_evidence=False, past_due=False,
                is_charge_refundable=not charged,
            )  # fmt: skip
        lines = self._dispute.balance
        if charged and not lines:
            lines = (stripe.book("adjustment", -amount, currency, self._dispute.dispute_id, fee_minor=1500),)
        if status == "won":
            lines = (*lines, stripe.book("adjustment", amount, currency, self._dispute.dispute_id))
        self._dispute = replace(self._dispute, status=status, balance=lines)
        stripe.charges[intent].disputed = status in ("needs_response", "under_review", "lost")
        snapshot = self._dispute
        await self.desk.shop.store.run(
            lambda tx: disputes.record_gateway_dispute(tx, snapshot, account=ACCOUNT)
        )

    def moves(self) -> list[Move]:
        """Return every change of a status so far, in order."""
        return list(self.watch.execute("SELECT machine, was, became FROM moves ORDER BY rowid"))

    def has(self, table: str, *statuses: str) -> bool:
        """Say whether a request or a refund is in one of these states."""
        seen = {row[0] for row in self.watch.execute(_STATUSES[table])}
        return not seen.isdisjoint(statuses)

    def changed(self) -> bool:
        """Say whether anything was committed since this was asked last."""
        (version,) = self.watch.execute("PRAGMA data_version").fetchone()
        before, self._version = self._version, version
        return version != before

    async def close(self) -> None:
        """Give everything back."""
        self.watch.close()
        await self.desk.shop.store.close()
        shutil.rmtree(self.folder)


_sold: dict[str, Sold] = {}


def open_world(loop: asyncio.AbstractEventLoop, currency: str) -> World:
    """Return a fresh copy of an order that was paid in this currency."""

    def wait(work: Coroutine[Any, Any, T]) -> T:
        return loop.run_until_complete(work)

    if currency not in _sold:
        _sold[currency] = wait(_sell(currency))
    return wait(_copy(_sold[currency]))


async def _copy(sold: Sold) -> World:
    folder = _folder()
    shutil.copy(sold.folder / "kagibag.db", folder / "kagibag.db")
    stripe = copy.deepcopy(sold.stripe)
    shop = Shop(
        Store(f"sqlite+aiosqlite:///{folder / 'kagibag.db'}", MemoryBus(), stripe.clock),
        stripe.clock,
        sold.organizer_id,
    )
    desk = Desk(shop, stripe, desk_runtime(shop, stripe, folder), sold.manager, sold.buyer)
    watch = sqlite3.connect(folder / "kagibag.db")
    return World(desk, sold.order, await desk.payment(sold.order), folder, watch)


async def _sell(currency: str) -> Sold:
    folder, clock = _folder(), Clock()
    shop = Shop(Store(sqlite_url(folder), MemoryBus(), clock), clock, 0)
    async with shop.store.transaction() as tx:
        organizer = Organizer(
            public_id=public_id("org"), name="Lantern Row", slug="lantern-row", currency=currency, zone="UTC",
            created_at=tx.now,
        )  # fmt: skip
        tx.session.add(organizer)
        await tx.session.flush()
        shop.organizer_id = organizer.id or 0
    desk = await open_desk(shop, folder)
    event = await shop.event(
        currency=currency, refund_policy=WHOLE, starts_at=shop.now + timedelta(days=90),
        ends_at=shop.now + timedelta(days=90, hours=3),
    )  # fmt: skip
    kinds = [
        await shop.ticket_type(event, f"Type {price}", price=price, capacity=count + 1)
        for price, count in zip(PRICES[currency], TICKETS, strict=True)
    ]
    await shop.open(event)
    placed = await shop.buy(event, {k.public_id: n for k, n in zip(kinds, TICKETS, strict=True)})
    order = await shop.order(placed)
    (payment,) = await shop.rows(Payment, order_id=order.id)
    await desk.capture(payment, f"pi_{payment.public_id[-8:]}")
    async with shop.store.transaction() as tx:
        await tx.session.execute(sa.text("CREATE TABLE moves (machine TEXT, was TEXT, became TEXT)"))
        for table in ("refunds", "refund_requests"):
            await tx.session.execute(sa.text(_NOTED.format(table=table)))
        await tx.session.execute(
            sa.text(_OTHERS_DONE.format(kinds=", ".join(f"'{kind}'" for kind in OTHERS)))
        )
        await tx.session.execute(sa.text("UPDATE outbox SET status = 'done'"))
    async with shop.store.writer.connect() as connection:
        await connection.execute(sa.text("COMMIT"))
        await connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
    order = await shop.order(order)
    await shop.store.close()
    return Sold(folder, desk.stripe, shop.organizer_id, desk.manager, desk.buyer, order)


def _folder() -> Path:
    room = ROOM if os.access(ROOM, os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="kagibag-model-", dir=room))
