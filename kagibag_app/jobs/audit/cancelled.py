"""Invariants of cancelled orders: their money, their tickets, and nothing that waits for ever."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.orders.rules import DisputeState, OrderStatus, TicketStatus
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.refunds.queries import surplus_payments
from kagibag_app.features.refunds.rules import ACCEPTED
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.jobs.audit.findings import Finding, finding

_CANCELLED = col(Order.status) == OrderStatus.CANCELLED


async def cancelled(session: AsyncSession) -> Finding:
    """14: a cancelled order's money was accepted back, it lets nobody in, and no order waits to be cancelled in vain.

    What the bank sends back after that stays to be returned and the order stays cancelled; what a lost dispute
    took was never ours to return.
    """
    accepted = (
        sa.select(
            col(Refund.order_id).label("order_id"), sa.func.sum(col(Refund.amount_minor)).label("amount")
        )
        .where(col(Refund.accepted_at).is_not(None), col(Refund.payment_id).not_in(surplus_payments()))
        .group_by(col(Refund.order_id))
        .subquery()
    )
    kept = await session.scalars(
        sa.select(col(Order.number))
        .outerjoin(accepted, accepted.c.order_id == col(Order.id))
        .where(
            _CANCELLED,
            col(Order.paid_at).is_not(None),
            col(Order.dispute_state) != DisputeState.LOST,
            sa.func.coalesce(accepted.c.amount, 0) < col(Order.total_minor),
        )
    )
    alive = await session.scalars(
        sa.select(col(Order.number))
        .join(Ticket, col(Ticket.order_id) == col(Order.id))
        .where(_CANCELLED, col(Ticket.status) != TicketStatus.VOID)
    )
    unfinished = await session.scalars(
        sa.select(col(Order.number))
        .join(Refund, col(Refund.order_id) == col(Order.id))
        .where(col(Refund.cancels_order), col(Refund.status).in_(ACCEPTED), ~_CANCELLED)
    )
    forgotten = await session.scalars(
        sa.select(col(Order.number)).where(
            col(Order.cancel_asked_at).is_not(None), col(Order.status) != OrderStatus.PENDING
        )
    )
    return finding(
        14,
        "cancelled orders gave their money back and let nobody in",
        {*kept, *alive, *unfinished, *forgotten},
    )
