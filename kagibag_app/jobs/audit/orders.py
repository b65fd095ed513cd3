"""Invariants of orders: sums, tickets, seats, versions."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.events.tables import TicketType
from kagibag_app.features.orders.rules import Seat
from kagibag_app.features.orders.tables import AppliedPromotion, LineItem, Order, Ticket
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.jobs.audit.findings import Finding, finding


async def totals(session: AsyncSession) -> Finding:
    """1: the lines sum to the order, and the discount is what its promotion took off."""
    lines = (
        sa.select(
            col(LineItem.order_id).label("order_id"),
            sa.func.sum(col(LineItem.list_minor)).label("listed"),
            sa.func.sum(col(LineItem.discount_minor)).label("discount"),
            sa.func.sum(col(LineItem.net_minor)).label("net"),
        )
        .group_by(col(LineItem.order_id))
        .subquery()
    )
    taken = (
        sa.select(
            col(AppliedPromotion.order_id).label("order_id"),
            sa.func.sum(col(AppliedPromotion.adjustment_minor)).label("adjustment"),
            sa.func.max(col(AppliedPromotion.promotion_id)).label("promotion"),
        )
        .group_by(col(AppliedPromotion.order_id))
        .subquery()
    )
    wrong = sa.or_(
        sa.func.coalesce(lines.c.net, 0) != col(Order.total_minor),
        sa.func.coalesce(lines.c.listed, 0) != col(Order.subtotal_minor),
        sa.func.coalesce(lines.c.discount, 0) != col(Order.discount_minor),
        col(Order.subtotal_minor) - col(Order.discount_minor) != col(Order.total_minor),
        col(Order.total_minor) < 0,
        sa.func.coalesce(taken.c.adjustment, 0) != col(Order.discount_minor),
        sa.func.coalesce(taken.c.promotion, 0) != sa.func.coalesce(col(Order.promotion_id), 0),
    )
    rows = await session.scalars(
        sa.select(col(Order.number))
        .outerjoin(lines, lines.c.order_id == col(Order.id))
        .outerjoin(taken, taken.c.order_id == col(Order.id))
        .where(wrong)
    )
    return finding(1, "order totals equal their lines and discounts", rows)


async def tickets(session: AsyncSession) -> Finding:
    """9: an order with ``paid_at`` has one ticket per line, others have none."""
    issued = (
        sa.select(col(Ticket.line_item_id).label("line_id"), sa.func.count().label("count"))
        .group_by(col(Ticket.line_item_id))
        .subquery()
    )
    expected = sa.case((col(Order.paid_at).is_not(None), 1), else_=0)
    rows = await session.scalars(
        sa.select(col(Order.number))
        .join(LineItem, col(LineItem.order_id) == col(Order.id))
        .outerjoin(issued, issued.c.line_id == col(LineItem.id))
        .where(sa.func.coalesce(issued.c.count, 0) != expected)
        .distinct()
    )
    return finding(9, "paid orders have one ticket per line, others none", rows)


async def seats(session: AsyncSession) -> Finding:
    """10: sold and held seats fit the capacity and equal what the lines say."""
    taken = (
        sa.select(
            col(LineItem.ticket_type_id).label("type_id"),
            sa.func.sum(sa.case((col(LineItem.seat) == Seat.HELD, 1), else_=0)).label("held"),
            sa.func.sum(sa.case((col(LineItem.seat) == Seat.SOLD, 1), else_=0)).label("sold"),
        )
        .group_by(col(LineItem.ticket_type_id))
        .subquery()
    )
    wrong = sa.or_(
        col(TicketType.sold) + col(TicketType.held) > col(TicketType.capacity),
        sa.func.coalesce(taken.c.held, 0) != col(TicketType.held),
        sa.func.coalesce(taken.c.sold, 0) != col(TicketType.sold),
    )
    rows = await session.scalars(
        sa.select(col(TicketType.public_id))
        .outerjoin(taken, taken.c.type_id == col(TicketType.id))
        .where(wrong)
    )
    return finding(10, "sold and held seats fit and equal the lines", rows)


async def versions(session: AsyncSession) -> Finding:
    """11: an order's version is the number of its state entries on the timeline."""
    entries = (
        sa.select(
            col(TimelineEntry.order_id).label("order_id"),
            sa.func.count(col(TimelineEntry.version)).label("count"),
            sa.func.max(col(TimelineEntry.version)).label("last"),
        )
        .group_by(col(TimelineEntry.order_id))
        .subquery()
    )
    version = col(Order.version)
    rows = await session.scalars(
        sa.select(col(Order.number))
        .outerjoin(entries, entries.c.order_id == col(Order.id))
        .where(
            sa.or_(
                sa.func.coalesce(entries.c.count, 0) != version,
                sa.func.coalesce(entries.c.last, 0) != version,
            )
        )
    )
    return finding(11, "order versions count their state entries", rows)
