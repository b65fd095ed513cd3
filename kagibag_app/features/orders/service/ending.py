"""Moves an order to cancelled and tells its buyer."""

from __future__ import annotations

from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders import queries
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.orders.service.states import set_status
from kagibag_app.features.orders.tables import Order
from kagibag_app.kit.actor import Actor
from kagibag_app.storage.transaction import Transaction


async def set_cancelled(tx: Transaction, actor: Actor, order: Order, *, returning_minor: int = 0) -> None:
    """Move a locked order to cancelled and write the buyer's mail.

    Raises:
        InvalidTransition: It can't become that; nothing was changed.
    """
    was_paid = order.paid_at is not None and order.total_minor > 0
    await set_status(tx, actor, order, OrderStatus.CANCELLED, data={"message": order.cancel_message})
    await messages.queue(
        tx, organizer_id=order.organizer_id, order_id=order.id, to=order.buyer_email,
        template=Template.ORDER_CANCELLED,
        params={
            "order": await queries.mail_card(tx.session, order.id), "was_paid": was_paid,
            "amount_minor": returning_minor, "message": order.cancel_message,
        },
    )  # fmt: skip
