"""A refund that a member starts without a request: chosen tickets, an amount, or all that is left."""

from __future__ import annotations

from collections.abc import Sequence

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders import queries as order_queries
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.queries import MoneyLine, OrderMoney
from kagibag_app.features.refunds.rules import RefundSource, allocate, check_amount
from kagibag_app.features.refunds.service.claiming import lock_money, require
from kagibag_app.features.refunds.service.creation import create_refund
from kagibag_app.features.refunds.service.second import Proposal, alone_of, propose_refund
from kagibag_app.features.refunds.service.states import refresh_order, set_in_progress
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit import text
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, DomainError, NotFound
from kagibag_app.storage.transaction import Transaction

MAX_TICKETS = 200


async def refund_order(
    tx: Transaction,
    actor: Actor,
    *,
    order: str,
    version: int,
    tickets: Sequence[str] | None,
    amount_minor: int | None,
    message: str = "",
    note: str = "",
    keep_tickets: bool = False,
) -> str:
    """Give money of an order back: reserved and queued in this transaction, sent after it.

    Args:
        order: Public id.
        version: The order's version that the member was looking at.
        tickets: Public ids: all that is left of each, and they end. Neither they nor an amount: all that is left.
        amount_minor: Minor units, shared over what is left of the lines; the tickets stay as they are, unless
            it is all that is left.
        message: To the buyer, at most 2,000 characters.
        note: For members only, at most 2,000 characters.
        keep_tickets: No ticket ends, whatever goes back.

    Returns:
        The refund's public id; empty when it is more than a manager may give back alone and waits for a second
        person, as a request that the actor made.

    Raises:
        Forbidden: The actor's role may not decide.
        NotFound: No such order in the actor's organization, or a ticket is none of it.
        AlreadyDecided: The order changed meanwhile; the sentence says who did what, and when.
        BadInput: Both or unreadable tickets and amount, a text too long, an amount between the currency's steps.
        DomainError: ``nothing_was_paid``, ``order_not_paid``, ``charge_disputed``, ``charge_lost``,
            ``nothing_left``, ``ticket_not_refundable``, ``refund_exceeds_remaining``.
    """
    require(actor, Action.DECIDE_REFUNDS)
    said, private = text.many_lines(message, field="message"), text.many_lines(note, field="note")
    chosen = read_tickets(tickets)
    if chosen is not None and amount_minor is not None:
        raise BadInput("Choose tickets or an amount, not both. Nothing was refunded.", field="amount")
    money = await lock_money(tx, actor, order, version)
    payment = refundable(money)
    if chosen is not None:
        lines = _chosen(money, chosen)
        left = {line.line.id: line.refundable_minor for line in lines}
        amount, ended = min(sum(left.values()), money.left_minor), lines
    else:
        left = money.left
        amount = money.left_minor if amount_minor is None else amount_minor
        ended = money.lines if amount == money.left_minor else []
    amount = check_amount(amount, limit_minor=money.left_minor, currency=money.order.currency)
    shared = allocate(amount, left, money.order.currency)
    tickets_ended = [] if keep_tickets else live_tickets(ended)
    alone = await alone_of(tx, actor, money.order)
    if alone.needs_second(amount):
        made = Proposal(amount, said)
        request = await propose_refund(
            tx, actor, money.order, made, alone, shares=shared, tickets=tickets_ended
        )
        _keep_note(tx, actor, money.order, private, request=request.public_id)
        return ""
    refund = await start(tx, actor, money, payment, amount, shared, tickets_ended)
    _keep_note(tx, actor, money.order, private, refund=refund.public_id)
    await note_started(tx, actor, money.order, refund, tickets_ended, said)
    await refresh_order(tx, actor, money.order, payment)
    return refund.public_id


async def note_started(
    tx: Transaction,
    actor: Actor,
    order: Order,
    refund: Refund,
    ended: Sequence[Ticket],
    message: str,
    *,
    reason: str = "",
) -> None:
    """Put a refund that a member began on the timeline, and tell the buyer."""
    codes = [ticket.code for ticket in ended]
    orders.note_decision(
        tx, actor, order, kind=EntryKind.REFUND_STARTED,
        data={
            "refund": refund.public_id, "amount_minor": refund.amount_minor, "currency": refund.currency,
            "tickets": codes, "message": message, "reason": reason,
        },
    )  # fmt: skip
    await tell_started(tx, refund, codes, message)


def _keep_note(tx: Transaction, actor: Actor, order: Order, words: str, **about: str) -> None:
    if words:
        timeline.record(
            tx, actor, organizer_id=order.organizer_id, order_id=order.id or 0, kind=EntryKind.NOTE_ADDED,
            data={**about, "message": words},
        )  # fmt: skip


def refundable(money: OrderMoney) -> Payment:
    """Return the payment that a member may refund.

    Raises:
        DomainError: Something forbids it: the sentence says what.
    """
    obstacle = money.no_refund
    if obstacle is not None:
        raise DomainError(obstacle[1], code=obstacle[0])
    if money.payment is None:
        raise NotFound("payment")
    return money.payment


async def start(
    tx: Transaction,
    actor: Actor,
    money: OrderMoney,
    payment: Payment,
    amount: int,
    shares: dict[int, int],
    tickets: Sequence[Ticket],
    *,
    source: RefundSource = RefundSource.ADMIN,
    cancels_order: bool = False,
    keeps_seats: bool = False,
    confirmed: bool = False,
) -> Refund:
    """Reserve and queue a refund that ends these tickets; their check-in is refused from now on."""
    refund = await create_refund(
        tx, actor, order=money.order, payment=payment, amount_minor=amount, source=source, allocations=shares,
        ticket_ids=[ticket.id for ticket in tickets], cancels_order=cancels_order, keeps_seats=keeps_seats,
        confirmed=confirmed,
    )  # fmt: skip
    await set_in_progress(tx, money.order, refund, True)
    return refund


def live_tickets(lines: Sequence[MoneyLine]) -> list[Ticket]:
    """Return the tickets of these lines that still let somebody in and that no other refund is ending."""
    return [
        line.ticket
        for line in lines
        if line.ticket and line.ticket.status != TicketStatus.VOID and not line.ticket.refund_in_progress
    ]


def _chosen(money: OrderMoney, wanted: Sequence[str]) -> list[MoneyLine]:
    lines = {line.ticket.public_id: line for line in money.lines if line.ticket is not None}
    if any(ticket not in lines for ticket in wanted):
        raise NotFound("ticket")
    chosen = [lines[ticket] for ticket in wanted]
    for line in chosen:
        if line.why_not and line.ticket is not None:
            raise DomainError(
                f"Ticket {line.ticket.code}: {line.why_not} Nothing was refunded.",
                code="ticket_not_refundable",
            )
    return chosen


def read_tickets(value: object) -> list[str] | None:
    """Return the public ids of tickets that a member chose, or nothing when none were to be chosen."""
    if value is None:
        return None
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
        raise BadInput("Choose the tickets. Nothing was changed.", field="tickets")
    wanted = list(dict.fromkeys(value))
    if not 0 < len(wanted) <= MAX_TICKETS:
        raise BadInput("Choose at least one ticket. Nothing was changed.", field="tickets")
    return wanted


async def tell_started(tx: Transaction, refund: Refund, codes: Sequence[str], message: str) -> None:
    """Tell the buyer that a member has started a refund.

    Args:
        codes: Of the tickets that it ends.
    """
    card = await order_queries.mail_card(tx.session, refund.order_id)
    await messages.queue(
        tx, organizer_id=refund.organizer_id, order_id=refund.order_id, to=card["buyer_email"],
        template=Template.REFUND_STARTED,
        params={
            "order": card, "amount_minor": refund.amount_minor, "tickets": list(codes), "message": message,
        },
    )  # fmt: skip
