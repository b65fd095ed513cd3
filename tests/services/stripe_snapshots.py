"""What Stripe might say about a payment, without asking it; and an order that waits for one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import service
from kagibag_app.features.payments.tables import Payment
from kagibag_app.ports.payments import (
    BalanceLine,
    CheckoutSnapshot,
    DisputeSnapshot,
    IncomingEvent,
    PaymentSnapshot,
)
from tests.services.shop import PLATFORM, Shop

CREATED = datetime(2026, 4, 9, 7, 47, tzinfo=UTC)


async def waiting(
    shop: Shop, count: int = 2, capacity: int = 10, slug: str = "harbour"
) -> tuple[Order, Payment]:
    """Place an order of tickets at 42.00 USD whose page is open."""
    event = await shop.event(slug)
    kind = await shop.ticket_type(event, capacity=capacity)
    await shop.open(event)
    order = await shop.order(await shop.buy(event, {kind.public_id: count}))
    (payment,) = await shop.rows(Payment, order_id=order.id)
    page = CheckoutSnapshot(
        f"cs_{payment.id}", "https://stripe.test/pay", "open", "unpaid", reference=payment.public_id
    )
    await shop.store.run(lambda tx: service.record_session(tx, payment_id=payment.id, snapshot=page))
    return order, payment


async def captured(shop: Shop, **options: Any) -> tuple[Order, Payment]:
    """Sell an order of tickets."""
    order, payment = await waiting(shop, **options)
    await record(shop, intent(payment))
    return await shop.order(order), (await shop.rows(Payment, id=payment.id))[0]


async def record(shop: Shop, snapshot: PaymentSnapshot, **options: Any) -> service.GatewayPayment | None:
    """Record a payment intent."""
    return await shop.store.run(
        lambda tx: service.record_gateway_payment(tx, snapshot, account=PLATFORM, **options)
    )


def intent(payment: Payment, status: str = "succeeded", **changes: Any) -> PaymentSnapshot:
    """Return a payment intent: paid by card, unless told otherwise."""
    paid = status == "succeeded"
    snapshot = PaymentSnapshot(
        payment_intent_id=f"pi_{payment.id}",
        status=status,
        currency=payment.currency,
        amount_minor=payment.amount_minor,
        captured_minor=payment.amount_minor if paid else 0,
        charge_id=f"ch_{payment.id}" if paid else "",
        card_brand="visa" if paid else "",
        card_last4="4242" if paid else "",
        reference=payment.public_id,
        balance=balance(f"txn_{payment.id}", payment.amount_minor, 274) if paid else None,
    )
    return replace(snapshot, **changes)


def balance(name: str, amount: int, fee: int = 0, **changes: Any) -> BalanceLine:
    """Return a balance transaction in USD."""
    line = BalanceLine(
        id=name, type="charge", category="charge", amount_minor=amount, fee_minor=fee, net_minor=amount - fee,
        currency="USD", source="ch_1", created=CREATED,
    )  # fmt: skip
    return replace(line, **changes)


def dispute(payment: Payment, status: str = "needs_response", **changes: Any) -> DisputeSnapshot:
    """Return a dispute of the whole payment; a chargeback has taken its money."""
    chargeback = not status.startswith("warning")
    snapshot = DisputeSnapshot(
        dispute_id="du_1", status=status, reason="product_not_received", amount_minor=payment.amount_minor,
        currency=payment.currency, charge_id=payment.charge_id, payment_intent_id=payment.payment_intent_id,
        created=CREATED, due_by=datetime(2026, 4, 20, 23, 59, tzinfo=UTC), submission_count=0, has_evidence=False,
        past_due=False, is_charge_refundable=not chargeback, network_reason_code="13.1",
        balance=(balance("txn_du", -payment.amount_minor, 1500, type="adjustment"),) if chargeback else (),
    )  # fmt: skip
    return replace(snapshot, **changes)


def event(name: str = "evt_1", kind: str = "payment_intent.succeeded", **changes: Any) -> IncomingEvent:
    """Return a verified event about the payment intent pi_1."""
    body = {"object": "payment_intent", "id": "pi_1", **changes.pop("body", {})}
    fields: dict[str, Any] = {
        "id": name, "type": kind, "account": "", "livemode": False, "object_type": body["object"],
        "object_id": body["id"], "created": CREATED, "payload": {"data": {"object": body}},
    }  # fmt: skip
    return IncomingEvent(**(fields | changes))
