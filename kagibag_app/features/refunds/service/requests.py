"""What a buyer does with a refund request: ask, withdraw, reply once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.notifications.service import tell_organizer
from kagibag_app.features.orders import queries as order_queries
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.queries import TicketLine
from kagibag_app.features.refunds.rules import (
    REQUEST_MOVES,
    OrderFacts,
    PolicyOutcome,
    ReasonCategory,
    RefundPolicy,
    RequestStatus,
    attendee_sentence,
    later_rules,
    policy_outcome,
    rule_sentence,
)
from kagibag_app.features.refunds.rules.asking import why_no_refund
from kagibag_app.features.refunds.rules.automatic import Shown
from kagibag_app.features.refunds.service.by_policy import approve_at_once, check_shown, why_person
from kagibag_app.features.refunds.service.creation import touch
from kagibag_app.features.refunds.service.locking import lock_request
from kagibag_app.features.refunds.service.states import move_request
from kagibag_app.features.refunds.tables import RefundRequest, RefundRequestTicket
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit import ids, text
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, DomainError, NotFound
from kagibag_app.storage.transaction import Transaction

MAX_TICKETS = 200


async def request(
    tx: Transaction,
    actor: Actor,
    *,
    order_id: int,
    ticket_ids: Sequence[str],
    category: str,
    reason: str,
    shown: Shown | None = None,
) -> str:
    """Ask for the money of some tickets back.

    The amount is what the policy gives now; it is kept with the request and both sides see it. When the policy
    gives nothing the buyer may still ask: the request then carries the amount 0, and the organizer has to choose
    one in order to approve. Where the policy leaves it to no person, it is approved in this transaction.

    Args:
        order_id: The order whose link the buyer holds.
        ticket_ids: Public ids of tickets of this order, at least one.
        category: A ``ReasonCategory``.
        reason: Free text, at most 2,000 characters, may be empty.
        shown: What the buyer saw; when it is something else by now nothing is asked.

    Returns:
        The request's public id.

    Raises:
        NotFound: The order or a ticket is not there for this actor.
        BadInput: No ticket, an unknown category, a text that is none or too long.
        DomainError: ``nothing_was_paid``, ``order_not_paid``, ``charge_disputed``, ``ticket_already_requested``,
            ``ticket_not_refundable``, ``outcome_changed``.
    """
    reason_text = text.many_lines(reason, field="reason")
    chosen_category = _category(category)
    order = await orders.lock(tx, order_id)
    if order.organizer_id != actor.organizer_id:
        raise NotFound("order")
    policy = RefundPolicy.from_document(order.refund_policy)
    payment = await queries.refundable_payment(tx.session, order_id)
    check_refundable(order, payment)
    chosen = await _chosen(tx, order, policy, _ticket_ids(ticket_ids))
    facts = await queries.order_facts(tx.session, order)
    outcome = policy_outcome(policy, facts, [queries.ticket_facts(t) for t in chosen], tx.now)
    person = await why_person(tx, order, policy, facts, outcome, chosen)
    check_shown(shown, Shown(outcome.amount_minor, at_once=not person), order.currency)
    row = RefundRequest(
        public_id=ids.public_id("rr"), organizer_id=order.organizer_id, order_id=order_id,
        reason_category=chosen_category, reason_text=reason_text, currency=order.currency,
        amount_minor=outcome.amount_minor, outcome=outcome_document(policy, facts, outcome) | {"person": person},
        created_at=tx.now,
    )  # fmt: skip
    tx.session.add(row)
    await tx.session.flush()
    tx.session.add_all(
        RefundRequestTicket(
            request_id=row.id or 0, ticket_id=line.ticket.id or 0, line_item_id=share.line_item_id,
            amount_minor=share.amount_minor,
        )
        for line, share in zip(chosen, outcome.shares, strict=True)
    )  # fmt: skip
    await tx.session.flush()
    _note(
        tx,
        actor,
        row,
        EntryKind.REFUND_REQUESTED,
        message=reason_text,
        tickets=[t.ticket.code for t in chosen],
    )
    if person or payment is None:
        await _tell(tx, row, reason_text, len(chosen))
        await _answer(tx, row, Template.REFUND_RECEIVED, amount_minor=row.amount_minor, again=False)
    else:
        await approve_at_once(tx, order, payment.id or 0, row)
    return row.public_id


async def withdraw(tx: Transaction, actor: Actor, *, request_id: str, order_id: int | None = None) -> None:
    """Take a request back that nobody has decided yet.

    Args:
        order_id: The order whose link the buyer holds; a request of another order is not found.

    Raises:
        NotFound: No such request for this actor.
        DomainError: ``already_decided``: it is too late.
    """
    _, row = await lock_request(tx, actor, request_id, order_id=order_id)
    if not REQUEST_MOVES.allows(RequestStatus(row.status), RequestStatus.WITHDRAWN):
        raise DomainError(
            f"This request is already {row.status} and can't be withdrawn. Nothing was changed.",
            code="already_decided",
        )
    await move_request(tx, row, RequestStatus.WITHDRAWN)
    _note(tx, actor, row, EntryKind.REFUND_WITHDRAWN)
    await _answer(tx, row, Template.REFUND_WITHDRAWN)


async def reply(
    tx: Transaction, actor: Actor, *, request_id: str, text: str, order_id: int | None = None
) -> None:
    """Answer a declined request, once: it is open again, with the amount that was asked at first.

    Args:
        text: At most 2,000 characters, not empty.
        order_id: As in ``withdraw``.

    Raises:
        NotFound: No such request for this actor.
        BadInput: No text.
        DomainError: ``reply_not_possible``: not declined, answered before, or a ticket is not refundable any more.
    """
    answer = clean_reply(text)
    order, row = await lock_request(tx, actor, request_id, order_id=order_id)
    if row.status != RequestStatus.DECLINED or row.replied_at is not None:
        raise DomainError(
            "A declined request can be answered once, and this one can't be any more. Nothing was changed.",
            code="reply_not_possible",
        )
    check_refundable(order, await queries.refundable_payment(tx.session, order.id or 0))
    asked = {t.ticket_id for t in await queries.request_tickets(tx.session, row.id or 0)}
    held = await queries.tickets_in_active_requests(tx.session, asked)
    lines = [t for t in await queries.ticket_lines(tx.session, order.id or 0) if t.ticket.id in asked]
    if held or any(t.ticket.status == TicketStatus.VOID for t in lines):
        raise DomainError(
            "A ticket of this request was settled or asked for another way. Nothing was changed; "
            "make a new request for the tickets that are left.",
            code="reply_not_possible",
        )
    row.reply_text, row.replied_at = answer, tx.now
    await move_request(tx, row, RequestStatus.OPEN)
    _note(tx, actor, row, EntryKind.REFUND_REPLIED, message=answer)
    await _tell(tx, row, answer, len(asked))
    await _answer(tx, row, Template.REFUND_RECEIVED, amount_minor=row.amount_minor, again=True)


def clean_reply(value: object) -> str:
    """Return the text of a reply."""
    return text.many_lines(value, field="text", required=True)


def check_refundable(order: Order, payment: Payment | None) -> None:
    """Refuse what can't be refunded whatever anybody decides.

    Raises:
        DomainError: ``nothing_was_paid``, ``order_not_paid``, ``charge_disputed``.
    """
    obstacle = why_no_refund(
        source=order.source, status=order.status, total_minor=order.total_minor, captured=payment is not None,
        open_chargeback=payment is not None and payment.open_chargeback,
    )  # fmt: skip
    if obstacle is not None:
        raise DomainError(obstacle[1], code=obstacle[0])


def outcome_document(policy: RefundPolicy, facts: OrderFacts, outcome: PolicyOutcome) -> dict[str, Any]:
    """Return what is kept of the policy's answer: amount, shares and the sentences both sides saw."""
    return {
        "amount_minor": outcome.amount_minor,
        "shares": [asdict(share) for share in outcome.shares],
        "rule": rule_sentence(policy, facts, outcome),
        "later": later_rules(policy, facts, outcome),
        "sentence": attendee_sentence(policy, facts, outcome),
    }


async def _chosen(tx: Transaction, order: Order, policy: RefundPolicy, wanted: list[str]) -> list[TicketLine]:
    lines = {t.ticket.public_id: t for t in await queries.ticket_lines(tx.session, order.id or 0)}
    if any(ticket not in lines for ticket in wanted):
        raise NotFound("ticket")
    chosen = [lines[ticket] for ticket in wanted]
    held = await queries.tickets_in_active_requests(tx.session, [t.ticket.id or 0 for t in chosen])
    for line in chosen:
        if line.ticket.id in held:
            raise DomainError(
                f"A refund of ticket {line.ticket.code} was asked for already. Nothing was asked twice; "
                "its state is on this page.",
                code="ticket_already_requested",
            )
        if obstacle := queries.why_not(line, policy):
            raise DomainError(
                f"Ticket {line.ticket.code}: {obstacle} Nothing was asked.", code="ticket_not_refundable"
            )
    return chosen


def _ticket_ids(value: object) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
        raise BadInput("Choose the tickets you want to give back.", field="tickets")
    wanted = list(dict.fromkeys(value))
    if not 0 < len(wanted) <= MAX_TICKETS:
        raise BadInput("Choose at least one ticket.", field="tickets")
    return wanted


def _category(value: object) -> ReasonCategory:
    try:
        return ReasonCategory(value)
    except ValueError:
        raise BadInput("Choose a reason from the list.", field="category") from None


def _note(tx: Transaction, actor: Actor, row: RefundRequest, kind: EntryKind, **data: Any) -> None:
    timeline.record(
        tx, actor, organizer_id=row.organizer_id, order_id=row.order_id, kind=kind,
        data={"request": row.public_id, "amount_minor": row.amount_minor, "currency": row.currency, **data},
    )  # fmt: skip
    touch(tx, row.organizer_id, row.order_id)


async def _answer(tx: Transaction, row: RefundRequest, template: Template, **params: Any) -> None:
    """Tell the buyer that what they did has arrived."""
    card = await order_queries.mail_card(tx.session, row.order_id)
    await messages.queue(
        tx, organizer_id=row.organizer_id, order_id=row.order_id, to=card["buyer_email"], template=template,
        params={"order": card, **params},
    )  # fmt: skip


async def _tell(tx: Transaction, row: RefundRequest, reason_text: str, tickets: int) -> None:
    await tell_organizer(
        tx, organizer_id=row.organizer_id, order_id=row.order_id, template=Template.REFUND_REQUESTED,
        params={
            "order": await order_queries.mail_card(tx.session, row.order_id),
            "request": {
                "public_id": row.public_id, "amount_minor": row.amount_minor, "category": row.reason_category,
                "reason_text": reason_text, "tickets": tickets,
            },
        },
    )  # fmt: skip
