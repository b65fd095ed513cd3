"""Rows locked in the one order that everybody keeps: order, payment, then requests and refunds."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import NotFound
from kagibag_app.storage.transaction import Transaction


async def lock_request(
    tx: Transaction, actor: Actor, public_id: object, *, order_id: int | None = None
) -> tuple[Order, RefundRequest]:
    """Lock a request of the actor's organizer, its order first.

    Args:
        public_id: A claim from outside.
        order_id: When given, the request has to belong to this order too.

    Raises:
        NotFound: No such request there.
    """
    known = await queries.system_request(tx.session, public_id) if isinstance(public_id, str) else None
    if known is None or known.organizer_id != actor.organizer_id or order_id not in (None, known.order_id):
        raise NotFound("refund request")
    order = await orders.lock(tx, known.order_id)
    request = await tx.session.scalar(
        sa.select(RefundRequest)
        .where(col(RefundRequest.id) == known.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if request is None:
        raise NotFound("refund request")
    return order, request


async def lock_refund(tx: Transaction, refund: Refund) -> tuple[Order, Payment]:
    """Lock a refund with its order and payment, and read all three anew."""
    order = await orders.lock(tx, refund.order_id)
    payment = await payments.locked(tx, refund.payment_id)
    await tx.session.refresh(refund, with_for_update=True)
    return order, payment
