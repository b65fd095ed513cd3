"""Asks for an order's payment page to be closed at Stripe."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.payments.rules import EXPIRE_ORDER
from kagibag_app.features.payments.tables import Payment
from kagibag_app.storage.synthetic import require_real
from kagibag_app.storage.transaction import Transaction


async def close_page(tx: Transaction, *, order_id: int) -> None:
    """Have the page at which a locked order may still be paid closed now, not when its time has come.

    Whether somebody paid first only Stripe knows: the order's seats are released when the job has its answer.

    Raises:
        DomainError: ``synthetic_data``.
    """
    payment = await tx.session.scalar(
        sa.select(Payment).where(col(Payment.order_id) == order_id, col(Payment.is_open))
    )
    if payment is None:
        return
    await require_real(tx, payment.organizer_id)
    await tx.enqueue_once(
        EXPIRE_ORDER, f"expire:{payment.public_id}:cancel", payment_id=payment.id, at_once=True
    )
