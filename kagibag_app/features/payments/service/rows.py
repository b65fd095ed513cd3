"""Locks rows: the order first, then its payment."""

from __future__ import annotations

from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.tables import Payment
from kagibag_app.kit.errors import NotFound
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction


async def locked(tx: Transaction, payment_id: int) -> Payment:
    """Lock a payment's row and return it as it is now. The order's row is locked before it.

    Raises:
        NotFound: There is no such payment.
    """
    payment = await tx.session.get(Payment, payment_id, with_for_update=True, populate_existing=True)
    if payment is None:
        raise NotFound("payment")
    return payment


async def locked_with_order(tx: Transaction, payment_id: int) -> tuple[Order, Payment]:
    """Lock a payment's order and then the payment.

    Raises:
        NotFound: There is no such payment.
    """
    payment = await tx.session.get(Payment, payment_id)
    if payment is None:
        raise NotFound("payment")
    order = await orders.lock(tx, payment.order_id)
    return order, await locked(tx, payment_id)


def touch(tx: Transaction, payment: Payment) -> None:
    """Tell the pages that show this payment's order."""
    tx.touch(topics.order(payment.order_id))
    tx.touch(topics.orders(payment.organizer_id))
