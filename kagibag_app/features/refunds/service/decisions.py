"""What a member decides about a refund request: approve, decline, note."""

from __future__ import annotations

from collections.abc import Mapping

from kagibag_app import l10n
from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.rules import (
    RefundSource,
    RequestStatus,
    check_amount,
)
from kagibag_app.features.refunds.rules.asking import NOTHING_OF_THESE
from kagibag_app.features.refunds.service.approving import left_of, mail, record, send_approved
from kagibag_app.features.refunds.service.claiming import check_waits, claim, paying_payment, require
from kagibag_app.features.refunds.service.confirming import send_own
from kagibag_app.features.refunds.service.creation import touch
from kagibag_app.features.refunds.service.locking import lock_request
from kagibag_app.features.refunds.service.requests import check_refundable
from kagibag_app.features.refunds.service.second import Proposal, alone_of, check_other_person, propose
from kagibag_app.features.refunds.tables import RefundNote, RefundRequest
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit import text
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, DomainError
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
    keep_tickets: bool | None = None,
) -> str:
    """Approve a request: the amount is reserved and the refund queued in this transaction.

    More than a manager may give back alone waits for a second person instead: nothing is reserved, and the buyer
    learns nothing. That second person approves it here too, at most what the first one did unless they are an owner.

    Args:
        version: The request's version that the member was looking at.
        amount_minor: Minor units; ``None`` takes what was asked for, or what was approved first.
        message: To the buyer, at most 2,000 characters; empty takes what the first person wrote.
        note: For members only, at most 2,000 characters.
        keep_tickets: The tickets stay valid; ``None``: they end, or what the first person chose.

    Returns:
        The refund's public id; empty when it waits for a second person.

    Raises:
        Forbidden: The actor's role may not decide.
        NotFound: No such request in the actor's organization.
        AlreadyDecided: It was decided or changed meanwhile.
        BadInput, DomainError: The amount is not refundable, or nothing of this order is (see ``request``);
            ``second_person_needed``: the actor approved it first; ``above_first_approval``.
    """
    require(actor, Action.DECIDE_REFUNDS)
    said, private = text.many_lines(message, field="message"), text.many_lines(note, field="note")
    if keep_tickets not in (None, True, False):
        raise BadInput("Say whether the tickets stay valid. Nothing was changed.", field="keep_tickets")
    order, request = await lock_request(tx, actor, request_id)
    payment = await paying_payment(tx, order)
    await check_waits(tx, request, version, RequestStatus.OPEN, RequestStatus.AWAITING_SECOND)
    check_other_person(actor, request)
    check_refundable(order, payment)
    refundable = await left_of(tx, order, request)
    amount = _amount(order, payment, request, refundable, amount_minor)
    alone, first = await alone_of(tx, actor, order), request.proposal
    await _add_note(tx, actor, request, private)
    if not first and alone.needs_second(amount):
        made = Proposal(amount, said, keep_tickets is True)
        await propose(tx, actor, request, version, made, alone)
        return ""
    if first and alone.needs_second(amount) and amount > first["amount_minor"]:
        raise DomainError(
            f"{first['by']} approved {l10n.money(first['amount_minor'], order.currency)}. "
            "You can confirm that or less; an owner can give back more. Nothing was changed.",
            code="above_first_approval",
        )
    said = said or str(first.get("message", ""))
    await claim(tx, actor, request, version, RequestStatus.APPROVED, said)
    if request.made_by_id is not None:
        return (await send_own(tx, actor, order, payment, request, amount, refundable)).public_id
    refund = await send_approved(
        tx, actor, order=order, payment=payment, request=request, amount_minor=amount, refundable=refundable,
        source=RefundSource.REQUEST, message=said, first=str(first.get("by", "")),
        keep_tickets=bool(first.get("keep_tickets", False)) if keep_tickets is None else keep_tickets,
    )  # fmt: skip
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
    if request.made_by_id is not None:
        # The buyer never knew of it.
        record(tx, actor, request, EntryKind.REFUND_NOT_CONFIRMED, request.amount_minor, reason=said)
    else:
        record(tx, actor, request, EntryKind.REFUND_DECLINED, request.amount_minor, message=said)
        await mail(tx, request, Template.REFUND_DECLINED, request.amount_minor, said)
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


def _amount(
    order: Order, payment: Payment, request: RefundRequest, refundable: Mapping[int, int], chosen: object
) -> int:
    limit = min(sum(refundable.values()), payment.captured_minor - payment.committed_minor)
    if limit <= 0:
        raise DomainError(
            f"{NOTHING_OF_THESE} Nothing was changed by you; look again.", code="refund_exceeds_remaining"
        )
    usual = int(request.proposal.get("amount_minor", request.amount_minor))
    asked = min(usual, limit) if chosen is None else chosen
    return check_amount(asked, limit_minor=limit, currency=order.currency)


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
