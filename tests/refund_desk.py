"""A sold order, its buyer, a manager, and a Stripe in memory: what tests of refunds start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.accounts.tables import Membership, User
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.messages.rules import SEND_EMAIL, Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders.rules import CLOSE_REQUESTS
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.rules import APPLY_STRIPE_EVENT, EXPIRE_ORDER, OPEN_PAYMENT
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import SEND_REFUND, ReasonCategory
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.features.webhooks.rules import DELIVER_WEBHOOK
from kagibag_app.jobs import close_requests, send_refund
from kagibag_app.jobs.worker import Worker
from kagibag_app.kit.actor import Actor, ActorKind, attendee
from kagibag_app.kit.ids import public_id
from kagibag_app.live.bus import MemoryBus
from kagibag_app.ports.payments import PaymentSnapshot, RefundSnapshot
from kagibag_app.runtime import Runtime
from kagibag_app.settings import KeyRing, Settings
from kagibag_app.storage.outbox import Job, OutboxRow
from kagibag_app.storage.secrets import AccessLinks, SecretBox
from tests.fakes import ACCOUNT, FakeStripe
from tests.services.shop import Shop

KEYS = KeyRing({"k1": "refund-tests-refund-tests-refund-tests"})
POLICY: dict[str, Any] = {
    "tiers": [{"days_before": 14, "percent": 100}, {"days_before": 7, "percent": 50}],
    "fee_minor": 200,
}


async def _left_alone(runtime: Runtime, job: Job) -> None:
    """Jobs of other features have tests of their own."""


OTHERS = (OPEN_PAYMENT, APPLY_STRIPE_EVENT, EXPIRE_ORDER, SEND_EMAIL, DELIVER_WEBHOOK)
CATALOG = {
    **dict.fromkeys(OTHERS, _left_alone),
    SEND_REFUND: send_refund.run,
    CLOSE_REQUESTS: close_requests.run,
}


@dataclass
class Desk:
    """One organizer who sells, refunds, and can be crashed.

    Attributes:
        buyer, manager: Who asks and who decides.
    """

    shop: Shop
    stripe: FakeStripe
    runtime: Runtime
    manager: Actor
    buyer: Actor
    sold: int = field(default=0)

    async def sell(
        self,
        *,
        tickets: int = 2,
        price: int = 3570,
        capacity: int = 10,
        policy: dict[str, Any] | None = None,
        days: int = 30,
        currency: str = "USD",
    ) -> Order:
        """Sell tickets of a new event and capture the payment; returns the paid order."""
        self.sold += 1
        event = await self.shop.event(
            f"harbour-{self.sold}", currency=currency, refund_policy=POLICY if policy is None else policy,
            starts_at=self.shop.now + timedelta(days=days), ends_at=self.shop.now + timedelta(days=days, hours=3),
        )  # fmt: skip
        kind = await self.shop.ticket_type(event, price=price, capacity=capacity)
        await self.shop.open(event)
        return await self.buy(event, kind, tickets)

    async def buy(self, event: Event, kind: TicketType, tickets: int) -> Order:
        """Buy and pay."""
        order = await self.shop.order(await self.shop.buy(event, {kind.public_id: tickets}))
        (payment,) = await self.shop.rows(Payment, order_id=order.id)
        await self.capture(payment, f"pi_{payment.public_id[-8:]}")
        return await self.shop.order(order)

    async def capture(self, payment: Payment, intent: str) -> payments.GatewayPayment | None:
        """Let Stripe report a payment as captured."""
        line = self.stripe.charge(intent, payment.amount_minor, payment.currency)
        snapshot = PaymentSnapshot(
            payment_intent_id=intent, status="succeeded", currency=payment.currency, amount_minor=payment.amount_minor,
            captured_minor=payment.amount_minor, charge_id=f"ch_{intent[3:]}", card_brand="visa", card_last4="4242",
            reference=payment.public_id, balance=line,
        )  # fmt: skip
        return await self.shop.store.run(
            lambda tx: payments.record_gateway_payment(tx, snapshot, account=payment.account)
        )

    async def ask(
        self, order: Order, tickets: Sequence[Ticket] | None = None, **changes: Any
    ) -> RefundRequest:
        """Ask for the money of some tickets, the first one if none are named."""
        chosen = (await self.tickets(order))[:1] if tickets is None else tickets
        fields: dict[str, Any] = {
            "order_id": order.id,
            "ticket_ids": [t.public_id for t in chosen],
            "category": ReasonCategory.CANNOT_ATTEND,
            "reason": "My shift moved.",
        }
        made = await self.shop.store.run(lambda tx: refunds.request(tx, self.buyer, **(fields | changes)))
        return await self.request(made)

    async def approve(self, request: RefundRequest, amount_minor: Any = None, **changes: Any) -> Refund:
        """Approve as the manager."""
        fields: dict[str, Any] = {"request_id": request.public_id, "version": request.version}
        fields |= {"amount_minor": amount_minor} | changes
        made = await self.shop.store.run(lambda tx: refunds.approve(tx, self.manager, **fields))
        return await self.refund(made)

    async def approved(self, **selling: Any) -> tuple[Order, RefundRequest, Refund]:
        """Sell, ask for one ticket, approve."""
        order = await self.sell(**selling)
        request = await self.ask(order)
        refund = await self.approve(request)
        return order, await self.request(request.public_id), refund

    async def decline(self, request: RefundRequest, message: str = "The doors open on time.") -> None:
        """Decline as the manager."""
        await self.shop.store.run(
            lambda tx: refunds.decline(
                tx, self.manager, request_id=request.public_id, version=request.version, message=message
            )
        )

    async def withdraw(self, request: RefundRequest) -> None:
        """Take a request back as the buyer."""
        await self.shop.store.run(lambda tx: refunds.withdraw(tx, self.buyer, request_id=request.public_id))

    async def reply(self, request: RefundRequest, text: str) -> None:
        """Answer a declined request as the buyer."""
        await self.shop.store.run(
            lambda tx: refunds.reply(tx, self.buyer, request_id=request.public_id, text=text)
        )

    async def retry(self, request: RefundRequest) -> Refund:
        """Send a failed refund again as the manager."""
        now = await self.request(request.public_id)
        made = await self.shop.store.run(
            lambda tx: refunds.retry(tx, self.manager, request_id=now.public_id, version=now.version)
        )
        return await self.refund(made)

    async def revive(self, order: Order, tickets: Sequence[Ticket]) -> None:
        """Make void tickets valid again as the manager."""
        wanted = [ticket.public_id for ticket in tickets]
        await self.shop.store.run(
            lambda tx: refunds.revive_tickets(tx, self.manager, order=order.public_id, tickets=wanted)
        )

    async def return_outside(self, refund: Refund, **changes: Any) -> Refund:
        """Record that a failed refund's money went back by bank transfer."""
        fields: dict[str, Any] = {
            "refund_id": refund.public_id,
            "way": "bank_transfer",
            "reference": "RF18 5390",
        }
        actor = changes.pop("actor", self.manager)
        made = await self.shop.store.run(lambda tx: refunds.return_outside(tx, actor, **(fields | changes)))
        return await self.refund(made)

    async def sell_free(self) -> Order:
        """Give a complimentary ticket away."""
        return await self._placed(price=0)

    async def sell_unpaid(self) -> Order:
        """Let somebody begin to buy."""
        return await self._placed(price=3570)

    async def _placed(self, *, price: int) -> Order:
        self.sold += 1
        event = await self.shop.event(f"harbour-{self.sold}")
        kind = await self.shop.ticket_type(event, price=price)
        await self.shop.open(event)
        return await self.shop.order(await self.shop.buy(event, {kind.public_id: 1}))

    async def second_payment(self, order: Order) -> Payment:
        """Let the buyer's money arrive a second time; it is to be given back."""
        async with self.shop.store.transaction() as tx:
            payment = Payment(
                public_id=public_id("pay"), organizer_id=order.organizer_id, order_id=order.id or 0, account=ACCOUNT,
                is_open=False, currency=order.currency, amount_minor=order.total_minor, created_at=tx.now,
            )  # fmt: skip
            tx.session.add(payment)
        seen = await self.capture(payment, "pi_second")
        assert seen is not None
        assert seen.surplus
        for _ in range(2):
            await self.shop.store.run(lambda tx: refunds.refund_late_payment(tx, payment_id=payment.id or 0))
        return payment

    async def dispute(self, order: Order, *, open_chargeback: bool = True) -> None:
        """Let the buyer's bank hold the money, or give it free."""
        payment = await self.payment(order)
        self.stripe.charges[payment.payment_intent_id].disputed = open_chargeback
        await self.shop.store.run(
            lambda tx: payments.set_open_chargeback(tx, payment_id=payment.id or 0, value=open_chargeback)
        )

    async def check_in(self, order: Order) -> None:
        """Let the holder of the first ticket in."""
        (first, *_) = await self.tickets(order)
        async with self.shop.store.transaction() as tx:
            await tx.session.execute(
                sa.update(Ticket)
                .where(col(Ticket.id) == first.id)
                .values(status="checked_in", checked_in_at=tx.now)
            )

    async def tell(self, snapshot: RefundSnapshot) -> bool:
        """Let Stripe report a refund."""
        return await self.shop.store.run(
            lambda tx: refunds.record_gateway_refund(tx, snapshot, account=ACCOUNT)
        )

    async def work(self) -> int:
        """Run the refund jobs that are due."""
        return await Worker(self.runtime, CATALOG).run_due()

    async def later(self, by: timedelta) -> int:
        """Let time pass, then run what is due."""
        self.shop.clock.advance(by)
        return await self.work()

    async def run_once(self, refund: Refund) -> None:
        """Run a refund's job once, without the worker around it."""
        (row,) = await self.shop.rows(OutboxRow, dedupe_key=refund.public_id)
        job = Job(row.id or 0, row.kind, dict(row.payload), 1, "token", self.shop.now, row.created_at)
        await send_refund.run(self.runtime, job, chance=lambda: 0.5)

    async def event_of(self, order: Order) -> tuple[Event, TicketType]:
        """Return an order's event and its ticket type."""
        (event,) = await self.shop.rows(Event, id=order.event_id)
        return event, (await self.shop.rows(TicketType, event_id=event.id))[0]

    async def tickets(self, order: Order) -> list[Ticket]:
        """Return an order's tickets."""
        return await self.shop.rows(Ticket, order_id=order.id)

    async def request(self, request_id: str) -> RefundRequest:
        """Return a request as it is now."""
        return (await self.shop.rows(RefundRequest, public_id=request_id))[0]

    async def refund(self, refund_id: str) -> Refund:
        """Return a refund as it is now."""
        return (await self.shop.rows(Refund, public_id=refund_id))[0]

    async def payment(self, order: Order) -> Payment:
        """Return an order's first payment."""
        return (await self.shop.rows(Payment, order_id=order.id))[0]

    async def mails(self, template: Template) -> list[EmailMessage]:
        """Return the mails of a template."""
        return await self.shop.rows(EmailMessage, template=template)

    async def abandon_leases(self) -> None:
        """Let every lease end, as after a crash."""
        async with self.shop.store.transaction() as tx:
            await tx.session.execute(
                sa.update(OutboxRow)
                .where(col(OutboxRow.status) == "running")
                .values(leased_until=tx.now - timedelta(seconds=1))
            )


def desk_runtime(shop: Shop, stripe: FakeStripe, folder: Path) -> Runtime:
    """Connect a shop's process to a Stripe in memory."""
    return Runtime(
        settings=Settings(data_dir=folder, worker_concurrency=1), store=shop.store, bus=MemoryBus(),
        payments=cast("Any", stripe), mailer=cast("Any", None), webhook_sender=cast("Any", None), clock=shop.clock,
        links=AccessLinks(KEYS), box=SecretBox(KEYS), platform_account=ACCOUNT,
    )  # fmt: skip


async def open_desk(shop: Shop, folder: Path) -> Desk:
    """Set a desk up in a shop."""
    stripe = FakeStripe(shop.clock)
    runtime = desk_runtime(shop, stripe, folder)
    async with shop.store.transaction() as tx:
        user = User(
            public_id=public_id("usr"), email="dana@lanternrow.example", name="Dana Moreau", password_hash="-",
            created_at=tx.now,
        )  # fmt: skip
        tx.session.add(user)
        await tx.session.flush()
        tx.session.add(
            Membership(
                organizer_id=shop.organizer_id, user_id=user.id or 0, role=Role.MANAGER, created_at=tx.now
            )
        )
    manager = Actor(ActorKind.MEMBER, shop.organizer_id, user.id, Role.MANAGER, "Dana Moreau")
    return Desk(shop, stripe, runtime, manager, attendee(shop.organizer_id, "Maren Okafor"))
