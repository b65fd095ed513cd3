"""What an event sells: added, changed, put into order, and taken away again while nobody can have bought it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.events import rules
from kagibag_app.features.events.rules import EventStatus
from kagibag_app.features.events.service.capacity import lock_ticket_types
from kagibag_app.features.events.service.locking import lock_event, may_manage
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError, NotFound
from kagibag_app.kit.ids import public_id
from kagibag_app.kit.text import one_line
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction


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
    charges_enabled: bool = False,
) -> TicketType:
    """Add a ticket type to a draft or a published event, after those it has.

    Args:
        price_minor: Minor units of the event's currency; 0 is complimentary.
        sales_start: UTC; ``None``: from publication on.
        sales_end: UTC; ``None``: until the event is over.
        charges_enabled: Whether the account that would be paid may take charges now; asked of published events.

    Raises:
        Forbidden: The member's role does not manage events.
        NotFound: The event is not this organizer's.
        BadInput: A field can't be used.
        DomainError: ``event_closed``, or ``charges_disabled`` for a paid type of a published event.
    """
    may_manage(actor)
    event = await lock_event(tx, organizer_id, event_id)
    said = _said(
        event, name, description, price_minor, capacity, per_order_limit, sales_start, sales_end, charges_enabled
    )  # fmt: skip
    known = sa.select(sa.func.max(col(TicketType.position))).where(col(TicketType.event_id) == event_id)
    last = await tx.session.scalar(known)
    row = TicketType(
        public_id=public_id("tt"),
        organizer_id=organizer_id,
        event_id=event_id,
        position=0 if last is None else last + 1,
        **said,
    )
    tx.session.add(row)
    await tx.session.flush()
    timeline.audit(
        tx, actor, kind=AuditKind.TICKET_TYPE_CREATED, organizer_id=organizer_id, subject=row.public_id,
        data={"event": event.public_id, "name": row.name, "price_minor": row.price_minor, "capacity": row.capacity},
    )  # fmt: skip
    _tell(tx, event)
    return row


async def change_ticket_type(
    tx: Transaction,
    actor: Actor,
    *,
    organizer_id: int,
    event_id: int,
    ticket_type: str,
    name: str,
    price_minor: int,
    capacity: int,
    description: str = "",
    per_order_limit: int = 10,
    sales_start: datetime | None = None,
    sales_end: datetime | None = None,
    charges_enabled: bool = False,
) -> None:
    """Say something else about a ticket type, for orders placed from now on: orders keep the name and price they had.

    Args:
        ticket_type: Public id. The others as in ``create_ticket_type``.

    Raises:
        Forbidden: The member's role does not manage events.
        NotFound: The event or the ticket type is not this organizer's.
        BadInput: A field can't be used; the capacity does not hold what is sold and held.
        DomainError: ``event_closed``, or ``charges_disabled`` for a paid type of a published event.
    """
    may_manage(actor)
    event = await lock_event(tx, organizer_id, event_id)
    row = await _lock(tx, event_id, ticket_type)
    said = _said(
        event, name, description, price_minor, capacity, per_order_limit, sales_start, sales_end, charges_enabled
    )  # fmt: skip
    rules.check_room(capacity, sold=row.sold, held=row.held)
    changed = {field: value for field, value in said.items() if getattr(row, field) != value}
    if not changed:
        return
    before = {field: _plain(getattr(row, field)) for field in changed}
    for field, value in changed.items():
        setattr(row, field, value)
    timeline.audit(
        tx, actor, kind=AuditKind.TICKET_TYPE_CHANGED, organizer_id=organizer_id, subject=row.public_id,
        data={"before": before, "after": {field: _plain(value) for field, value in changed.items()}},
    )  # fmt: skip
    _tell(tx, event)


async def move_ticket_type(
    tx: Transaction, actor: Actor, *, organizer_id: int, event_id: int, ticket_type: str, earlier: bool
) -> None:
    """Put a ticket type one place earlier or later on its event's page; at the end of the list nothing happens.

    Raises:
        Forbidden: The member's role does not manage events.
        NotFound: The event or the ticket type is not this organizer's.
        DomainError: ``event_closed``.
    """
    may_manage(actor)
    event = await lock_event(tx, organizer_id, event_id)
    rules.check_open(EventStatus(event.status))
    listed = list(
        await tx.session.scalars(
            sa.select(TicketType)
            .where(col(TicketType.event_id) == event_id)
            .order_by(col(TicketType.position), col(TicketType.id))
        )
    )
    place = next((n for n, row in enumerate(listed) if row.public_id == ticket_type), None)
    if place is None:
        raise NotFound("ticket type")
    other = place - 1 if earlier else place + 1
    if not 0 <= other < len(listed):
        return
    listed[place], listed[other] = listed[other], listed[place]
    for number, row in enumerate(listed):
        row.position = number
    _tell(tx, event)


async def remove_ticket_type(
    tx: Transaction, actor: Actor, *, organizer_id: int, event_id: int, ticket_type: str
) -> None:
    """Take a ticket type away from a draft, which nobody can have bought from.

    Raises:
        Forbidden: The member's role does not manage events.
        NotFound: The event or the ticket type is not this organizer's.
        DomainError: ``event_not_draft``: its sale is ended instead.
    """
    may_manage(actor)
    event = await lock_event(tx, organizer_id, event_id)
    row = await _lock(tx, event_id, ticket_type)
    if event.status != EventStatus.DRAFT:
        raise DomainError(
            "A ticket type of a published event stays. End its sale to sell nothing more of it.",
            code="event_not_draft",
        )
    await tx.session.delete(row)
    timeline.audit(
        tx, actor, kind=AuditKind.TICKET_TYPE_REMOVED, organizer_id=organizer_id, subject=row.public_id,
        data={"event": event.public_id, "name": row.name},
    )  # fmt: skip
    _tell(tx, event)


def _said(
    event: Event,
    name: str,
    description: str,
    price_minor: int,
    capacity: int,
    per_order_limit: int,
    sales_start: datetime | None,
    sales_end: datetime | None,
    charges_enabled: bool,
) -> dict[str, Any]:
    """Return the columns that a member chooses, checked."""
    rules.check_open(EventStatus(event.status))
    rules.check_window(sales_start, sales_end)
    price = rules.check_price(price_minor, event.currency)
    if event.status == EventStatus.PUBLISHED:
        rules.check_charges(paid=price > 0, charges_enabled=charges_enabled)
    return {
        "name": rules.check_type_name(name),
        "description": one_line(description, field="description", required=False),
        "price_minor": price,
        "capacity": rules.check_count(capacity, field="capacity", largest=rules.MAX_CAPACITY),
        "per_order_limit": rules.check_count(
            per_order_limit, field="per_order_limit", largest=rules.MAX_CAPACITY
        ),
        "sales_start": sales_start,
        "sales_end": sales_end,
    }


async def _lock(tx: Transaction, event_id: int, ticket_type: str) -> TicketType:
    found = await tx.session.scalar(
        sa.select(col(TicketType.id)).where(
            col(TicketType.event_id) == event_id, col(TicketType.public_id) == ticket_type
        )
    )
    if found is None:
        raise NotFound("ticket type")
    return (await lock_ticket_types(tx, [found]))[found]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _tell(tx: Transaction, event: Event) -> None:
    tx.touch(topics.event(event.id))
    tx.touch(topics.events(event.organizer_id))
