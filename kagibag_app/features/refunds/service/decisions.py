"""What a member decides about a refund request: approve, decline, retry, note."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app import l10n
from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders import queries as order_queries
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules import (
    ACTIVE_REQUESTS,
    REQUEST_MOVES,
    RefundSource,
    RefundStatus,
    RequestStatus,
    allocate,
    check_amount,
)
from kagibag_app.features.refunds.service.creation import create_refund, note, touch
from kagibag_app.features.refunds.service.locking import lock_request
from kagibag_app.features.refunds.service.requests import check_refundable
from kagibag_app.features.refunds.service.states import refresh_order, set_in_progress
from kagibag_app.features.refunds.tables import Refund, RefundNote, RefundRequest, RefundRequestTicket
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit import text
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.kit.errors import BadInput, DomainError, Forbidden, NotFound
from kagibag_app.storage.transaction import Transaction


class AlreadyDecided(DomainError):
    """Somebody else was first; the sentence says who, what and when."""

    code = "already_decided"


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
    _require(actor, Action.DECIDE_REFUNDS)
    said, private = text.many_lines(message, field="message"), text.many_lines(note, field="note")
    order, request = await lock_request(tx, actor, request_id)
    payment = await _payment(tx, order)
    tickets = await queries.request_tickets(tx.session, request.id or 0)
    await _claim(tx, actor, request, version, RequestStatus.APPROVED, said)
    check_refundable(order, payment)
    refundable = await _refundable(tx, order, tickets)
    limit = min(sum(refundable.values()), payment.captured_minor - payment.committed_minor)
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
    _require(actor, Action.DECIDE_REFUNDS)
    said = text.many_lines(message, field="message", required=True)
    private = text.many_lines(note, field="note")
    _, request = await lock_request(tx, actor, request_id)
    await _claim(tx, actor, request, version, RequestStatus.DECLINED, said)
    await _add_note(tx, actor, request, private)
    _record(tx, actor, request, EntryKind.REFUND_DECLINED, request.amount_minor, message=said)
    await _mail(tx, request, Template.REFUND_DECLINED, request.amount_minor, said)
    touch(tx, request.organizer_id, request.order_id)


async def retry(tx: Transaction, actor: Actor, *, request_id: str, version: int) -> str:
    """Send a failed refund again: a new row with a new key, after a look at what became of the old one.

    Returns:
        The new refund's public id.

    Raises:
        Forbidden, NotFound, AlreadyDecided: As in ``approve``.
        DomainError: ``refund_exceeds_remaining``, ``charge_disputed``: it can't be sent now.
    """
    _require(actor, Action.DECIDE_REFUNDS)
    order, request = await lock_request(tx, actor, request_id)
    payment = await _payment(tx, order)
    await _claim(tx, actor, request, version, RequestStatus.APPROVED, None)
    check_refundable(order, payment)
    failed = await queries.last_refund(tx.session, request.id or 0)
    if failed is None:
        raise NotFound("refund")
    return await _send_again(tx, actor, order, payment, failed)


async def retry_refund(tx: Transaction, actor: Actor, *, refund_id: str) -> str:
    """Send a failed refund again that belongs to no request, such as one of money that came too late.

    Returns:
        The new refund's public id.

    Raises:
        Forbidden: The actor's role may not decide.
        NotFound: No such refund in the actor's organization.
        DomainError: ``not_failed``: it did not fail, has been retried, or belongs to a request.
    """
    _require(actor, Action.DECIDE_REFUNDS)
    failed = await queries.system_refund(tx.session, refund_id) if isinstance(refund_id, str) else None
    if failed is None or failed.organizer_id != actor.organizer_id:
        raise NotFound("refund")
    order = await order_queries.system_order(tx.session, failed.order_id)
    if order is None:
        raise NotFound("order")
    payment = await payments.locked(tx, failed.payment_id)
    await tx.session.refresh(failed, with_for_update=True)
    replaced = await tx.session.scalar(sa.select(col(Refund.id)).where(col(Refund.retry_of) == failed.id))
    if failed.status != RefundStatus.FAILED or failed.request_id is not None or replaced is not None:
        raise DomainError(
            "Only a failed refund that nobody has retried yet can be sent again here. Nothing was changed.",
            code="not_failed",
        )
    return await _send_again(tx, actor, order, payment, failed)


async def add_note(tx: Transaction, actor: Actor, *, request_id: str, text: str) -> None:
    """Add a private note to a request.

    Raises:
        Forbidden: The actor's role may not write notes.
        NotFound: No such request in the actor's organization.
        BadInput: No text, or too long.
    """
    _require(actor, Action.WRITE_NOTES)
    words = _note_text(text)
    _, request = await lock_request(tx, actor, request_id)
    await _add_note(tx, actor, request, words)
    timeline.record(
        tx, actor, organizer_id=request.organizer_id, order_id=request.order_id, kind=EntryKind.NOTE_ADDED,
        data={"request": request.public_id, "message": words},
    )  # fmt: skip
    touch(tx, request.organizer_id, request.order_id)


async def _send_again(tx: Transaction, actor: Actor, order: Order, payment: Payment, failed: Refund) -> str:
    allocations = await _same_lines(tx, order, failed)
    refund = await create_refund(
        tx, actor, order=order, payment=payment, amount_minor=failed.amount_minor,
        source=RefundSource(failed.source), request_id=failed.request_id, retry_of=failed.id, allocations=allocations,
    )  # fmt: skip
    await set_in_progress(tx, order, refund, True)
    note(tx, actor, refund, EntryKind.REFUND_RETRIED)
    await refresh_order(tx, actor, order, payment)
    return refund.public_id


async def _same_lines(tx: Transaction, order: Order, failed: Refund) -> dict[int, int]:
    """Return the failed refund's allocation, if the lines still have it.

    Raises:
        DomainError: ``refund_exceeds_remaining``: a line was refunded another way meanwhile.
    """
    allocations = await queries.allocations_of(tx.session, failed.id or 0)
    left = await queries.refundable_lines(tx.session, order.id or 0)
    if any(amount > left.get(line, 0) for line, amount in allocations.items()):
        raise DomainError(
            "Part of this money has been refunded another way meanwhile. Nothing was sent again.",
            code="refund_exceeds_remaining",
        )
    return allocations


async def _payment(tx: Transaction, order: Order) -> Payment:
    known = await queries.refundable_payment(tx.session, order.id or 0)
    if known is None:
        check_refundable(order, None)
        raise NotFound("payment")
    return await payments.locked(tx, known.id or 0)


async def _refundable(
    tx: Transaction, order: Order, tickets: tuple[RefundRequestTicket, ...] | Any
) -> dict[int, int]:
    left = await queries.refundable_lines(tx.session, order.id or 0)
    asked = {t.line_item_id for t in tickets}
    return {line: amount for line, amount in left.items() if line in asked}


def _shares(request: RefundRequest, amount: int, refundable: Mapping[int, int]) -> dict[int, int]:
    """Return the policy's own split when its amount is taken and still fits, else one by what is refundable."""
    planned = {s["line_item_id"]: s["amount_minor"] for s in request.outcome.get("shares", []) if s["amount_minor"]}
    fits = all(part <= refundable.get(line, 0) for line, part in planned.items())
    if fits and sum(planned.values()) == amount:
        return planned
    return allocate(amount, refundable, request.currency)


async def _claim(
    tx: Transaction, actor: Actor, request: RefundRequest, version: object, target: RequestStatus, message: str | None
) -> None:
    """Decide by compare-and-set on status and version; keep the answer unless ``message`` is ``None``."""
    if type(version) is not int:
        raise BadInput("Reload the page, then decide again. Nothing was changed.", field="version")
    may = [s for s, targets in REQUEST_MOVES.moves.items() if target in targets and _decidable(s, message)]
    decision: dict[str, Any] = {"status": target, "version": col(RefundRequest.version) + 1}
    decision |= {"decided_at": tx.now, "decided_by_id": actor.user_id, "decided_by": actor.name}
    if message is not None:
        decision["decision_message"] = message
    result = await tx.session.execute(
        sa.update(RefundRequest)
        .where(
            col(RefundRequest.id) == request.id,
            col(RefundRequest.version) == version,
            col(RefundRequest.status).in_(may),
        )
        .values(**decision)
        .execution_options(synchronize_session=False)
    )
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise await _too_late(tx, request)
    await tx.session.refresh(request)
    active = target in ACTIVE_REQUESTS
    for ticket in await queries.request_tickets(tx.session, request.id or 0):
        ticket.active = active


def _decidable(status: RequestStatus, message: str | None) -> bool:
    """A retry (no message) starts from a failure; a decision from a request that waits for one."""
    return (status == RequestStatus.FAILED) == (message is None)


async def _too_late(tx: Transaction, request: RefundRequest) -> AlreadyDecided:
    organizer = await tx.session.get_one(Organizer, request.organizer_id)
    if request.status in (RequestStatus.OPEN, RequestStatus.AWAITING_SECOND):
        return AlreadyDecided("This request changed while you looked at it. Nothing was decided; look again.")
    if request.status in (RequestStatus.WITHDRAWN, RequestStatus.SUPERSEDED) or request.decided_at is None:
        return AlreadyDecided(f"This request is {request.status}. Nothing was changed.")
    what = "declined" if request.status == RequestStatus.DECLINED else "approved"
    if what == "approved" and request.approved_minor:
        what += f" {l10n.money(request.approved_minor, request.currency)} of"
    when = l10n.moment(request.decided_at, organizer.zone)
    who = request.decided_by or "Somebody"
    return AlreadyDecided(f"{who} {what} this request on {when}. Nothing was changed by you.")


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


async def _mail(tx: Transaction, request: RefundRequest, template: Template, amount: int, message: str) -> None:
    card = await order_queries.mail_card(tx.session, request.order_id)
    await messages.queue(
        tx, organizer_id=request.organizer_id, order_id=request.order_id, to=card["buyer_email"], template=template,
        params={"order": card, "amount_minor": amount, "message": message},
    )  # fmt: skip


def _require(actor: Actor, action: Action) -> None:
    if actor.kind is not ActorKind.MEMBER or not allowed(actor.role, action):
        raise Forbidden("Your role does not allow this. Nothing was changed; ask a manager of the organization.")
