"""Money that Stripe could not return and the organizer has returned another way."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app import l10n
from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders import queries as order_queries
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import DisputeState, OrderStatus
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules import (
    RefundSource,
    RefundStatus,
    RequestStatus,
)
from kagibag_app.features.refunds.rules.asking import DISPUTED, LOST
from kagibag_app.features.refunds.rules.outside import RETURN_WAYS, ReturnWay, may_return_outside
from kagibag_app.features.refunds.service.allocating import write_allocations
from kagibag_app.features.refunds.service.claiming import AlreadyDecided, require
from kagibag_app.features.refunds.service.creation import note
from kagibag_app.features.refunds.service.retrying import what_is_left
from kagibag_app.features.refunds.service.states import follow, puts_back, refresh_order, void_tickets
from kagibag_app.features.refunds.tables import Refund, RefundRequest, RefundTicket
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit import ids, text
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, DomainError, NotFound
from kagibag_app.storage.synthetic import require_real
from kagibag_app.storage.transaction import Transaction


async def return_outside(
    tx: Transaction, actor: Actor, *, refund_id: str, way: str, reference: str, message: str = ""
) -> str:
    """Record that the money of a failed refund went back another way, such as by bank transfer.

    It counts as refunded in the order's money and closes the request. Stripe is not asked for anything, and the ledger,
    which is Stripe's, stays as it is. The amount is that of the failed refund, less what was refunded meanwhile.

    Args:
        refund_id: The failed refund's public id.
        way: A ``ReturnWay``.
        reference: What the transfer can be found by; one line, required.
        message: To the buyer, at most 2,000 characters.

    Returns:
        The public id of the row that records it.

    Raises:
        Forbidden: The actor's role may not decide.
        NotFound: No such refund in the actor's organization.
        BadInput: An unknown way, no reference, a text too long.
        AlreadyDecided: Somebody has sent it again or returned it meanwhile.
        DomainError: ``not_failed``; ``refund_exceeds_remaining``: nothing is left of it; ``charge_disputed`` and
            ``charge_lost``: the bank has the money.
    """
    require(actor, Action.DECIDE_REFUNDS)
    chosen, found = _way(way), text.one_line(reference, field="reference", required=True)
    said = text.many_lines(message, field="message")
    failed = await queries.system_refund(tx.session, refund_id) if isinstance(refund_id, str) else None
    if failed is None or failed.organizer_id != actor.organizer_id:
        raise NotFound("refund")
    await require_real(tx, failed.organizer_id)
    order = await orders.lock(tx, failed.order_id)
    payment = await payments.locked(tx, failed.payment_id)
    await tx.session.refresh(failed, with_for_update=True)
    await _check(tx, failed, order, payment)
    amount, shares = await what_is_left(tx, order, payment, failed)
    refund = await _write(tx, actor, order, payment, failed, amount, shares)
    refund.returned_by, refund.bank_reference = chosen, found
    request = await queries.request_of(tx.session, refund)
    if request is not None:
        request.approved_minor = amount
    await void_tickets(tx, actor, order, refund)
    await follow(tx, refund, RequestStatus.FULFILLED)
    note(
        tx, actor, refund, EntryKind.REFUND_RETURNED, way=RETURN_WAYS[chosen], reference=found, message=said,
        replaces=failed.public_id,
    )  # fmt: skip
    await _tell(tx, refund, said)
    await refresh_order(tx, actor, order, payment)
    if failed.cancels_order and order.status == OrderStatus.PAID:
        await _cancel(tx, actor, order, failed)
    return refund.public_id


async def _check(tx: Transaction, failed: Refund, order: Order, payment: Payment) -> None:
    successor = await tx.session.scalar(sa.select(Refund).where(col(Refund.retry_of) == failed.id))
    if successor is not None:
        organizer = await tx.session.get_one(Organizer, failed.organizer_id)
        outside = successor.source == RefundSource.OUTSIDE_STRIPE
        done = "recorded that this money was returned" if outside else "sent this refund again"
        raise AlreadyDecided(
            f"{successor.requested_by or 'Somebody'} {done} on {l10n.moment(successor.created_at, organizer.zone)}. "
            "Nothing was changed by you."
        )
    lost = may_return_outside(failed.status, at_stripe=failed.stripe_refund_id is not None)
    if not lost or not await _stands(tx, failed):
        raise DomainError(
            "Only money of a refund that failed can be returned another way. Nothing was changed.",
            code="not_failed",
        )
    if payment.open_chargeback:
        raise DomainError(f"{DISPUTED[1]} Nothing was changed.", code=DISPUTED[0])
    if order.dispute_state == DisputeState.LOST:
        raise DomainError(f"{LOST[1]} Nothing was changed.", code=LOST[0])


async def _stands(tx: Transaction, failed: Refund) -> bool:
    """Say whether the refund's request, if there is one, still stands where this refund left it."""
    if failed.request_id is None:
        return True
    request = await tx.session.get_one(RefundRequest, failed.request_id, with_for_update=True)
    last = await queries.last_refund(tx.session, failed.request_id)
    return request.status == RequestStatus.FAILED and last is not None and last.id == failed.id


async def _write(
    tx: Transaction,
    actor: Actor,
    order: Order,
    payment: Payment,
    failed: Refund,
    amount: int,
    shares: dict[int, int],
) -> Refund:
    """Write the row: done at once, never sent. What it took of the payment can't be sent by Stripe any more."""
    await payments.reserve(tx, payment_id=payment.id, amount_minor=amount)
    await tx.session.refresh(payment)
    public_id = ids.public_id("rf")
    refund = Refund(
        public_id=public_id, organizer_id=order.organizer_id, order_id=order.id, payment_id=payment.id,
        request_id=failed.request_id, account=payment.account, amount_minor=amount, currency=order.currency,
        source=RefundSource.OUTSIDE_STRIPE, status=RefundStatus.SUCCEEDED, idempotency_key=f"refund-{public_id}",
        retry_of=failed.id, requested_by=actor.name, alone_by_id=failed.alone_by_id,
        keeps_tickets=failed.keeps_tickets, keeps_seats=failed.keeps_seats,
        created_at=tx.now, accepted_at=tx.now, settled_at=tx.now,
    )  # fmt: skip
    tx.session.add(refund)
    await tx.session.flush()
    named = await queries.named_tickets(tx.session, failed.id or 0)
    tx.session.add_all(RefundTicket(refund_id=refund.id or 0, ticket_id=t.id) for t in named)
    await write_allocations(tx, refund, shares)
    return refund


async def _cancel(tx: Transaction, actor: Actor, order: Order, failed: Refund) -> None:
    """Cancel the order that waited for this money to go back, once nothing of it is left."""
    money = await queries.order_money(tx.session, order.organizer_id, order.id)
    if money is not None and money.left_minor <= 0 and money.no_cancel is None:
        await orders.cancel_paid(tx, actor, order, put_back_on_sale=puts_back(order, failed))


async def _tell(tx: Transaction, refund: Refund, message: str) -> None:
    card = await order_queries.mail_card(tx.session, refund.order_id)
    await messages.queue(
        tx, organizer_id=refund.organizer_id, order_id=refund.order_id, to=card["buyer_email"],
        template=Template.REFUND_RETURNED,
        params={
            "order": card, "amount_minor": refund.amount_minor, "refund_public_id": refund.public_id,
            "way": RETURN_WAYS[ReturnWay(refund.returned_by)], "reference": refund.bank_reference, "message": message,
        },
    )  # fmt: skip


def _way(value: object) -> ReturnWay:
    try:
        return ReturnWay(value)
    except ValueError:
        raise BadInput("Choose from the list how the money went back.", field="way") from None
