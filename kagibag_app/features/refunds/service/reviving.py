"""Tickets that a refund had ended, valid again because its money came back."""

from __future__ import annotations

from collections.abc import Sequence

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders import queries as order_queries
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules import RequestStatus
from kagibag_app.features.refunds.service.claiming import require
from kagibag_app.features.refunds.service.creation import touch
from kagibag_app.features.refunds.service.starting import read_tickets
from kagibag_app.features.refunds.service.states import move_request
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit import text
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError, NotFound
from kagibag_app.storage.transaction import Transaction


async def revive_tickets(
    tx: Transaction, actor: Actor, *, order: str, tickets: Sequence[str], message: str = ""
) -> None:
    """Make tickets valid again that a refund had ended and whose money did not reach the buyer.

    A failed request all of whose tickets are valid again is closed: the buyer keeps them instead of the money, and may
    ask anew.

    Args:
        order: Public id.
        tickets: Public ids, at least one.
        message: To the buyer, at most 2,000 characters.

    Raises:
        Forbidden: The actor's role may not decide.
        NotFound: No such order in the actor's organization, or a ticket is none of it.
        BadInput: Unreadable tickets or a text too long.
        DomainError: ``not_revivable``: a ticket is not void, not because of a refund, or its money is with the buyer;
            ``no_capacity``: its seat was sold meanwhile.
    """
    require(actor, Action.DECIDE_REFUNDS)
    wanted, said = read_tickets(tickets) or [], text.many_lines(message, field="message")
    known = await order_queries.organizer_order(tx.session, actor.organizer_id or 0, order)
    row = await orders.lock(tx, known.id)
    chosen = await _chosen(tx, row, wanted)
    if not await orders.revive_tickets(tx, actor, order_id=row.id, ticket_ids=[t.id for t in chosen]):
        raise DomainError(
            "The seat was sold meanwhile, so the ticket can't be made valid again. Nothing was changed; raise the "
            "capacity of the ticket type first.",
            code="no_capacity",
        )
    await _close_requests(tx, actor, row)
    await _tell(tx, row, {ticket.public_id for ticket in chosen}, said)
    touch(tx, row.organizer_id, row.id)


async def _chosen(tx: Transaction, order: Order, wanted: Sequence[str]) -> list[Ticket]:
    all_of_it = {t.public_id: t for t in await order_queries.tickets_of(tx.session, order.id)}
    may = {line.ticket.id for line in await queries.revivable_lines(tx.session, order)}
    if not wanted or any(ticket not in all_of_it for ticket in wanted):
        raise NotFound("ticket")
    chosen = [all_of_it[ticket] for ticket in wanted]
    for ticket in chosen:
        if ticket.id not in may:
            raise DomainError(
                f"Ticket {ticket.code} can't be made valid again: only one can whose refund came to nothing. "
                "Nothing was changed.",
                code="not_revivable",
            )
    return chosen


async def _close_requests(tx: Transaction, actor: Actor, order: Order) -> None:
    lines = {t.ticket.id: t.ticket for t in await queries.ticket_lines(tx.session, order.id)}
    for request in await queries.active_requests(tx.session, order.id):
        if request.status != RequestStatus.FAILED:
            continue
        asked = await queries.request_tickets(tx.session, request.id or 0)
        if all(lines[t.ticket_id].status != TicketStatus.VOID for t in asked):
            await move_request(tx, request, RequestStatus.SUPERSEDED)
            timeline.record(
                tx, actor, organizer_id=order.organizer_id, order_id=order.id,
                kind=EntryKind.REFUND_SUPERSEDED, data={"request": request.public_id},
            )  # fmt: skip


async def _tell(tx: Transaction, order: Order, revived: set[str], message: str) -> None:
    card = await order_queries.mail_card(tx.session, order.id)
    await messages.queue(
        tx, organizer_id=order.organizer_id, order_id=order.id, to=card["buyer_email"],
        template=Template.TICKETS_REVIVED,
        params={
            "order": card, "message": message,
            "tickets": [ticket for ticket in card["tickets"] if ticket["public_id"] in revived],
        },
    )  # fmt: skip
