"""Buyers, members, Stripe and workers at the same moment on the same few seats: no deadlock, and the books hold.

Chance, from a fixed seed, chooses who does what; the database decides in which order it happens.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RefundStatus, RequestStatus
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.jobs.outcome import Later
from kagibag_app.jobs.settlement import record_payment
from kagibag_app.kit.errors import DomainError
from kagibag_app.ports.payments import PaymentSnapshot
from kagibag_app.storage.transaction import Transaction
from tests import order_acts
from tests.refund_checks import clean
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]

PEOPLE, STEPS = 10, 14
# What a person is told, and a worker that waits for its turn.
_ANSWERS = (DomainError, Later)
WHOLE = {"tiers": [{"days_before": 1, "percent": 100}]}


@dataclass
class Crowd:
    """Everybody who acts on one event.

    Attributes:
        kinds: Its ticket types, one of them free.
    """

    desk: Desk
    event: Event
    kinds: list[TicketType]
    chance: random.Random

    async def buy(self) -> None:
        """Buy a few tickets, often with the one code."""
        wanted = {kind.public_id: self.chance.randint(0, 2) for kind in self.kinds}
        code = self.chance.choice(["", "HALF"])
        buyer = f"buyer{self.chance.randint(1, 4)}@example.com"
        await self.desk.shop.buy(self.event, wanted, code=code, buyer_email=buyer)

    async def pay(self) -> None:
        """Let Stripe report one payment as captured, twice at once, whatever became of its order meanwhile."""
        payment = await self._any(Payment, captured_minor=0)
        if payment is None:
            return
        stripe, intent = self.desk.stripe, f"pi_{payment.public_id[-8:]}"
        if intent in stripe.charges:
            line = next(line for line in stripe.balance if line.source == intent)
        else:
            line = stripe.charge(intent, payment.amount_minor, payment.currency)
        snapshot = PaymentSnapshot(
            payment_intent_id=intent, status="succeeded", currency=payment.currency, amount_minor=payment.amount_minor,
            captured_minor=payment.amount_minor, charge_id=f"ch_{intent[3:]}", reference=payment.public_id, balance=line,
        )  # fmt: skip
        store = self.desk.shop.store
        await _twice(
            lambda: store.run(
                lambda tx: record_payment(tx, snapshot, account=payment.account, fetched_at=tx.now)
            )
        )

    async def expire(self) -> None:
        """End a hold."""
        payment = await self._any(Payment, is_open=True)
        if payment is not None:
            store = self.desk.shop.store
            await store.run(
                lambda tx: payments.record_session_end(
                    tx, payment_id=payment.id, session_id=payment.session_id
                )
            )

    async def ask(self) -> None:
        """Ask for some tickets back."""
        order = await self._any(Order, status=OrderStatus.PAID)
        if order is not None:
            tickets = await self.desk.tickets(order)
            await self.desk.ask(order, self.chance.sample(tickets, self.chance.randint(1, len(tickets))))

    async def approve(self) -> None:
        """Two members approve the same request at once."""
        request = await self._any(RefundRequest, status=RequestStatus.OPEN)
        if request is not None:
            await _twice(lambda: self.desk.approve(request))

    async def send(self) -> None:
        """Two workers run the same job at once."""
        refund = await self._any(Refund, status=RefundStatus.CREATED)
        if refund is not None:
            await _twice(lambda: self.desk.run_once(refund))

    async def refund_in_dashboard(self) -> None:
        """Refund part of a payment behind our back; two events tell of it at once."""
        payment = await self._any(Payment, status="captured")
        if payment is None:
            return
        intent = payment.payment_intent_id
        gone = sum(r.amount_minor for r in self.desk.stripe.live() if r.payment_intent_id == intent)
        if gone < payment.captured_minor:
            amount = self.chance.randint(1, payment.captured_minor - gone)
            made = self.desk.stripe.refund_in_dashboard(intent, amount)
            await _twice(lambda: self.desk.tell(made))

    async def lose(self) -> None:
        """A bank sends a refund back."""
        alive = self.desk.stripe.live()
        if alive:
            lost = self.desk.stripe.settle(self.chance.choice(alive).refund_id, "failed", reason="declined")
            await self.desk.tell(lost)

    async def retry(self) -> None:
        """Send a failed refund again."""
        request = await self._any(RefundRequest, status=RequestStatus.FAILED)
        if request is not None:
            await self.desk.retry(request)

    async def retry_alone(self) -> None:
        """Send a failed refund again that nobody had asked for."""
        failed = await self._any(Refund, status=RefundStatus.FAILED, request_id=None)
        if failed is not None:
            store, manager = self.desk.shop.store, self.desk.manager
            await store.run(lambda tx: refunds.retry_refund(tx, manager, refund_id=failed.public_id))

    async def refund(self) -> None:
        """Two members refund the same order at once: some tickets, an amount, or all that is left."""
        order = await self._any(Order, status=OrderStatus.PAID)
        if order is not None:
            tickets = self.chance.sample(await self.desk.tickets(order), 1)
            how: dict[str, Any] = self.chance.choice(
                [{"tickets": tickets}, {"amount_minor": self.chance.randint(1, 900)}, {}]
            )
            await _twice(lambda: order_acts.refund(self.desk, order, **how))

    async def cancel(self) -> None:
        """Two members cancel the same order at once, paid or not."""
        order = await self._any(Order)
        if order is not None:
            await _twice(lambda: order_acts.cancel(self.desk, order))

    async def door(self) -> None:
        """Two doors at one ticket; sometimes one of them takes it back, or a member makes it void."""
        ticket = await self._any(Ticket)
        if ticket is not None:
            store, manager, public = self.desk.shop.store, self.desk.manager, ticket.public_id
            await _twice(lambda: store.run(lambda tx: orders.check_in(tx, manager, ticket=public)))
            after: Callable[[Transaction], Awaitable[None]] = self.chance.choice(
                [
                    lambda tx: orders.undo_check_in(tx, manager, ticket=public),
                    lambda tx: orders.void_ticket(
                        tx, manager, ticket=public, reason="sold on", put_back_on_sale=True
                    ),
                ]
            )
            await store.run(after)

    async def correct(self) -> None:
        """Correct a buyer's address to one of the others'."""
        order = await self._any(Order)
        if order is not None:
            store, manager = self.desk.shop.store, self.desk.manager
            email = f"buyer{self.chance.randint(1, 4)}@example.com"
            await store.run(lambda tx: orders.correct_email(tx, manager, order=order.public_id, email=email))

    async def act(self) -> None:
        """Do one thing after the other; a refusal that is told to a person is an answer, anything else an error."""
        often = [self.buy] * 4 + [self.pay] * 4 + [self.ask] * 3 + [self.approve] * 3 + [self.send] * 3
        rarely = [self.expire, self.refund_in_dashboard, self.lose, self.retry, self.retry]
        rarely += [self.refund, self.refund, self.cancel, self.retry_alone, self.door, self.correct]
        for _ in range(STEPS):
            try:
                await self.chance.choice([*often, *rarely])()
            except _ANSWERS:
                continue

    async def _any(self, table: type[Any], **where: Any) -> Any:
        rows = await self.desk.shop.rows(table, **where)
        return self.chance.choice(rows) if rows else None


async def _twice(work: Callable[[], Awaitable[Any]]) -> None:
    answers = await asyncio.gather(work(), work(), return_exceptions=True)
    errors = [answer for answer in answers if isinstance(answer, BaseException)]
    if errors:
        raise next((error for error in errors if not isinstance(error, _ANSWERS)), errors[0])


async def test_the_books_hold_when_everybody_acts_at_once(desk: Desk) -> None:
    event = await desk.shop.event("crowded", refund_policy=WHOLE)
    kinds = [
        await desk.shop.ticket_type(event, "Seat", price=1000, capacity=30),
        await desk.shop.ticket_type(event, "Guest", price=0, capacity=30),
        await desk.shop.ticket_type(event, "Stand", price=700, capacity=12),
    ]
    await desk.shop.open(event)
    await desk.shop.code("HALF", value=5000, max_uses=12)
    crowd = Crowd(desk, event, kinds, random.Random(7))
    await asyncio.gather(*(crowd.act() for _ in range(PEOPLE)))
    for _ in range(12):  # three days: what was sent is settled, or has failed for somebody to see
        await desk.later(timedelta(hours=7))
        for refund in list(desk.stripe.refunds.values()):
            await desk.tell(refund)
    await desk.shop.check_books()
    await clean(desk)
