"""An event at its door: how many are in, of how many."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.events.rules import EventStatus
from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.orders.views import DoorView


async def door_view(session: AsyncSession, organizer_id: int, event: str) -> DoorView | None:
    """Return an event of the organizer at its door; a draft has none.

    Args:
        event: Public id.
    """
    row = await session.scalar(
        sa.select(Event).where(
            col(Event.organizer_id) == organizer_id,
            col(Event.public_id) == event,
            col(Event.status) != EventStatus.DRAFT,
        )
    )
    if row is None:
        return None
    counted = await session.execute(
        sa.select(col(Ticket.status), sa.func.count())
        .join(Order, col(Order.id) == col(Ticket.order_id))
        .where(
            col(Order.organizer_id) == organizer_id,
            col(Order.event_id) == row.id,
            col(Ticket.status) != TicketStatus.VOID,
        )
        .group_by(col(Ticket.status))
    )
    counts = {status: int(count) for status, count in counted}
    return DoorView(
        event_id=row.id, id=row.public_id, title=row.title, venue=row.venue, zone=row.zone, status=row.status,
        starts_at=row.starts_at, ends_at=row.ends_at, doors_at=row.doors_at,
        expected=sum(counts.values()), checked_in=counts.get(TicketStatus.CHECKED_IN, 0),
    )  # fmt: skip
