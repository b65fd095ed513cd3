"""What refunds take of a payment, and whether a chargeback forbids them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.payments.service.rows import locked
from kagibag_app.features.payments.tables import Payment
from kagibag_app.kit.errors import DomainError
from kagibag_app.kit.money import Money
from kagibag_app.storage.transaction import Transaction


async def reserve(tx: Transaction, *, payment_id: int, amount_minor: int) -> None:
    """Set an amount aside for a refund: under the row's lock, and by an update that can't pass what was captured.

    Args:
        amount_minor: Minor units of the payment's currency, > 0.

    Raises:
        DomainError: ``refund_exceeds_remaining``.
    """
    payment = await locked(tx, payment_id)
    if not await _add(
        tx, payment, amount_minor, col(Payment.captured_minor) - col(Payment.committed_minor) >= amount_minor
    ):
        left = Money(max(0, payment.captured_minor - payment.committed_minor), payment.currency)
        raise DomainError(
            f"Only {left} of this payment can still be refunded. Nothing was sent; choose a smaller amount.",
            code="refund_exceeds_remaining",
        )


async def reserve_external(tx: Transaction, *, payment_id: int, amount_minor: int) -> bool:
    """Count a refund that Stripe has made without us: it is always recorded, whatever is left.

    Returns:
        False when refunds now pass what was captured: one of ours is about to be refused, flag it.
    """
    payment = await locked(tx, payment_id)
    await _add(tx, payment, amount_minor, sa.true())
    return payment.committed_minor <= payment.captured_minor


async def unreserve(tx: Transaction, *, payment_id: int, amount_minor: int) -> None:
    """Give back what a failed or canceled refund had set aside.

    Raises:
        ValueError: More would be given back than was set aside.
    """
    payment = await locked(tx, payment_id)
    if not await _add(tx, payment, -amount_minor, col(Payment.committed_minor) >= amount_minor):
        raise ValueError(
            f"payment {payment_id} has only {payment.committed_minor} set aside, not {amount_minor}"
        )


async def set_open_chargeback(tx: Transaction, *, payment_id: int, value: bool) -> None:
    """Note whether a chargeback is open: refunds are refused meanwhile."""
    payment = await locked(tx, payment_id)
    payment.open_chargeback = value


async def _add(
    tx: Transaction, payment: Payment, amount_minor: int, condition: sa.ColumnElement[bool]
) -> bool:
    await tx.session.flush()
    result = await tx.session.execute(
        sa.update(Payment)
        .where(col(Payment.id) == payment.id, condition)
        .values(committed_minor=col(Payment.committed_minor) + amount_minor)
        .execution_options(synchronize_session=False)
    )
    await tx.session.refresh(payment)
    return result.rowcount == 1  # type: ignore[attr-defined]
