"""A sale with a code and its refunds, part by part, in currencies that Stripe, ISO and CLDR count differently."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders.rules import RefundState
from kagibag_app.features.orders.tables import LineItem, Order, Ticket
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.webhooks.tables import WebhookEvent
from kagibag_app.jobs.audit import run as audit
from kagibag_app.kit.actor import Actor, ActorKind, attendee
from tests.jobs.till import Till

pytest_plugins = ["tests.jobs.till_fixtures"]

WHOLE = {"tiers": [{"days_before": 1, "percent": 100}]}


async def give_back(
    till: Till, order: Order, tickets: Sequence[Ticket], amount_minor: int | None = None
) -> Refund:
    """Ask for tickets, approve, and let everything happen."""
    buyer = attendee(till.shop.organizer_id, "Maren Okafor")
    manager = Actor(ActorKind.MEMBER, till.shop.organizer_id, None, Role.MANAGER, "Dana Moreau")
    asked = await till.shop.store.run(
        lambda tx: refunds.request(
            tx,
            buyer,
            order_id=order.id,
            ticket_ids=[t.public_id for t in tickets],
            category="other",
            reason="",
        )
    )
    made = await till.shop.store.run(
        lambda tx: refunds.approve(tx, manager, request_id=asked, version=1, amount_minor=amount_minor)
    )
    await till.settle()
    return (await till.shop.rows(Refund, public_id=made))[0]


@pytest.mark.parametrize(
    ("currency", "price", "part", "at_stripe"),
    [
        ("JPY", 6401, 1001, 1),
        ("KWD", 12350, 1010, 1),
        ("ISK", 5501, 1001, 100),
        ("UGX", 150_001, 70_001, 100),
    ],
)
async def test_amounts_are_exact_everywhere_when_an_order_is_refunded_part_by_part(
    till: Till, currency: str, price: int, part: int, at_stripe: int
) -> None:
    event = await till.shop.event(currency=currency, refund_policy=WHOLE)
    kind = await till.shop.ticket_type(event, price=price)
    guest = await till.shop.ticket_type(event, name="Guest", price=price)
    await till.shop.open(event)
    await till.shop.code("THIRD", value=3333)
    await till.shop.code("GUEST", value=10_000, ticket_type_ids=[guest.id])
    for code in ("THIRD", "GUEST"):
        placed = await till.shop.buy(
            event,
            {kind.public_id: 2, guest.public_id: 1},
            code=code,
            platform_account=till.runtime.platform_account,
        )
        await till.work()
        order = await till.shop.order(placed)
        await till.pay(order)
        await till.settle()
        lines = await till.shop.rows(LineItem, order_id=order.id)
        assert sum(line.net_minor for line in lines) == order.total_minor
        (payment,) = await till.shop.rows(Payment, order_id=order.id)
        (intent,) = [
            i for i in till.sandbox.objects("payment_intent") if i["id"] == payment.payment_intent_id
        ]
        assert intent["amount_received"] == order.total_minor * at_stripe
        assert payment.captured_minor == order.total_minor

        tickets = await till.shop.rows(Ticket, order_id=order.id)
        first = await give_back(till, order, tickets[:1], part)
        assert first.amount_minor == part
        rest = await give_back(till, order, tickets[1:2])
        # What the first decision left of its line goes back from the Dashboard.
        left = order.total_minor - first.amount_minor - rest.amount_minor
        till.sandbox.refund(payment.payment_intent_id, left * at_stripe)
        await till.settle()

        order = await till.shop.order(order)
        assert (order.refunded_minor, order.refund_state) == (order.total_minor, RefundState.FULL)
        (charge,) = [
            c for c in till.sandbox.objects("charge") if c["payment_intent"] == payment.payment_intent_id
        ]
        assert charge["amount_refunded"] == order.total_minor * at_stripe
        mails = await till.shop.rows(EmailMessage, order_id=order.id, template=Template.REFUNDED)
        assert [m.params["amount_minor"] for m in mails] == [part, rest.amount_minor, left]
        (sent,) = await till.shop.rows(WebhookEvent, order_id=order.id)
        shown = json.loads(sent.body)["data"]
        assert json.dumps(shown).count(str(order.total_minor)) >= 1
    assert [f for f in await audit(till.runtime, stripe=True) if f.count] == []
