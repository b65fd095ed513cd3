"""Reads of events and ticket types."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.events.rules import EventStatus, SaleState, event_sale, overall_sale, type_sale
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.events.views import (
    EventChoice,
    EventLine,
    EventSetup,
    EventView,
    TicketTypeView,
    TypeSetup,
    iso,
)
from kagibag_app.kit.errors import NotFound


async def event_row_by_slug(session: AsyncSession, slug: object) -> Event | None:
    """Return the public event of that address; a draft is nobody's to see."""
    if not isinstance(slug, str) or len(slug) > 100:
        return None
    return await session.scalar(
        sa.select(Event).where(col(Event.slug) == slug, col(Event.status) != EventStatus.DRAFT)
    )


async def event_by_slug(session: AsyncSession, slug: object, *, now: datetime) -> EventView:
    """Return an event's public page with its ticket types and what is left of each.

    Raises:
        NotFound: No event has the address, or it is a draft.
    """
    event = await event_row_by_slug(session, slug)
    if event is None:
        raise NotFound("event")
    organizer = await session.get_one(Organizer, event.organizer_id)
    sells = event_sale(EventStatus(event.status), event.ends_at, now)
    types = [_type_view(row, event, sells, now) for row in await ticket_types_of(session, event.id)]
    return EventView(
        id=event.public_id,
        slug=event.slug,
        title=event.title,
        summary=event.summary,
        venue=event.venue,
        address=event.address,
        zone=event.zone,
        currency=event.currency,
        starts_at=iso(event.starts_at),
        ends_at=iso(event.ends_at),
        doors_at=iso(event.doors_at),
        status=event.status,
        sale=overall_sale(sells, [SaleState(view.sale) for view in types]),
        organizer_name=organizer.name,
        refund_policy=dict(event.refund_policy),
        ticket_types=types,
    )


async def ticket_types_of(session: AsyncSession, event_id: int) -> list[TicketType]:
    """Return an event's ticket types in the order of its page."""
    rows = await session.scalars(
        sa.select(TicketType)
        .where(col(TicketType.event_id) == event_id)
        .order_by(col(TicketType.position), col(TicketType.id))
    )
    return list(rows)


async def event_choices(session: AsyncSession, organizer_id: int) -> list[EventChoice]:
    """Return the organizer's events for a filter, the latest first."""
    rows = await session.scalars(
        sa.select(Event)
        .where(col(Event.organizer_id) == organizer_id)
        .order_by(col(Event.starts_at).desc(), col(Event.id).desc())
    )
    return [EventChoice(e.public_id, e.title, e.slug, iso(e.starts_at), e.zone, e.status) for e in rows]


async def event_lines(
    session: AsyncSession, organizer_id: int, *, now: datetime, past: bool = False, limit: int = 100
) -> list[EventLine]:
    """Return the organizer's events with what they sold, in one statement.

    Args:
        past: Those that are over, the latest first; otherwise those to come, the next first.
        limit: At most so many.
    """
    counters = (
        sa.select(
            col(TicketType.event_id),
            sa.func.sum(col(TicketType.sold)).label("sold"),
            sa.func.sum(col(TicketType.held)).label("held"),
            sa.func.sum(col(TicketType.capacity)).label("capacity"),
        )
        .where(col(TicketType.organizer_id) == organizer_id)
        .group_by(col(TicketType.event_id))
        .subquery()
    )
    starts = col(Event.starts_at)
    rows = await session.execute(
        sa.select(Event, counters.c.sold, counters.c.held, counters.c.capacity)
        .outerjoin(counters, counters.c.event_id == col(Event.id))
        .where(
            col(Event.organizer_id) == organizer_id,
            col(Event.ends_at) <= now if past else col(Event.ends_at) > now,
        )
        .order_by(starts.desc() if past else starts, col(Event.id))
        .limit(limit)
    )
    return [
        EventLine(
            e.public_id, e.slug, e.title, e.venue, e.zone, iso(e.starts_at), iso(e.ends_at), e.status, e.ends_at <= now,
            int(sold or 0), int(held or 0), int(capacity or 0),
        )
        for e, sold, held, capacity in rows
    ]  # fmt: skip


async def event_setup(
    session: AsyncSession, organizer_id: int, slug: object, *, now: datetime
) -> EventSetup | None:
    """Return the organizer's event of that address with what it sells, drafts too; nothing when there is none."""
    if not isinstance(slug, str) or len(slug) > 100:
        return None
    event = await session.scalar(
        sa.select(Event).where(col(Event.organizer_id) == organizer_id, col(Event.slug) == slug)
    )
    if event is None:
        return None
    sells = event_sale(EventStatus(event.status), event.ends_at, now)
    return EventSetup(
        event.id, event.public_id, event.slug, event.title, event.summary, event.venue, event.address, event.zone,
        event.currency, event.starts_at, event.ends_at, event.doors_at, event.status, event.ends_at <= now,
        [_type_setup(row, sells, now) for row in await ticket_types_of(session, event.id)],
    )  # fmt: skip


def _type_setup(row: TicketType, sells: SaleState, now: datetime) -> TypeSetup:
    left = row.capacity - row.sold - row.held
    sale = type_sale(sells, sales_start=row.sales_start, sales_end=row.sales_end, left=left, now=now)
    return TypeSetup(
        row.public_id, row.name, row.description, row.price_minor, row.capacity, row.sold, row.held,
        row.per_order_limit, sale, row.sales_start, row.sales_end,
    )  # fmt: skip


def _type_view(row: TicketType, event: Event, sells: SaleState, now: datetime) -> TicketTypeView:
    left = row.capacity - row.sold - row.held
    sale = type_sale(sells, sales_start=row.sales_start, sales_end=row.sales_end, left=left, now=now)
    return TicketTypeView(
        id=row.public_id,
        name=row.name,
        description=row.description,
        price_minor=row.price_minor,
        currency=event.currency,
        left=left,
        most=min(left, row.per_order_limit) if sale == SaleState.ON_SALE else 0,
        per_order_limit=row.per_order_limit,
        sale=sale,
        sales_start=iso(row.sales_start),
        sales_end=iso(row.sales_end),
    )
