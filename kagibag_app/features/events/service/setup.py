"""Creates events and ticket types and puts them on sale."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.events import rules
from kagibag_app.features.events.rules import EVENT_MOVES, EventStatus
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, DomainError, NotFound
from kagibag_app.kit.ids import public_id
from kagibag_app.kit.money import currency as supported_currency
from kagibag_app.kit.text import many_lines, one_line
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction


async def create_event(
    tx: Transaction,
    actor: Actor,
    *,
    organizer_id: int,
    title: str,
    slug: str,
    venue: str,
    zone: str,
    currency: str,
    starts_at: datetime,
    ends_at: datetime,
    doors_at: datetime | None = None,
    address: str = "",
    summary: str = "",
    refund_policy: dict[str, Any] | None = None,
) -> Event:
    """Add a draft event.

    Args:
        slug: Its address, unique everywhere.
        zone: IANA name; its times are shown in it. The times themselves are UTC.
        refund_policy: The document of ``refunds.rules.RefundPolicy``; orders keep a copy of it.

    Raises:
        BadInput: A field can't be used; ``field`` names it.
    """
    rules.check_times(starts_at, ends_at, doors_at)
    event = Event(
        public_id=public_id("ev"),
        organizer_id=organizer_id,
        title=one_line(title, field="title", limit=120),
        slug=rules.check_slug(slug),
        summary=many_lines(summary, field="summary"),
        venue=one_line(venue, field="venue", limit=120),
        address=one_line(address, field="address", required=False),
        zone=rules.check_zone(zone),
        currency=supported_currency(currency).code,
        starts_at=starts_at,
        ends_at=ends_at,
        doors_at=doors_at,
        refund_policy=dict(refund_policy or {}),
        created_at=tx.now,
    )
    if await tx.session.scalar(sa.select(col(Event.id)).where(col(Event.slug) == event.slug)) is not None:
        raise BadInput("Another event has this address already. Please choose another.", field="slug")
    tx.session.add(event)
    await tx.session.flush()
    timeline.audit(
        tx, actor, kind=AuditKind.EVENT_CREATED, organizer_id=organizer_id, subject=event.public_id,
        data={"title": event.title, "slug": event.slug},
    )  # fmt: skip
    return event


async def create_ticket_type(
    tx: Transaction,
    actor: Actor,
    *,
    organizer_id: int,
    event_id: int,
    name: str,
    price_minor: int,
    capacity: int,
    description: str = "",
    per_order_limit: int = 10,
    sales_start: datetime | None = None,
    sales_end: datetime | None = None,
) -> TicketType:
    """Add a ticket type to a draft event, after those it has.

    Args:
        price_minor: Minor units of the event's currency; 0 is complimentary.
        sales_start: UTC; ``None``: from publication on.
        sales_end: UTC; ``None``: until the event is over.

    Raises:
        NotFound: The event is not this organizer's.
        BadInput: A field can't be used.
        DomainError: ``event_not_draft``.
    """
    event = await _lock_event(tx, organizer_id, event_id)
    if event.status != EventStatus.DRAFT:
        raise DomainError("Ticket types are added while an event is a draft.", code="event_not_draft")
    if sales_start is not None and sales_end is not None and sales_end <= sales_start:
        raise BadInput("A sale ends after it starts.", field="sales_end")
    known = sa.select(sa.func.count()).select_from(TicketType).where(col(TicketType.event_id) == event_id)
    row = TicketType(
        public_id=public_id("tt"),
        organizer_id=organizer_id,
        event_id=event_id,
        name=rules.check_type_name(name),
        description=one_line(description, field="description", required=False),
        price_minor=rules.check_price(price_minor, event.currency),
        capacity=rules.check_count(capacity, field="capacity", largest=rules.MAX_CAPACITY),
        per_order_limit=rules.check_count(
            per_order_limit, field="per_order_limit", largest=rules.MAX_CAPACITY
        ),
        sales_start=sales_start,
        sales_end=sales_end,
        position=await tx.session.scalar(known) or 0,
    )
    tx.session.add(row)
    await tx.session.flush()
    timeline.audit(
        tx, actor, kind=AuditKind.TICKET_TYPE_CREATED, organizer_id=organizer_id, subject=row.public_id,
        data={"event": event.public_id, "name": row.name, "price_minor": row.price_minor, "capacity": row.capacity},
    )  # fmt: skip
    return row


async def publish(
    tx: Transaction, actor: Actor, *, organizer_id: int, event_id: int, charges_enabled: bool
) -> None:
    """Put a draft event on sale.

    Args:
        charges_enabled: Whether the account that would be paid may take charges now.

    Raises:
        NotFound: The event is not this organizer's.
        InvalidTransition: It is no draft.
        DomainError: ``event_over``, ``no_ticket_types``, or ``charges_disabled`` for an event that isn't free.
    """
    event = await _lock_event(tx, organizer_id, event_id)
    target = EVENT_MOVES.require(EventStatus(event.status), EventStatus.PUBLISHED)
    if event.ends_at <= tx.now:
        raise DomainError("This event is over already. Correct its times first.", code="event_over")
    prices = (
        await tx.session.scalars(
            sa.select(col(TicketType.price_minor)).where(col(TicketType.event_id) == event_id)
        )
    ).all()
    if not prices:
        raise DomainError("Add a ticket type before you publish the event.", code="no_ticket_types")
    if any(prices) and not charges_enabled:
        raise DomainError(
            "This event sells paid tickets, and the Stripe account can't take payments yet. Finish its set-up at "
            "Stripe, then publish.",
            code="charges_disabled",
        )
    event.status = target
    timeline.audit(
        tx, actor, kind=AuditKind.EVENT_PUBLISHED, organizer_id=organizer_id, subject=event.public_id, data={}
    )
    tx.touch(topics.event(event_id))


async def set_refund_policy(
    tx: Transaction,
    actor: Actor,
    *,
    organizer_id: int,
    slug: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Store an event's refund policy for the orders that are placed from now on.

    Args:
        before, after: Documents of ``refunds.rules.RefundPolicy``; the first is what is thought to be stored.

    Raises:
        NotFound: No such event of this organizer.
        DomainError: ``changed_meanwhile``: something else is stored.
    """
    known = await tx.session.scalar(
        sa.select(col(Event.id)).where(col(Event.slug) == slug, col(Event.organizer_id) == organizer_id)
    )
    event = await _lock_event(tx, organizer_id, known or 0)
    if event.refund_policy != before:
        raise DomainError(
            "Somebody else changed this policy meanwhile. Nothing was saved; look at it again.",
            code="changed_meanwhile",
        )
    if before == after:
        return
    event.refund_policy = dict(after)
    timeline.audit(
        tx, actor, kind=AuditKind.REFUND_POLICY_CHANGED, organizer_id=organizer_id, subject=event.public_id,
        data={"before": dict(before), "after": dict(after)},
    )  # fmt: skip
    tx.touch(topics.event(event.id or 0))


async def _lock_event(tx: Transaction, organizer_id: int, event_id: int) -> Event:
    event = await tx.session.scalar(
        sa.select(Event)
        .where(col(Event.id) == event_id, col(Event.organizer_id) == organizer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if event is None:
        raise NotFound("event")
    return event
