"""Takes over what Stripe says about a refund: ours, or one that was made there."""

from __future__ import annotations

from datetime import datetime

import structlog

from kagibag_app.features.ledger import service as ledger
from kagibag_app.features.ledger.rules import EntryKind as LedgerKind
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import OrderStatus, SearchKind
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules import (
    ACCEPTED,
    IN_FLIGHT,
    REFUND_MOVES,
    RESERVING,
    RefundStatus,
    RequestStatus,
    failure_sentence,
)
from kagibag_app.features.refunds.rules.failures import WAITING_FOR_FUNDS, WAITS_FOR_FUNDS
from kagibag_app.features.refunds.service.cancelling import finish_cancelling
from kagibag_app.features.refunds.service.creation import note
from kagibag_app.features.refunds.service.locking import lock_refund
from kagibag_app.features.refunds.service.room import take_room
from kagibag_app.features.refunds.service.states import (
    follow,
    give_room_back,
    refresh_order,
    set_in_progress,
    void_tickets,
)
from kagibag_app.features.refunds.service.telling import tell_buyer, tell_buyer_lost, tell_trouble
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import STRIPE, Actor
from kagibag_app.kit.money import Money
from kagibag_app.ports.payments import RefundSnapshot
from kagibag_app.storage.transaction import Transaction

log = structlog.get_logger(__name__)

_TIMELINE = {
    RefundStatus.PENDING: EntryKind.REFUND_PENDING,
    RefundStatus.REQUIRES_ACTION: EntryKind.REFUND_PENDING,
    RefundStatus.SUCCEEDED: EntryKind.REFUND_SUCCEEDED,
    RefundStatus.CANCELED: EntryKind.REFUND_CANCELED,
}


async def mirror(
    tx: Transaction, refund: Refund, snapshot: RefundSnapshot, *, fetched_at: datetime | None = None
) -> None:
    """Apply a refund's newest state at Stripe, from whatever state ours is in, with everything that follows.

    A jump outside our own table is applied too and marked as unexpected. The same snapshot again, or an older
    one, changes nothing.
    """
    order, payment = await lock_refund(tx, refund)
    looked = fetched_at or tx.now
    if refund.synced_at is not None and looked < refund.synced_at:
        return
    refund.synced_at = looked
    await _book(tx, refund, snapshot)
    old, new = RefundStatus(refund.status), _status(refund, snapshot)
    refund.stripe_refund_id, refund.raw_status = snapshot.refund_id, snapshot.status
    await orders.index_stripe_id(
        tx,
        organizer_id=order.organizer_id,
        order_id=order.id,
        kind=SearchKind.REFUND,
        value=snapshot.refund_id,
    )
    waits = snapshot.pending_reason == WAITS_FOR_FUNDS != refund.pending_reason
    refund.pending_reason = snapshot.pending_reason
    refund.bank_reference = snapshot.bank_reference or refund.bank_reference
    refund.next_try_at = None
    if new != old:
        await _change(tx, order, payment, refund, old, new, snapshot)
    if waits and new in IN_FLIGHT:
        await tell_trouble(tx, refund, WAITING_FOR_FUNDS, waits=True)
    await refresh_order(tx, STRIPE, order, payment)


async def fail(
    tx: Transaction, actor: Actor, refund: Refund, order: Order, payment: Payment, *, code: str, message: str
) -> None:
    """Settle a refund as failed: room given back, tickets usable again, request failed, organizer told.

    Args:
        code: Stripe's code or our own word.
        message: Stripe's sentence, empty for none.
    """
    old = RefundStatus(refund.status)
    refund.status, refund.next_try_at = RefundStatus.FAILED, None
    await _lost(tx, actor, refund, order, payment, old, code=code, message=message)


async def _change(
    tx: Transaction,
    order: Order,
    payment: Payment,
    refund: Refund,
    old: RefundStatus,
    new: RefundStatus,
    snapshot: RefundSnapshot,
) -> None:
    refund.status = new
    unexpected = not REFUND_MOVES.allows(old, new)
    if new in RESERVING:
        if old not in RESERVING:
            await take_room(tx, order, payment, refund)
        await _accepted(tx, order, refund, old, new, unexpected=unexpected)
        return
    reason = snapshot.failure_reason or ("canceled" if new == RefundStatus.CANCELED else "unknown")
    await _lost(tx, STRIPE, refund, order, payment, old, code=reason, unexpected=unexpected)


async def _accepted(
    tx: Transaction, order: Order, refund: Refund, old: RefundStatus, new: RefundStatus, *, unexpected: bool
) -> None:
    if old not in ACCEPTED:
        refund.accepted_at = refund.accepted_at or tx.now
        await tx.session.flush()
        if refund.cancels_order and order.status == OrderStatus.PAID:
            await finish_cancelling(tx, order, refund)
        else:
            await void_tickets(tx, STRIPE, order, refund)
    refund.failure_code = refund.failure_message = ""
    if new == RefundStatus.SUCCEEDED:
        refund.settled_at = tx.now
        await follow(tx, refund, RequestStatus.FULFILLED, RequestStatus.SUPERSEDED)
    note(tx, STRIPE, refund, _TIMELINE[new], unexpected=unexpected, stripe_id=refund.stripe_refund_id)
    if new == RefundStatus.SUCCEEDED:
        await tell_buyer(tx, refund)


async def _lost(
    tx: Transaction,
    actor: Actor,
    refund: Refund,
    order: Order,
    payment: Payment,
    old: RefundStatus,
    *,
    code: str,
    message: str = "",
    unexpected: bool = False,
) -> None:
    refund.settled_at, refund.failure_code = tx.now, code
    refund.failure_message, refund.needs_allocation = failure_sentence(code, message), False
    await tx.session.flush()
    if old in RESERVING:
        await give_room_back(tx, payment, refund)
    await set_in_progress(tx, order, refund, False)
    await follow(tx, refund, RequestStatus.FAILED)
    void = old in ACCEPTED and bool(await queries.revivable_lines(tx.session, order))
    kind = EntryKind.REFUND_CANCELED if refund.status == RefundStatus.CANCELED else EntryKind.REFUND_FAILED
    note(
        tx, actor, refund, kind, unexpected=unexpected, reason=refund.failure_message, code=code,
        tickets_stay_void=void,
    )  # fmt: skip
    await tell_trouble(tx, refund, refund.failure_message, tickets_void=void)
    if old in ACCEPTED:
        await tell_buyer_lost(tx, refund, tickets_void=void)


def _status(refund: Refund, snapshot: RefundSnapshot) -> RefundStatus:
    known = RefundStatus.from_stripe(snapshot.status)
    if known is not None:
        return known
    log.warning("refund.unknown_status", refund=refund.public_id, status=snapshot.status)
    # Stripe has it, so it must not be sent again: a word we don't know yet counts as undecided.
    return RefundStatus(refund.status) if refund.status in ACCEPTED else RefundStatus.PENDING


async def _book(tx: Transaction, refund: Refund, snapshot: RefundSnapshot) -> None:
    booked = (
        (snapshot.balance, LedgerKind.REFUND, -refund.amount_minor),
        (snapshot.failure_balance, LedgerKind.REFUND_REVERSAL, refund.amount_minor),
    )
    for line, kind, amount in booked:
        if line is not None:
            await ledger.record(
                tx, organizer_id=refund.organizer_id, order_id=refund.order_id, account=refund.account, line=line,
                cause=refund.public_id, presentment=Money(amount, refund.currency), kind=kind,
            )  # fmt: skip
