"""A shop that sells through a Stripe sandbox in the same process: real SDK, real webhooks, real worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from starlette.applications import Starlette

from kagibag_app.features.messages.rules import SEND_EMAIL
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.rules import APPLY_STRIPE_EVENT, EXPIRE_ORDER, OPEN_PAYMENT
from kagibag_app.features.payments.tables import Payment, StripeEvent
from kagibag_app.features.refunds.rules import SEND_REFUND
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.features.webhooks.rules import DELIVER_WEBHOOK
from kagibag_app.jobs import apply_stripe_event, expire_order, open_payment, send_refund
from kagibag_app.jobs.worker import Run, Worker
from kagibag_app.runtime import Runtime
from kagibag_app.sandbox import Sandbox
from kagibag_app.storage.outbox import Job, OutboxRow
from tests.services.shop import Shop

SECRET = "whsec_till_0123456789abcdef0123456789abcdef"
WEBHOOK_URL = "https://tickets.example/api/stripe/webhook"
DECLINED, GOOD = "4000000000000002", "4242424242424242"


async def _elsewhere(_runtime: Runtime, _job: Job) -> None:
    """Mail and outgoing webhooks have tests of their own."""


CATALOG: Mapping[str, Run] = {
    OPEN_PAYMENT: open_payment.run,
    APPLY_STRIPE_EVENT: apply_stripe_event.run,
    EXPIRE_ORDER: expire_order.run,
    SEND_REFUND: send_refund.run,
    SEND_EMAIL: _elsewhere,
    DELIVER_WEBHOOK: _elsewhere,
}


class Line(httpx.AsyncBaseTransport):
    """The line to Stripe, which can break before a request is sent or after it was answered.

    Attributes:
        before: Raised, one a request, instead of sending it.
        after: Raised, one a request, in place of Stripe's answer.
        sent: Method, path and headers of what was sent.
    """

    def __init__(self, app: Starlette) -> None:
        self._inner = httpx.ASGITransport(app=app)
        self.before: list[Exception] = []
        self.after: list[Exception] = []
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on."""
        if self.before:
            raise self.before.pop(0)
        self.sent.append(request)
        answer = await self._inner.handle_async_request(request)
        if self.after:
            raise self.after.pop(0)
        return answer


@dataclass
class Till:
    """A shop, its runtime, and the sandbox that takes its money.

    Attributes:
        line: Carries the calls to the sandbox.
        web: The application with the webhook route.
        answers: Status codes that webhook deliveries got.
    """

    shop: Shop
    runtime: Runtime
    sandbox: Sandbox
    line: Line
    web: Starlette
    answers: list[int] = field(default_factory=list)

    async def work(self) -> int:
        """Run every job that is due, and those that they cause."""
        return await Worker(self.runtime, CATALOG).run_due()

    async def deliver(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """Post one event to the webhook route."""
        transport = httpx.ASGITransport(app=self.web)
        async with httpx.AsyncClient(transport=transport) as client:
            answer = await client.post(url, content=body, headers=headers)
        self.answers.append(answer.status_code)
        return answer.status_code

    async def settle(self) -> None:
        """Deliver events and run jobs until neither causes the other any more."""
        while (await self.sandbox.flush_webhooks())["delivered"] + await self.work():
            pass

    async def advance(self, by: timedelta) -> None:
        """Let time pass here and at Stripe."""
        self.runtime.clock.advance(by)
        self.sandbox.advance(int(by.total_seconds()))

    async def ordered(self, count: int = 2, price: int = 4200, **changes: Any) -> Order:
        """Place an order and open its payment page."""
        event = await self.shop.event(**changes)
        kind = await self.shop.ticket_type(event, price=price)
        await self.shop.open(event)
        placed = await self.shop.buy(
            event, {kind.public_id: count}, platform_account=self.runtime.platform_account
        )
        await self.work()
        return await self.shop.order(placed)

    async def payment(self, order: Order) -> Payment:
        """Return an order's newest payment."""
        return (await self.shop.rows(Payment, order_id=order.id))[-1]

    async def pay(self, order: Order, card: str = GOOD) -> dict[str, Any]:
        """Pay at Stripe's page; nothing of it is delivered yet."""
        return self.sandbox.pay((await self.payment(order)).session_id, card)

    async def paid(self, **changes: Any) -> Order:
        """Sell an order, with every event delivered."""
        order = await self.ordered(**changes)
        await self.pay(order)
        await self.settle()
        return await self.shop.order(order)

    async def outcomes(self) -> dict[str, str]:
        """Return what became of each event type; the last one's where a type came twice."""
        return {row.type: row.outcome for row in await self.shop.rows(StripeEvent)}

    async def kinds(self, order: Order) -> list[str]:
        """Return the kinds of an order's timeline entries."""
        return [row.kind for row in await self.shop.rows(TimelineEntry, order_id=order.id)]

    async def jobs(self, kind: str) -> list[OutboxRow]:
        """Return the jobs of a kind."""
        return await self.shop.rows(OutboxRow, kind=kind)
