"""One scan at the door: every answer is an outcome, and exactly one scan of a ticket lets somebody in."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app import l10n
from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.accounts.service import require
from kagibag_app.features.events.rules import EventStatus
from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders.rules import DOOR_LIMIT, DoorOutcome, on_its_day, written_ticket
from kagibag_app.features.orders.service.door import let_in, lock_ticket, require_welcome
from kagibag_app.features.orders.tables import LineItem, Order, Ticket
from kagibag_app.features.orders.views import Admission
from kagibag_app.kit import text
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError, NotFound
from kagibag_app.storage.transaction import Transaction

_SHOWN = 40


async def admit(
    tx: Transaction, actor: Actor, *, event: str, code: str, door: str = "", anyway: bool = False
) -> Admission:
    """Let the holder of a ticket in, once, or say why not. Nothing changes unless the outcome is ``admitted``.

    Another organizer's code is answered as one that nobody has.

    Args:
        event: Public id of the event at this door.
        code: As typed or scanned.
        door: What the members call the door, at most 40 characters; may be empty.
        anyway: Whoever stands at the door has decided that the doubts (see ``DOUBTS``) don't count.

    Raises:
        Forbidden: The actor's role does not include it.
        NotFound: No such event in the actor's organization.
        BadInput: The door's name is too long.
    """
    require(actor, Action.CHECK_IN)
    named = text.one_line(door, field="door", limit=DOOR_LIMIT, required=False)
    here = await _event(tx, actor, col(Event.public_id) == event)
    found = await _ticket(tx, actor, code)
    if found is None:
        shown = written_ticket(code) or code.strip()[:_SHOWN]
        return Admission(DoorOutcome.UNKNOWN, "No ticket of yours has this code. Read it again.", shown)
    order, row = found
    if order.event_id != here.id:
        return await _elsewhere(tx, actor, order, row)
    try:
        await require_welcome(tx, order, row)
    except DomainError as refused:
        return await _answer(tx, order, row, here, DoorOutcome(refused.code), refused.message)
    doubt = None if anyway else _doubt(tx, here)
    if doubt is not None:
        return await _answer(tx, order, row, here, *doubt)
    let_in(tx, actor, order, row, door=named)
    return await _answer(tx, order, row, here, DoorOutcome.ADMITTED, "")


async def _ticket(tx: Transaction, actor: Actor, code: str) -> tuple[Order, Ticket] | None:
    written = written_ticket(code)
    public_id = written and await tx.session.scalar(
        sa.select(col(Ticket.public_id)).where(
            col(Ticket.code) == written, col(Ticket.organizer_id) == (actor.organizer_id or 0)
        )
    )
    return await lock_ticket(tx, actor, public_id) if public_id else None


async def _event(tx: Transaction, actor: Actor, condition: sa.ColumnElement[bool]) -> Event:
    event = await tx.session.scalar(
        sa.select(Event).where(condition, col(Event.organizer_id) == (actor.organizer_id or 0))
    )
    if event is None:
        raise NotFound("event")
    return event


async def _elsewhere(tx: Transaction, actor: Actor, order: Order, row: Ticket) -> Admission:
    other = await _event(tx, actor, col(Event.id) == order.event_id)
    when = l10n.day_time(other.starts_at, other.zone)
    sentence = f"This ticket is for {other.title}, {when}."
    return await _answer(tx, order, row, other, DoorOutcome.OTHER_EVENT, sentence)


def _doubt(tx: Transaction, here: Event) -> tuple[DoorOutcome, str] | None:
    """Return what to think about before anybody is let in to an event at all."""
    if here.status == EventStatus.CANCELLED:
        return DoorOutcome.EVENT_CANCELLED, "This event was cancelled. The ticket itself is valid."
    opens_at = here.doors_at or here.starts_at
    if on_its_day(tx.now, opens_at=opens_at, ends_at=here.ends_at, zone=here.zone):
        return None
    on, now = l10n.span(here.starts_at, here.ends_at, here.zone), l10n.day_time(tx.now, here.zone)
    return DoorOutcome.OTHER_DAY, f"The event is on {on}. There it is {now} now. The ticket itself is valid."


async def _answer(
    tx: Transaction, order: Order, row: Ticket, event: Event, outcome: DoorOutcome, sentence: str
) -> Admission:
    name = await tx.session.scalar(
        sa.select(col(LineItem.type_name)).where(col(LineItem.id) == row.line_item_id)
    )
    return Admission(
        outcome, sentence, row.code, row.public_id, order.buyer_name, name or "", order.number,
        event.public_id, event.title,
    )  # fmt: skip
