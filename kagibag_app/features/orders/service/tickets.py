"""Tickets after they were issued."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.events import service as events
from kagibag_app.features.orders.rules import TICKET_MOVES, Seat, TicketStatus
from kagibag_app.features.orders.service.seats import seat_counts, set_seats
from kagibag_app.features.orders.service.states import lock, touch
from kagibag_app.features.orders.tables import LineItem, Order, Ticket
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import Actor
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction


async def void_tickets(
    tx: Transaction,
    actor: Actor,
    *,
    order_id: int,
    ticket_ids: Collection[int],
    reason: str,
    put_back_on_sale: bool,
) -> None:
    """Make tickets useless; those that are void already are left as they are.

    Args:
        ticket_ids: Keys of tickets of this order.
        reason: Shown to the buyer and on the timeline.
        put_back_on_sale: Whether their seats can be bought again.
    """
    order = await lock(tx, order_id)
    tickets = [t for t in await _tickets(tx, order_id, ticket_ids) if t.status != TicketStatus.VOID]
    if not tickets:
        return
    if put_back_on_sale:
        sold = await _lines(tx, tickets, Seat.SOLD)
        await events.release_sold(tx, counts=seat_counts(sold))
        set_seats(sold, Seat.RELEASED)
    for ticket in tickets:
        ticket.status = TICKET_MOVES.require(TicketStatus(ticket.status), TicketStatus.VOID)
        ticket.voided_at, ticket.void_reason, ticket.refund_in_progress = tx.now, reason, False
    _note(tx, actor, order, EntryKind.TICKETS_VOIDED, tickets, reason)


async def revive_tickets(
    tx: Transaction, actor: Actor, *, order_id: int, ticket_ids: Collection[int]
) -> bool:
    """Make void tickets valid again; those that are not void are left as they are.

    Returns:
        False when a seat that was put back on sale is gone; nothing was changed then.
    """
    order = await lock(tx, order_id)
    tickets = [t for t in await _tickets(tx, order_id, ticket_ids) if t.status == TicketStatus.VOID]
    if not tickets:
        return True
    gone = await _lines(tx, tickets, Seat.RELEASED)
    if not await events.take_sold(tx, counts=seat_counts(gone)):
        return False
    set_seats(gone, Seat.SOLD)
    for ticket in tickets:
        ticket.status = TICKET_MOVES.require(TicketStatus(ticket.status), TicketStatus.VALID)
        ticket.voided_at, ticket.void_reason = None, ""
        ticket.checked_in_at, ticket.checked_in_by, ticket.checked_in_door = None, "", ""
    _note(tx, actor, order, EntryKind.TICKETS_REVIVED, tickets, "")
    return True


async def set_refund_in_progress(tx: Transaction, *, ticket_ids: Collection[int], value: bool) -> None:
    """Note that a refund of tickets is on its way (their check-in is refused) or is no more."""
    changed = await tx.session.scalars(
        sa.select(Ticket).where(col(Ticket.id).in_(ticket_ids)).order_by(col(Ticket.id)).with_for_update()
    )
    for ticket in changed:
        ticket.refund_in_progress = value
        tx.touch(topics.order(ticket.order_id))


def _note(
    tx: Transaction, actor: Actor, order: Order, kind: EntryKind, tickets: Sequence[Ticket], reason: str
) -> None:
    data = {"tickets": [ticket.code for ticket in tickets], "reason": reason}
    timeline.record(tx, actor, organizer_id=order.organizer_id, order_id=order.id, kind=kind, data=data)
    touch(tx, order)
    tx.touch(topics.door(order.event_id))


async def _tickets(tx: Transaction, order_id: int, ticket_ids: Collection[int]) -> list[Ticket]:
    rows = await tx.session.scalars(
        sa.select(Ticket)
        .where(col(Ticket.order_id) == order_id, col(Ticket.id).in_(ticket_ids))
        .order_by(col(Ticket.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def _lines(tx: Transaction, tickets: Sequence[Ticket], seat: Seat) -> list[LineItem]:
    wanted = [ticket.line_item_id for ticket in tickets]
    rows = await tx.session.scalars(
        sa.select(LineItem).where(col(LineItem.id).in_(wanted), col(LineItem.seat) == seat).with_for_update()
    )
    return list(rows)
