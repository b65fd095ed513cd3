"""Moves of requests and refunds, and what follows from every move: sums, tickets, closed requests."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.queries import TicketLine
from kagibag_app.features.refunds.rules import (
    ACCEPTED,
    ACTIVE_REQUESTS,
    REFUNDED,
    REQUEST_MOVES,
    SETTLED,
    STARTED_BY_MEMBERS,
    RefundPolicy,
    RefundSource,
    RefundStatus,
    RequestStatus,
    money_state,
)
from kagibag_app.features.refunds.service.allocating import complete_allocations
from kagibag_app.features.refunds.service.creation import note, touch
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import SYSTEM, Actor
from kagibag_app.storage.transaction import Transaction


async def move_request(tx: Transaction, request: RefundRequest, target: RequestStatus) -> None:
    """Move a request; its tickets are held exactly while it is active.

    Raises:
        InvalidTransition: The move is not in the table.
    """
    request.status = REQUEST_MOVES.require(RequestStatus(request.status), target)
    request.version += 1
    if target == RequestStatus.OPEN:
        request.proposal = {}
    await hold_tickets(tx, request)
    await tx.session.flush()
    touch(tx, request.organizer_id, request.order_id)


async def hold_tickets(tx: Transaction, request: RefundRequest) -> None:
    """Hold a request's tickets exactly while it is active; one that a member made holds none."""
    active = request.status in ACTIVE_REQUESTS and request.made_by_id is None
    for ticket in await queries.request_tickets(tx.session, request.id or 0):
        ticket.active = active


async def follow(tx: Transaction, refund: Refund, *targets: RequestStatus) -> None:
    """Move a refund's request to the first of the targets that may follow; a decided one otherwise stays."""
    if refund.request_id is None:
        return
    request = await tx.session.get_one(RefundRequest, refund.request_id, with_for_update=True)
    for target in targets:
        if request.status == target:
            return
        if REQUEST_MOVES.allows(RequestStatus(request.status), target):
            await move_request(tx, request, target)
            return


async def refund_tickets(tx: Transaction, order: Order, refund: Refund) -> list[Ticket]:
    """Return the tickets that a refund is about.

    A request names them, and so does a member who starts a refund; none when they are to stay valid. One made at
    Stripe is about every ticket once nothing of the order is left to refund; before that nobody knows which, and a
    person decides.
    """
    if refund.keeps_tickets:
        return []
    if _names_tickets(refund):
        return await queries.named_tickets(tx.session, refund.id or 0)
    if refund.request_id is not None:
        wanted = {t.ticket_id for t in await queries.request_tickets(tx.session, refund.request_id)}
    elif await _about_part(tx, order, refund):
        return []
    else:
        wanted = None
    rows = await tx.session.scalars(
        sa.select(Ticket).where(col(Ticket.order_id) == order.id).order_by(col(Ticket.id))
    )
    return [t for t in rows if wanted is None or t.id in wanted]


async def _about_part(tx: Transaction, order: Order, refund: Refund) -> bool:
    if await queries.is_surplus(tx.session, refund.payment_id):
        return True
    return any((await queries.refundable_lines(tx.session, order.id or 0)).values())


async def set_in_progress(tx: Transaction, order: Order, refund: Refund, value: bool) -> None:
    """Mark the tickets of a refund: check-in is refused while one is in progress."""
    tickets = await refund_tickets(tx, order, refund) if _named(refund) else []
    marked = [t.id or 0 for t in tickets if t.refund_in_progress != value]
    if marked:
        await orders.set_refund_in_progress(tx, ticket_ids=marked, value=value)


async def tickets_to_end(tx: Transaction, refund: Refund) -> list[int]:
    """Return a refund's named tickets for one that takes its place: void ones too, for somebody may revive them."""
    return [ticket.id for ticket in await queries.named_tickets(tx.session, refund.id or 0)]


def _named(refund: Refund) -> bool:
    """Say whether somebody named the tickets that a refund is about."""
    return refund.request_id is not None or _names_tickets(refund)


def _names_tickets(refund: Refund) -> bool:
    """Say whether the refund itself names its tickets, and not a buyer's request."""
    outside = refund.source == RefundSource.OUTSIDE_STRIPE and refund.request_id is None
    return outside or refund.source in STARTED_BY_MEMBERS


async def void_tickets(tx: Transaction, actor: Actor, order: Order, refund: Refund) -> None:
    """Make the tickets void now that Stripe has accepted the refund."""
    await set_in_progress(tx, order, refund, False)
    valid = [t.id or 0 for t in await refund_tickets(tx, order, refund) if t.status != TicketStatus.VOID]
    if valid:
        await orders.void_tickets(
            tx, actor, order_id=order.id or 0, ticket_ids=valid, reason=REFUNDED,
            put_back_on_sale=puts_back(order, refund),
        )  # fmt: skip


def puts_back(order: Order, refund: Refund) -> bool:
    """Say whether the seats of the tickets that a refund ends go back on sale."""
    return RefundPolicy.from_document(order.refund_policy).put_back_on_sale and not refund.keeps_seats


async def give_room_back(tx: Transaction, payment: Payment, refund: Refund) -> None:
    """Release what a refund held of its payment."""
    await payments.unreserve(tx, payment_id=payment.id or 0, amount_minor=refund.amount_minor)
    await tx.session.refresh(payment)


async def cancel_unsent(
    tx: Transaction, refund: Refund, payment: Payment, order: Order, *, reopen: bool = True
) -> None:
    """Cancel a refund of which nothing can be at Stripe.

    Args:
        reopen: Its request is to be decided anew; False when another refund answers it.
    """
    refund.status, refund.settled_at, refund.next_try_at = RefundStatus.CANCELED, tx.now, None
    await tx.session.flush()
    await give_room_back(tx, payment, refund)
    await set_in_progress(tx, order, refund, False)
    if reopen:
        await follow(tx, refund, RequestStatus.OPEN)
    note(tx, SYSTEM, refund, EntryKind.REFUND_CANCELED)


async def refresh_order(tx: Transaction, actor: Actor, order: Order, payment: Payment) -> None:
    """Recompute what the order shows, close requests that have nothing left, and take settled overlaps off."""
    await tx.session.flush()
    await complete_allocations(tx, order)
    succeeded, moving = await queries.order_sums(tx.session, order.id or 0)
    refunded, state = money_state(total_minor=order.total_minor, succeeded_minor=succeeded, in_flight=moving)
    await orders.set_money_state(
        tx, actor, order_id=order.id or 0, refunded_minor=refunded, refund_state=state
    )
    await _supersede(tx, order)
    await tx.session.refresh(payment)
    if payment.committed_minor <= payment.captured_minor:
        await tx.session.execute(
            sa.update(Refund)
            .where(col(Refund.payment_id) == payment.id, col(Refund.flagged), col(Refund.status).in_(SETTLED))
            .values(flagged=False)
        )
    touch(tx, order.organizer_id, order.id or 0)


async def close_requests(tx: Transaction, *, order_id: int) -> None:
    """Close the requests of an order that have nothing left to decide, after tickets became void without a refund."""
    order = await orders.lock(tx, order_id)
    await _supersede(tx, order)


async def _supersede(tx: Transaction, order: Order) -> None:
    """Close open and failed requests whose tickets were all refunded or voided another way.

    A refund that Stripe has not accepted yet closes nothing: should it fail, they are to be decided after all.
    """
    waiting = [
        r for r in await queries.active_requests(tx.session, order.id or 0)
        if REQUEST_MOVES.allows(RequestStatus(r.status), RequestStatus.SUPERSEDED)
    ]  # fmt: skip
    if not waiting:
        return
    lines = {t.ticket.id: t for t in await queries.ticket_lines(tx.session, order.id or 0)}
    returned = await queries.allocated(tx.session, order.id or 0, statuses=ACCEPTED)
    paid_back = {key: t.line.net_minor <= returned.get(t.line.id or 0, 0) for key, t in lines.items()}
    for request in waiting:
        asked = await _asked(tx, request, list(lines.values()))
        # The money of a failed refund may be free again while its seat was sold: that still needs a decision. What a
        # member began is about money, not about tickets.
        settled = all(paid_back[t.ticket.id] for t in asked)
        if not settled and request.status != RequestStatus.FAILED and request.made_by_id is None:
            settled = all(paid_back[t.ticket.id] or t.ticket.status == TicketStatus.VOID for t in asked)
        if settled:
            await move_request(tx, request, RequestStatus.SUPERSEDED)
            timeline.record(
                tx, SYSTEM, organizer_id=order.organizer_id, order_id=order.id or 0,
                kind=EntryKind.REFUND_SUPERSEDED, data={"request": request.public_id},
            )  # fmt: skip


async def _asked(tx: Transaction, request: RefundRequest, lines: list[TicketLine]) -> list[TicketLine]:
    """Return the lines that a request is about: its tickets', or those that a member's refund is shared over."""
    if request.made_by_id is not None:
        shared = {share["line_item_id"] for share in request.outcome["shares"]}
        return [line for line in lines if line.line.id in shared]
    named = {t.ticket_id for t in await queries.request_tickets(tx.session, request.id or 0)}
    return [line for line in lines if line.ticket.id in named]
