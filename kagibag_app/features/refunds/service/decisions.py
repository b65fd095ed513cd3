"""What a member decides about a refund request: approve, decline, note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders import queries as order_queries
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules import (
    RefundSource,
    RequestStatus,
    allocate,
    check_amount,
)
from kagibag_app.features.refunds.rules.asking import NOTHING_OF_THESE
from kagibag_app.features.refunds.service.claiming import claim, paying_payment, require
from kagibag_app.features.refunds.service.creation import create_refund, touch
from kagibag_app.features.refunds.service.locking import lock_request
from kagibag_app.features.refunds.service.requests import check_refundable
from kagibag_app.features.refunds.service.states import refresh_order, set_in_progress
from kagibag_app.features.refunds.tables import RefundNote, RefundRequest, RefundRequestTicket
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit import text
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError
from kagibag_app.storage.transaction import Transaction


async def approve(
    tx: Transaction,
    actor: Actor,
    *,
    request_id: str,
    version: int,
    amount_minor: int | None,
    message: str = "",
    note: str = "",
) -> str:
    """Approve a request: the amount is reserved and the refund queued in this transaction.

    Args:
        version: The request's version that the member was looking at.
        amount_minor: Minor units; ``None`` takes what was asked for.
        message: To the buyer, at most 2,000 characters.
        note: For members only, at most 2,000 characters.

    Returns:
        The refund's public id.

    Raises:
        Forbidden: The actor's role may not decide.
        NotFound: No such request in the actor's organization.
        AlreadyDecided: It was decided or changed meanwhile.
        BadInput, DomainError: The amount is not refundable, or nothing of this order is (see ``request``).
    """
    require(actor, Action.DECIDE_REFUNDS)
    said, private = text.many_lines(message, field="message"), text.many_lines(note, field="note")
    order, request = await lock_request(tx, actor, request_id)
    payment = await paying_payment(tx, order)
    tickets = await queries.request_tickets(tx.session, request.id or 0)
    await claim(tx, actor, request, version, RequestStatus.APPROVED, said)
    check_refundable(order, payment)
    refundable = await _refundable(tx, order, tickets)
    limit = min(sum(refundable.values()), payment.captured_minor - payment.committed_minor)
    if limit <= 0:
        raise DomainError(
            f"{NOTHING_OF_THESE} Nothing was changed by you; look again.", code="refund_exceeds_remaining"
        )
    asked = min(request.amount_minor, limit) if amount_minor is None else amount_minor
    amount = check_amount(asked, limit_minor=limit, currency=order.currency)
    request.approved_minor = amount
    refund = await create_refund(
        tx, actor, order=order, payment=payment, amount_minor=amount, source=RefundSource.REQUEST,
        request_id=request.id, allocations=_shares(request, amount, refundable),
    )  # fmt: skip
    await set_in_progress(tx, order, refund, True)
    await _add_note(tx, actor, request, private)
    _record(tx, actor, request, EntryKind.REFUND_APPROVED, amount, message=said, refund=refund.public_id)
    await _mail(tx, request, Template.REFUND_APPROVED, amount, said)
    await refresh_order(tx, actor, order, payment)
    return refund.public_id


async def decline(
    tx: Transaction, actor: Actor, *, request_id: str, version: int, message: str, note: str = ""
) -> None:
    """Decline a request with an answer to the buyer.

    Args:
        version: As in ``approve``.
        message: To the buyer, required, at most 2,000 characters.
        note: For members only.

    Raises:
        Forbidden, NotFound, AlreadyDecided: As in ``approve``.
        BadInput: No message, or a text too long.
    """
    require(actor, Action.DECIDE_REFUNDS)
    said = text.many_lines(message, field="message", required=True)
    private = text.many_lines(note, field="note")
    _, request = await lock_request(tx, actor, request_id)
    await claim(tx, actor, request, version, RequestStatus.DECLINED, said)
    await _add_note(tx, actor, request, private)
    _record(tx, actor, request, EntryKind.REFUND_DECLINED, request.amount_minor, message=said)
    await _mail(tx, request, Template.REFUND_DECLINED, request.amount_minor, said)
    touch(tx, request.organizer_id, request.order_id)


async def add_note(tx: Transaction, actor: Actor, *, request_id: str, text: str) -> None:
    """Add a private note to a request.

    Raises:
        Forbidden: The actor's role may not write notes.
        NotFound: No such request in the actor's organization.
        BadInput: No text, or too long.
    """
    require(actor, Action.WRITE_NOTES)
    words = _note_text(text)
    _, request = await lock_request(tx, actor, request_id)
    await _add_note(tx, actor, request, words)
    timeline.record(
        tx, actor, organizer_id=request.organizer_id, order_id=request.order_id, kind=EntryKind.NOTE_ADDED,
        data={"request": request.public_id, "message": words},
    )  # fmt: skip
    touch(tx, request.organizer_id, request.order_id)


async def _refundable(
    tx: Transaction, order: Order, tickets: Sequence[RefundRequestTicket]
) -> dict[int, int]:
    left = await queries.refundable_lines(tx.session, order.id or 0)
    asked = {t.line_item_id for t in tickets}
    return {line: amount for line, amount in left.items() if line in asked}


def _shares(request: RefundRequest, amount: int, refundable: Mapping[int, int]) -> dict[int, int]:
    """Return the policy's own split when its amount is taken and still fits, else one by what is refundable."""
    planned = {
        s["line_item_id"]: s["amount_minor"] for s in request.outcome.get("shares", []) if s["amount_minor"]
    }
    fits = all(part <= refundable.get(line, 0) for line, part in planned.items())
    if fits and sum(planned.values()) == amount:
        return planned
    return allocate(amount, refundable, request.currency)


async def _add_note(tx: Transaction, actor: Actor, request: RefundRequest, words: str) -> None:
    if not words:
        return
    tx.session.add(
        RefundNote(
            request_id=request.id or 0, organizer_id=request.organizer_id, author_id=actor.user_id,
            author=actor.name, text=words, at=tx.now,
        )
    )  # fmt: skip


def _note_text(value: object) -> str:
    return text.many_lines(value, field="text", required=True)


def _record(
    tx: Transaction, actor: Actor, request: RefundRequest, kind: EntryKind, amount: int, **data: Any
) -> None:
    timeline.record(
        tx, actor, organizer_id=request.organizer_id, order_id=request.order_id, kind=kind,
        data={"request": request.public_id, "amount_minor": amount, "currency": request.currency, **data},
    )  # fmt: skip


async def _mail(
    tx: Transaction, request: RefundRequest, template: Template, amount: int, message: str
) -> None:
    card = await order_queries.mail_card(tx.session, request.order_id)
    await messages.queue(
        tx, organizer_id=request.organizer_id, order_id=request.order_id, to=card["buyer_email"], template=template,
        params={"order": card, "amount_minor": amount, "message": message},
    )  # fmt: skip
