"""Plays people and time: buyers, organizers, banks, in one process, with the clocks in hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from kagibag_app.features.accounts import queries as accounts_queries
from kagibag_app.features.checkout import service as checkout
from kagibag_app.features.events.queries import event_row_by_slug, ticket_types_of
from kagibag_app.features.orders import queries as orders_queries
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import queries as payments_queries
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import queries as refunds_queries
from kagibag_app.features.refunds import service as refunds
from kagibag_app.jobs.catalog import CATALOG
from kagibag_app.jobs.worker import Worker
from kagibag_app.kit.actor import Actor, ActorKind, attendee
from kagibag_app.ports.payments import BadSignature
from kagibag_app.runtime import Runtime
from kagibag_app.sandbox.sandbox import Sandbox

VISA = "4242424242424242"
MASTERCARD = "5555555555554444"
DECLINED = "4000000000000002"
REFUND_FAILS = "4000000000005126"
MAX_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Buyer:
    """Somebody who buys."""

    name: str
    email: str


@dataclass
class Stage:
    """One installation whose Stripe runs in this process.

    Attributes:
        sandbox: Its Stripe.
        organizer_id: Whose events are sold.
        manager: The member who decides.
    """

    runtime: Runtime
    sandbox: Sandbox
    organizer_id: int
    manager: Actor

    def __post_init__(self) -> None:
        self._worker = Worker(self.runtime, CATALOG)

    async def settle(self) -> None:
        """Let every job run and every event arrive."""
        for _ in range(MAX_ROUNDS):
            ran = await self._worker.run_due()
            self.sandbox.run_due()
            sent = await self.sandbox.flush_webhooks()
            if not ran and not sent["delivered"]:
                return
        raise RuntimeError("the demo's jobs don't come to rest")

    async def wait(self, **span: float) -> None:
        """Let time pass for everybody, e.g. ``wait(hours=3)``, then let what became due happen."""
        by = timedelta(**span)
        self.runtime.clock.advance(by)
        self.sandbox.advance(int(by.total_seconds()))
        await self.settle()

    async def wait_until_left(self, **span: float) -> None:
        """Let time pass until so much is left to the present."""
        left = -self.runtime.clock.offset - timedelta(**span)
        if left > timedelta(0):
            await self.wait(seconds=left.total_seconds())

    async def order(self, buyer: Buyer, slug: str, wanted: Mapping[str, int], code: str = "") -> str:
        """Fill a cart by ticket type names, place the order and return its public id."""
        async with self.runtime.store.read() as session:
            event = await event_row_by_slug(session, slug)
            types = await ticket_types_of(session, event.id or 0) if event else []
        quantities = {row.public_id: wanted[row.name] for row in types if row.name in wanted}
        placed = await self.runtime.store.run(
            lambda tx: checkout.place_order(
                tx, event_slug=slug, quantities=quantities, buyer_name=buyer.name, buyer_email=buyer.email, code=code,
                platform_account=self.runtime.platform_account,
            )
        )  # fmt: skip
        await self.settle()
        return placed.id

    async def pay(self, order: str, card: str = VISA) -> None:
        """Pay an order at Stripe; a declined card leaves it as it was."""
        payment = await self.payment(order)
        self.sandbox.pay(payment.session_id, card)
        await self.settle()

    async def buy(
        self, buyer: Buyer, slug: str, wanted: Mapping[str, int], code: str = "", card: str = VISA
    ) -> str:
        """Order and pay; a free order needs no card."""
        order = await self.order(buyer, slug, wanted, code)
        row = await self._order(order)
        if row.total_minor:
            await self.wait(minutes=2)
            await self.pay(order, card)
        return order

    async def ask(self, order: str, tickets: int, category: str, reason: str) -> str:
        """Ask for the money of so many tickets that are still valid and return the request's id.

        Args:
            tickets: The first so many; negative: the last so many.
        """
        row = await self._order(order)
        async with self.runtime.store.read() as session:
            held = await orders_queries.tickets_of(session, row.id or 0)
        chosen = [ticket.public_id for ticket in held if ticket.status == "valid"]
        chosen = chosen[:tickets] if tickets > 0 else chosen[tickets:]
        actor = attendee(row.organizer_id, row.buyer_name)
        request = await self.runtime.store.run(
            lambda tx: refunds.request(
                tx, actor, order_id=row.id or 0, ticket_ids=chosen, category=category, reason=reason
            )
        )
        await self.settle()
        return request

    async def approve(self, request: str, message: str = "", note: str = "") -> None:
        """The manager approves what is asked."""
        version = await self._version(request)
        await self.runtime.store.run(
            lambda tx: refunds.approve(
                tx,
                self.manager,
                request_id=request,
                version=version,
                amount_minor=None,
                message=message,
                note=note,
            )
        )
        await self.settle()

    async def decline(self, request: str, message: str, note: str = "") -> None:
        """The manager declines."""
        version = await self._version(request)
        await self.runtime.store.run(
            lambda tx: refunds.decline(
                tx, self.manager, request_id=request, version=version, message=message, note=note
            )
        )
        await self.settle()

    async def payment(self, order: str) -> Payment:
        """Return an order's newest payment."""
        row = await self._order(order)
        async with self.runtime.store.read() as session:
            found = await payments_queries.system_newest(session, row.id or 0)
        if found is None:
            raise RuntimeError(f"order {row.number} has no payment")
        return found

    async def dispute(self, order: str, reason: str) -> str:
        """The buyer's bank opens a chargeback; returns Stripe's id of it."""
        payment = await self.payment(order)
        opened = self.sandbox.open_dispute(payment_intent=payment.payment_intent_id, reason=reason)
        await self.settle()
        return opened["id"]

    async def _order(self, public_id: str) -> Order:
        async with self.runtime.store.read() as session:
            row = await orders_queries.order_by_public_id(session, public_id)
        if row is None:
            raise RuntimeError(f"there is no order {public_id}")
        return row

    async def _version(self, request: str) -> int:
        async with self.runtime.store.read() as session:
            found = await refunds_queries.request_version(session, self.organizer_id, request)
        if found is None:
            raise RuntimeError(f"there is no request {request}")
        return found


async def receive(runtime: Runtime, body: bytes, headers: Mapping[str, str]) -> int:
    """Take one event as the webhook route does, without a network; returns the HTTP status it would answer."""
    signature = {name.lower(): value for name, value in headers.items()}.get("stripe-signature", "")
    try:
        event = runtime.payments.read_event(body, signature)
    except BadSignature:
        return 400
    await runtime.store.run(
        lambda tx: payments.store_event(tx, event, platform_account=runtime.platform_account, livemode=False)
    )
    return 200


async def member(runtime: Runtime, organizer_id: int, email: str) -> Actor:
    """Return a member as the one who acts."""
    async with runtime.store.read() as session:
        user = await accounts_queries.system_user_by_email(session, email)
    if user is None:
        raise RuntimeError(f"there is no login {email}")
    return Actor(ActorKind.MEMBER, organizer_id=organizer_id, user_id=user.id, role="manager", name=user.name)
