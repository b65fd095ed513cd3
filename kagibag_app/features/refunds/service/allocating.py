"""Which line items a refund belongs to."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.orders.tables import Order
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules import RESERVING, RefundSource, allocate
from kagibag_app.features.refunds.tables import Refund, RefundAllocation
from kagibag_app.storage.transaction import Transaction


async def write_allocations(tx: Transaction, refund: Refund, allocations: Mapping[int, int]) -> None:
    """Write how a refund is shared over line items, on top of what it has of them already.

    Args:
        allocations: Minor units by line item id.
    """
    known = {
        row.line_item_id: row
        for row in await tx.session.scalars(
            sa.select(RefundAllocation).where(col(RefundAllocation.refund_id) == refund.id)
        )
    }
    for line, amount in allocations.items():
        if line in known:
            known[line].amount_minor += amount
        else:
            tx.session.add(RefundAllocation(refund_id=refund.id or 0, line_item_id=line, amount_minor=amount))
    await tx.session.flush()


async def complete_allocations(tx: Transaction, order: Order) -> None:
    """Share out what no line had room for when a refund made at Stripe met one of ours that has failed since."""
    rows = await tx.session.scalars(
        sa.select(Refund)
        .where(
            col(Refund.order_id) == order.id,
            col(Refund.source) == RefundSource.EXTERNAL,
            col(Refund.status).in_(RESERVING),
            col(Refund.payment_id).not_in(queries.surplus_payments()),
        )
        .order_by(col(Refund.id))
    )
    for refund in rows.all():
        missing = refund.amount_minor - sum(
            (await queries.allocations_of(tx.session, refund.id or 0)).values()
        )
        if missing > 0:
            left = await queries.refundable_lines(tx.session, order.id or 0)
            await write_allocations(tx, refund, allocate(missing, left, refund.currency))
