"""Mails about what became of a refund."""

from __future__ import annotations

from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.notifications.service import tell_organizer
from kagibag_app.features.orders import queries as order_queries
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules import SETTLED, RefundSource
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.storage.transaction import Transaction

_STAYS_PAID = "So the order is not cancelled, and its tickets are as they were."
_TICKETS_VOID = "Its tickets stay void; you can make them valid again on the order's page."
_STAYS_CANCELLED = "The order stays cancelled, so the money is still to be returned."


async def tell_trouble(
    tx: Transaction, refund: Refund, reason: str, *, tickets_void: bool = False, waits: bool = False
) -> None:
    """Tell the organizer that a refund failed, takes long or waits for funds.

    Args:
        reason: Why, and what to do.
        tickets_void: Tickets of it stay void until somebody revives them.
        waits: Stripe keeps it until there are funds.
    """
    if refund.source == RefundSource.BULK and refund.status in SETTLED and refund.accepted_at is None:
        return  # the run that started it lists it with its reason, and its report is mailed once
    if tickets_void:
        reason = f"{reason} {_TICKETS_VOID}"
    request = await queries.request_of(tx.session, refund)
    if refund.cancels_order and refund.status in SETTLED:
        order = await tx.session.get_one(Order, refund.order_id)
        reason = f"{reason} {_STAYS_CANCELLED if order.status == OrderStatus.CANCELLED else _STAYS_PAID}"
    await tell_organizer(
        tx, organizer_id=refund.organizer_id, order_id=refund.order_id, template=Template.REFUND_FAILED,
        params={
            "order": await order_queries.mail_card(tx.session, refund.order_id),
            "amount_minor": refund.amount_minor, "reason": reason,
            "request_public_id": request.public_id if request else "", "waits": waits,
        },
    )  # fmt: skip


async def tell_buyer(tx: Transaction, refund: Refund) -> None:
    """Tell the buyer that a refund has succeeded."""
    card = await order_queries.mail_card(tx.session, refund.order_id)
    payment = await tx.session.get_one(Payment, refund.payment_id)
    method = f"{payment.card_brand.title()} •••• {payment.card_last4}" if payment.card_last4 else ""
    await messages.queue(
        tx, organizer_id=refund.organizer_id, order_id=refund.order_id, to=card["buyer_email"],
        template=Template.REFUNDED,
        params={
            "order": card, "amount_minor": refund.amount_minor, "refund_public_id": refund.public_id,
            "bank_reference": refund.bank_reference, "method": method,
        },
    )  # fmt: skip


async def tell_buyer_lost(tx: Transaction, refund: Refund, *, tickets_void: bool) -> None:
    """Tell the buyer that money which was on its way, or had arrived, came back to the organizer."""
    card = await order_queries.mail_card(tx.session, refund.order_id)
    await messages.queue(
        tx, organizer_id=refund.organizer_id, order_id=refund.order_id, to=card["buyer_email"],
        template=Template.REFUND_CAME_BACK,
        params={"order": card, "amount_minor": refund.amount_minor, "tickets_void": tickets_void},
    )  # fmt: skip
