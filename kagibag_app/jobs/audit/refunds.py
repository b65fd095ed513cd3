"""Invariants of refunds: what was captured, per line, one at a time, recomputed states."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.disputes.rules import order_state
from kagibag_app.features.disputes.tables import Dispute
from kagibag_app.features.orders.rules import DisputeState, RefundState
from kagibag_app.features.orders.tables import LineItem, Order
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.queries import surplus_payments
from kagibag_app.features.refunds.rules import IN_FLIGHT, RESERVING, RefundStatus, money_state
from kagibag_app.features.refunds.tables import Refund, RefundAllocation
from kagibag_app.jobs.audit.findings import Finding, finding


async def captured(session: AsyncSession) -> Finding:
    """2: refunds never hold more than was captured, but while a flagged overlap settles, and are counted right."""
    held = (
        sa.select(
            col(Refund.payment_id).label("payment_id"),
            sa.func.sum(col(Refund.amount_minor)).label("amount"),
            sa.func.max(sa.case((col(Refund.flagged), 1), else_=0)).label("flagged"),
        )
        .where(col(Refund.status).in_(RESERVING))
        .group_by(col(Refund.payment_id))
        .subquery()
    )
    amount = sa.func.coalesce(held.c.amount, 0)
    wrong = sa.or_(
        amount != col(Payment.committed_minor),
        sa.and_(amount > col(Payment.captured_minor), sa.func.coalesce(held.c.flagged, 0) == 0),
    )
    rows = await session.scalars(
        sa.select(col(Payment.public_id)).outerjoin(held, held.c.payment_id == col(Payment.id)).where(wrong)
    )
    return finding(2, "refunds never exceed what was captured", rows)


async def lines(session: AsyncSession) -> Finding:
    """3: no line gives back more than its net, and no refund shares out more than its amount."""
    per_line = (
        sa.select(
            col(RefundAllocation.line_item_id).label("line_id"),
            sa.func.sum(col(RefundAllocation.amount_minor)).label("amount"),
        )
        .join(Refund, col(Refund.id) == col(RefundAllocation.refund_id))
        .where(col(Refund.status).in_(RESERVING))
        .group_by(col(RefundAllocation.line_item_id))
        .subquery()
    )
    over = await session.scalars(
        sa.select(col(LineItem.public_id))
        .join(per_line, per_line.c.line_id == col(LineItem.id))
        .where(per_line.c.amount > col(LineItem.net_minor))
    )
    per_refund = (
        sa.select(
            col(RefundAllocation.refund_id).label("refund_id"),
            sa.func.sum(col(RefundAllocation.amount_minor)).label("amount"),
            sa.func.min(col(RefundAllocation.amount_minor)).label("least"),
        )
        .group_by(col(RefundAllocation.refund_id))
        .subquery()
    )
    unlike = await session.scalars(
        sa.select(col(Refund.public_id))
        .join(per_refund, per_refund.c.refund_id == col(Refund.id))
        .where(sa.or_(per_refund.c.amount > col(Refund.amount_minor), per_refund.c.least <= 0))
    )
    return finding(3, "refunds per line never exceed its net", [*over, *unlike])


async def one_at_a_time(session: AsyncSession) -> Finding:
    """5: at most one refund of a payment is at Stripe's door, keys are never shared, and marks tell the truth."""
    crowded = await session.scalars(
        sa.select(col(Payment.public_id))
        .join(Refund, col(Refund.payment_id) == col(Payment.id))
        .where(col(Refund.status) == RefundStatus.SUBMITTING)
        .group_by(col(Payment.public_id))
        .having(sa.func.count() > 1)
    )
    shared = await session.scalars(
        sa.select(col(Refund.idempotency_key))
        .group_by(col(Refund.idempotency_key))
        .having(sa.func.count() > 1)
    )
    in_transit = (RefundStatus.SUBMITTING, RefundStatus.UNKNOWN)
    marks = await session.scalars(
        sa.select(col(Refund.public_id)).where(
            sa.or_(
                sa.and_(col(Refund.status) == RefundStatus.CREATED, col(Refund.maybe_sent_at).is_not(None)),
                sa.and_(col(Refund.status).in_(in_transit), col(Refund.maybe_sent_at).is_(None)),
                col(Refund.idempotency_key) != "refund-" + col(Refund.public_id),
            )
        )
    )
    return finding(5, "one refund at a time per payment, one key per refund", {*crowded, *shared, *marks})


async def states(session: AsyncSession) -> Finding:
    """12: refunded sums, refund states and dispute states equal their recomputation."""
    return finding(
        12, "refund and dispute states equal their recomputation",
        {*await _refund_states(session), *await _dispute_states(session)},
    )  # fmt: skip


async def _refund_states(session: AsyncSession) -> Iterable[str]:
    sums = (
        sa.select(
            col(Refund.order_id).label("order_id"),
            sa.func.sum(
                sa.case((col(Refund.status) == RefundStatus.SUCCEEDED, col(Refund.amount_minor)), else_=0)
            ).label("done"),
            sa.func.max(sa.case((col(Refund.status).in_(IN_FLIGHT), 1), else_=0)).label("moving"),
        )
        .where(col(Refund.payment_id).not_in(surplus_payments()))
        .group_by(col(Refund.order_id))
        .subquery()
    )
    # Orders without refunds and without a state need no look, however many there are.
    rows = await session.execute(
        sa.select(Order, sums.c.done, sums.c.moving)
        .outerjoin(sums, sums.c.order_id == col(Order.id))
        .where(
            sa.or_(
                sums.c.order_id.is_not(None),
                col(Order.refunded_minor) != 0,
                col(Order.refund_state) != RefundState.NONE,
            )
        )
    )
    return [
        order.number
        for order, done, moving in rows
        if (order.refunded_minor, order.refund_state)
        != money_state(total_minor=order.total_minor, succeeded_minor=int(done or 0), in_flight=bool(moving))
    ]


async def _dispute_states(session: AsyncSession) -> Iterable[str]:
    rows = await session.execute(
        sa.select(col(Order.number), col(Order.dispute_state), col(Dispute.status))
        .outerjoin(Dispute, col(Dispute.order_id) == col(Order.id))
        .where(sa.or_(col(Dispute.id).is_not(None), col(Order.dispute_state) != DisputeState.NONE))
    )
    shown: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for number, state, status in rows:
        shown[number] = state
        found.setdefault(number, []).extend([status] if status else [])
    return [number for number, state in shown.items() if order_state(found[number]) != state]
