"""Creates events and ticket types and puts them on sale."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.events import rules
from kagibag_app.features.events.rules import EVENT_MOVES, EventStatus
from kagibag_app.features.events.service.locking import lock_event, may_manage
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, DomainError
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
    may_manage(actor)
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
    await _refuse_taken(tx, event.slug)
    tx.session.add(event)
    await tx.session.flush()
    timeline.audit(
        tx, actor, kind=AuditKind.EVENT_CREATED, organizer_id=organizer_id, subject=event.public_id,
        data={"title": event.title, "slug": event.slug},
    )  # fmt: skip
    tx.touch(topics.events(organizer_id))
    return event


async def change_event(
    tx: Transaction,
    actor: Actor,
    *,
    organizer_id: int,
    event_id: int,
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
) -> None:
    """Say something else about an event. Address and currency stay once it was published: links and prices hold.

    Raises:
        Forbidden: The member's role does not manage events.
        NotFound: The event is not this organizer's.
        BadInput: A field can't be used; ``field`` names it.
        DomainError: ``event_closed``: it was cancelled or ended.
    """
    may_manage(actor)
    event = await lock_event(tx, organizer_id, event_id)
    rules.check_open(EventStatus(event.status))
    rules.check_times(starts_at, ends_at, doors_at)
    draft = event.status == EventStatus.DRAFT
    said = {
        "title": one_line(title, field="title", limit=120),
        "slug": rules.check_slug(slug) if draft else event.slug,
        "summary": many_lines(summary, field="summary"),
        "venue": one_line(venue, field="venue", limit=120),
        "address": one_line(address, field="address", required=False),
        "zone": rules.check_zone(zone),
        "currency": supported_currency(currency).code if draft else event.currency,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "doors_at": doors_at,
    }
    changed = sorted(name for name, value in said.items() if getattr(event, name) != value)
    if not changed:
        return
    if "slug" in changed:
        await _refuse_taken(tx, str(said["slug"]))
    if "currency" in changed:
        await _refuse_prices(tx, event_id, str(said["currency"]))
    for name in changed:
        setattr(event, name, said[name])
    timeline.audit(
        tx, actor, kind=AuditKind.EVENT_CHANGED, organizer_id=organizer_id, subject=event.public_id,
        data={"changed": changed},
    )  # fmt: skip
    tx.touch(topics.event(event_id))
    tx.touch(topics.events(organizer_id))


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
    may_manage(actor)
    event = await lock_event(tx, organizer_id, event_id)
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
    rules.check_charges(paid=any(prices), charges_enabled=charges_enabled)
    event.status = target
    timeline.audit(
        tx, actor, kind=AuditKind.EVENT_PUBLISHED, organizer_id=organizer_id, subject=event.public_id, data={}
    )
    tx.touch(topics.event(event_id))
    tx.touch(topics.events(organizer_id))


async def cancel_event(tx: Transaction, actor: Actor, *, organizer_id: int, event_id: int) -> None:
    """Sell nothing more of an event. Its orders stay as they are: what is given back is decided with a bulk refund.

    Raises:
        Forbidden: The member's role does not manage events.
        NotFound: The event is not this organizer's.
        InvalidTransition: It was cancelled already, or has ended.
    """
    may_manage(actor)
    event = await lock_event(tx, organizer_id, event_id)
    event.status = EVENT_MOVES.require(EventStatus(event.status), EventStatus.CANCELLED)
    timeline.audit(
        tx, actor, kind=AuditKind.EVENT_CANCELLED, organizer_id=organizer_id, subject=event.public_id, data={}
    )
    tx.touch(topics.event(event_id))
    tx.touch(topics.events(organizer_id))


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
    event = await lock_event(tx, organizer_id, known or 0)
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


async def _refuse_taken(tx: Transaction, slug: str) -> None:
    if await tx.session.scalar(sa.select(col(Event.id)).where(col(Event.slug) == slug)) is not None:
        raise BadInput("Another event has this address already. Please choose another.", field="slug")


async def _refuse_prices(tx: Transaction, event_id: int, currency: str) -> None:
    """Prices are kept when the currency changes: each must be one that the new currency can express."""
    prices = sa.select(col(TicketType.price_minor)).where(col(TicketType.event_id) == event_id)
    if any(await tx.session.scalars(prices)):
        raise BadInput(
            f"Ticket types have prices in the old currency. Set them to 0 before you change to {currency}.",
            field="currency",
        )
