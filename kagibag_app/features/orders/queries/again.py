"""Orders of a list, read again: those that one still looks at though they left the page."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.events.tables import Event
from kagibag_app.features.events.views import iso
from kagibag_app.features.orders.queries.listing import code_of_order, tickets_of_order
from kagibag_app.features.orders.rules import PAGE_SIZE, mask_email
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.orders.views import OrderRow


async def rows_by_id(
    session: AsyncSession, organizer_id: int, public_ids: Sequence[str], *, show_emails: bool = True
) -> list[OrderRow]:
    """Return the rows of the organizer's orders with these public ids, in no order, by one statement.

    Args:
        public_ids: At most a page of them; what is not the organizer's is left out.
        show_emails: False masks addresses.
    """
    if not public_ids:
        return []
    rows = await session.execute(
        sa.select(
            col(Order.public_id), col(Order.number), col(Order.buyer_name), col(Order.buyer_email),
            col(Event.title), col(Order.status), col(Order.refund_state), col(Order.dispute_state),
            col(Order.currency), col(Order.total_minor), col(Order.refunded_minor), col(Order.source),
            code_of_order().label("code"), tickets_of_order().label("tickets"), col(Order.placed_at),
        )
        .join_from(Order, Event, col(Event.id) == col(Order.event_id))
        .where(
            col(Order.organizer_id) == organizer_id, col(Order.public_id).in_(list(public_ids[:PAGE_SIZE]))
        )
    )  # fmt: skip
    return [
        OrderRow(
            row.public_id, row.number, row.buyer_name,
            row.buyer_email if show_emails else mask_email(row.buyer_email),
            row.title, row.status, row.refund_state, row.dispute_state, row.currency, row.total_minor,
            row.refunded_minor, row.source, row.code or "", row.tickets, iso(row.placed_at),
        )
        for row in rows
    ]  # fmt: skip
