"""Completes an order: paid, tickets, code counted, webhook and mail, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence

from kagibag_app.features.events import service as events
from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders import payloads, queries
from kagibag_app.features.orders.rules import Completion, OrderStatus, Seat
from kagibag_app.features.orders.service.searching import index_tickets
from kagibag_app.features.orders.service.seats import seat_counts, set_seats
from kagibag_app.features.orders.service.states import lock, set_status
from kagibag_app.features.orders.tables import LineItem, Order, Ticket
from kagibag_app.features.promotions import service as promotions
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.features.webhooks import service as webhooks
from kagibag_app.features.webhooks.rules import EventType
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.ids import public_id, ticket_code
from kagibag_app.storage.transaction import Transaction


async def complete(tx: Transaction, actor: Actor, *, order_id: int, method: str = "") -> Completion:
    """Mark an order as paid and do all that follows, or say why that can't be.

    Only ``COMPLETED`` changes anything. After the other answers a captured amount must go back to the buyer.

    Args:
        method: How it was paid, for the timeline, e.g. ``Visa •••• 4242``; empty for a free order.

    Raises:
        NotFound: There is no such order.
    """
    order = await lock(tx, order_id)
    if order.status == OrderStatus.CANCELLED:
        return Completion.CANCELLED
    if order.paid_at is not None:
        return Completion.ALREADY_PAID
    lines = await queries.lines_of(tx.session, order_id)
    if not await _sell(tx, lines):
        return Completion.NO_CAPACITY
    await promotions.confirm(tx, order_id=order_id)
    order.paid_at, order.hold_until = tx.now, None
    await set_status(
        tx, actor, order, OrderStatus.PAID,
        data={"method": method, "amount_minor": order.total_minor, "currency": order.currency},
    )  # fmt: skip
    await _issue(tx, actor, order, lines)
    await _tell(tx, order)
    return Completion.COMPLETED


async def _sell(tx: Transaction, lines: Sequence[LineItem]) -> bool:
    held = [line for line in lines if line.seat == Seat.HELD]
    # An order that expired or failed gave its seats back: late money takes them again, if they are there.
    gone = [line for line in lines if line.seat == Seat.RELEASED]
    if not await events.take_sold(tx, counts=seat_counts(gone)):
        return False
    await events.sell_held(tx, counts=seat_counts(held))
    set_seats(lines, Seat.SOLD)
    return True


async def _issue(tx: Transaction, actor: Actor, order: Order, lines: Sequence[LineItem]) -> None:
    tickets = [
        Ticket(
            public_id=public_id("tk"),
            organizer_id=order.organizer_id,
            order_id=order.id,
            line_item_id=line.id,
            code=ticket_code(),
            issued_at=tx.now,
        )
        for line in lines
    ]
    tx.session.add_all(tickets)
    await tx.session.flush()
    await index_tickets(tx, order, [ticket.code for ticket in tickets])
    timeline.record(
        tx, actor, organizer_id=order.organizer_id, order_id=order.id, kind=EntryKind.TICKETS_ISSUED,
        data={"tickets": len(lines)},
    )  # fmt: skip


async def _tell(tx: Transaction, order: Order) -> None:
    view = await queries.order_view(tx.session, order)
    await webhooks.emit(
        tx,
        organizer_id=order.organizer_id,
        order_id=order.id,
        type=EventType.ORDER_PAID,
        dedupe_key=f"{EventType.ORDER_PAID}:{order.public_id}",
        data=payloads.order_paid(view),
    )
    await messages.queue(
        tx,
        organizer_id=order.organizer_id,
        order_id=order.id,
        to=order.buyer_email,
        template=Template.CONFIRMATION,
        params={"order": payloads.mail_card(view, link_version=order.link_version)},
    )
