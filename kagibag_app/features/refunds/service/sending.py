"""The protocol that brings one refund to Stripe exactly once (docs/refund-protocol.md).

``begin_submission`` and one ``record_...`` are a transaction each; the call to Stripe lies between them. What is
recorded about a try counts only while that try is the row's last: a worker that lost its lease changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules import ACCEPTED, TELL_ORGANIZER, NextStep, RefundSource, RefundStatus
from kagibag_app.features.refunds.rules.failures import NEVER_REACHED, NOT_SENT, failure_sentence
from kagibag_app.features.refunds.rules.schedule import (
    GIVE_UP,
    absence_is_proof,
    key_is_young,
    look_up_delay,
    retry_delay,
)
from kagibag_app.features.refunds.service.creation import create_refund, note, touch
from kagibag_app.features.refunds.service.incoming import record_gateway_refund
from kagibag_app.features.refunds.service.locking import lock_refund
from kagibag_app.features.refunds.service.mirror import fail, mirror
from kagibag_app.features.refunds.service.pacing import slow_down
from kagibag_app.features.refunds.service.states import cancel_unsent, refresh_order, tickets_to_end
from kagibag_app.features.refunds.service.telling import tell_trouble
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import STRIPE, SYSTEM
from kagibag_app.kit.errors import NotFound
from kagibag_app.ports.payments import RefundSnapshot
from kagibag_app.storage.transaction import Transaction

_STILL_TRYING = (
    "Stripe has not answered for a day. The refund is neither lost nor sent twice; we keep trying."
)
_IN_TRANSIT = (RefundStatus.SUBMITTING, RefundStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Submission:
    """One try of a refund: what to do, and the fixed parameters of the call.

    Attributes:
        step: Send it, look it up, wait for another refund of the payment, or nothing.
        began: When it was claimed, by the database's clock: no answer to it can be older.
        number: The row's count of tries; proof that nobody else has tried since.
        marked: This try stored ``maybe_sent_at``: only it may take it back.
        replay: An answer may be an old one, repeated for the key.
        predecessors: Public ids of failed refunds that this one replaces, to be looked for before the first try.
    """

    step: NextStep
    refund_id: str
    began: datetime
    number: int = 0
    marked: bool = False
    replay: bool = False
    payment_intent_id: str = ""
    amount_minor: int = 0
    currency: str = ""
    account: str = ""
    key: str = ""
    order_number: str = ""
    predecessors: tuple[str, ...] = ()


async def begin_submission(tx: Transaction, *, refund_id: str, looked_back: bool = False) -> Submission:
    """Claim the next try of a refund: mark that it may be sent from now on, or say what else is to be done.

    Args:
        refund_id: The refund's public id.
        looked_back: The refunds it replaces were looked for at Stripe and none is alive.

    Raises:
        NotFound: There is no such refund.
    """
    refund, order, payment = await _lock(tx, refund_id)
    if refund.status not in (RefundStatus.CREATED, *_IN_TRANSIT):
        return Submission(NextStep.NOTHING, refund_id, tx.now)
    if await queries.another_is_submitting(tx.session, refund):
        return Submission(NextStep.WAIT, refund_id, tx.now)
    older = tuple(r.public_id for r in await queries.predecessors(tx.session, refund))
    if refund.status == RefundStatus.CREATED:
        if tx.now - refund.created_at >= GIVE_UP:
            await fail(tx, SYSTEM, refund, order, payment, code=NOT_SENT, message="")
            await refresh_order(tx, SYSTEM, order, payment)
            return Submission(NextStep.NOTHING, refund_id, tx.now)
        if older and not looked_back:
            return _submission(tx, NextStep.LOOK_BACK, refund, order, payment, predecessors=older)
    elif not key_is_young(_maybe_sent_at(refund), tx.now):
        refund.status = RefundStatus.UNKNOWN
        return _submission(tx, NextStep.LOOK_UP, refund, order, payment)
    marked = refund.status == RefundStatus.CREATED
    if marked:
        refund.maybe_sent_at = tx.now
    refund.status, refund.tries, refund.next_try_at = RefundStatus.SUBMITTING, refund.tries + 1, None
    await tx.session.flush()
    touch(tx, refund.organizer_id, refund.order_id)
    return _submission(tx, NextStep.SEND, refund, order, payment, marked=marked)


async def record_sent(tx: Transaction, submission: Submission, snapshot: RefundSnapshot) -> None:
    """Record Stripe's answer, or what a look-up found. Always recorded, whoever holds the lease by now.

    Once the row knows its Stripe id, only freshly fetched objects (``record_gateway_refund``) move it: an answer
    that was under way meanwhile may be older.
    """
    refund, _, _ = await _lock(tx, submission.refund_id)
    if refund.stripe_refund_id is not None:
        return
    note(tx, SYSTEM, refund, EntryKind.REFUND_SENT, stripe_id=snapshot.refund_id)
    await mirror(tx, refund, snapshot, fetched_at=submission.began)


async def record_not_reached(
    tx: Transaction, submission: Submission, *, proven: bool, reason: str, chance: float, busy: bool = False
) -> timedelta | None:
    """Record a try that Stripe turned away (429, lock, key in use) or that found no connection.

    Args:
        busy: Stripe asked for fewer calls: what is sent to the account goes slower from now on.
        proven: Certainly nothing of this try took effect. If no earlier try may have had one either, the row is
            ``created`` again; otherwise its outcome stays unknown.
        reason: For the timeline, one sentence.
        chance: Uniform in [0, 1), for the delay.

    Returns:
        When to try again; ``None`` when the try had been taken over.
    """
    refund = await _held(tx, submission)
    if refund is None:
        return None
    if busy:
        await slow_down(tx, refund.account)
    if proven and submission.marked:
        refund.status, refund.maybe_sent_at = RefundStatus.CREATED, None
        return await _wait(tx, refund, retry_delay(refund.tries, chance))
    return await _unknown(tx, refund, reason, retry_delay(refund.tries, chance))


async def record_unknown(
    tx: Transaction, submission: Submission, *, reason: str, chance: float
) -> timedelta | None:
    """Record a try, or a look-up, that told nothing.

    Returns:
        When to try or look again; ``None`` when the try had been taken over.
    """
    refund = await _held(tx, submission)
    if refund is None:
        return None
    if tx.now - refund.created_at >= GIVE_UP:
        refund.flagged = True
    delay = look_up_delay(_maybe_sent_at(refund), refund.tries, tx.now, chance)
    return await _unknown(tx, refund, reason, delay)


async def record_refused(tx: Transaction, submission: Submission, *, code: str, message: str) -> None:
    """Record a definite refusal: the refund has failed and only a person sends it again.

    Args:
        code, message: Stripe's.
    """
    if await _held(tx, submission) is None:
        return
    refund, order, payment = await _lock(tx, submission.refund_id)
    await fail(tx, STRIPE, refund, order, payment, code=code or "refused", message=message)
    await refresh_order(tx, STRIPE, order, payment)


async def record_absent(tx: Transaction, submission: Submission, *, chance: float) -> timedelta | None:
    """Record that Stripe doesn't list the refund.

    Old enough, that is proof: the row failed as ``never_reached_stripe``, and a new one with a new key takes over
    its reservation, its lines and its request in this transaction. Younger, it stays unknown.

    Returns:
        When to look again; ``None`` when there is nothing more to do for this row.
    """
    refund = await _held(tx, submission)
    if refund is None:
        return None
    if not absence_is_proof(_maybe_sent_at(refund), tx.now):
        return await record_unknown(tx, submission, reason="Stripe does not list it yet.", chance=chance)
    refund, order, payment = await _lock(tx, submission.refund_id)
    refund.status, refund.settled_at, refund.next_try_at = RefundStatus.FAILED, tx.now, None
    refund.failure_code, refund.failure_message = NEVER_REACHED, failure_sentence(NEVER_REACHED)
    refund.flagged = False
    await tx.session.flush()
    note(tx, SYSTEM, refund, EntryKind.REFUND_FAILED, reason=refund.failure_message, code=NEVER_REACHED)
    successor = await create_refund(
        tx, SYSTEM, order=order, payment=payment, amount_minor=refund.amount_minor, source=RefundSource(refund.source),
        allocations=await queries.allocations_of(tx.session, refund.id or 0), request_id=refund.request_id,
        retry_of=refund.id, reserve=False, cancels_order=refund.cancels_order, keeps_seats=refund.keeps_seats,
        keeps_tickets=refund.keeps_tickets, ticket_ids=await tickets_to_end(tx, refund),
    )  # fmt: skip
    note(tx, SYSTEM, successor, EntryKind.REFUND_RETRIED)
    await refresh_order(tx, SYSTEM, order, payment)
    return None


async def record_looked_back(
    tx: Transaction, submission: Submission, snapshots: list[RefundSnapshot]
) -> bool:
    """Take over what Stripe knows of the refunds that this one replaces, before its first try.

    Returns:
        Whether it may be sent: False when one of them is alive, so that this row was canceled.
    """
    found = [s for s in snapshots if s.refund_reference in submission.predecessors]
    alive = any(RefundStatus.from_stripe(s.status) in (None, *ACCEPTED) for s in found)
    refund, order, payment = await _lock(tx, submission.refund_id)
    if alive and refund.status == RefundStatus.CREATED:
        await cancel_unsent(tx, refund, payment, order, reopen=False)
    for snapshot in found:
        await record_gateway_refund(tx, snapshot, account=submission.account, fetched_at=submission.began)
    return not alive


async def record_others(tx: Transaction, submission: Submission, snapshots: list[RefundSnapshot]) -> None:
    """Take over the other refunds of the payment: they may be why Stripe refused this one."""
    for snapshot in snapshots:
        if snapshot.refund_reference != submission.refund_id:
            await record_gateway_refund(tx, snapshot, account=submission.account, fetched_at=submission.began)


async def _unknown(tx: Transaction, refund: Refund, reason: str, delay: timedelta) -> timedelta:
    first = refund.status == RefundStatus.SUBMITTING
    refund.status = RefundStatus.UNKNOWN
    await tx.session.flush()
    if first:
        note(tx, SYSTEM, refund, EntryKind.REFUND_UNKNOWN, reason=reason)
    return await _wait(tx, refund, delay)


async def _wait(tx: Transaction, refund: Refund, delay: timedelta) -> timedelta:
    refund.next_try_at = tx.now + delay
    if refund.told_at is None and tx.now - refund.created_at >= TELL_ORGANIZER:
        refund.told_at = tx.now
        await tell_trouble(tx, refund, _STILL_TRYING)
    await tx.session.flush()
    touch(tx, refund.organizer_id, refund.order_id)
    return delay


async def _held(tx: Transaction, submission: Submission) -> Refund | None:
    """Lock the refund if this try is still its last one and nothing has settled it."""
    refund, _, _ = await _lock(tx, submission.refund_id)
    held = (
        refund.status in _IN_TRANSIT and refund.tries == submission.number and refund.stripe_refund_id is None
    )
    return refund if held else None


async def _lock(tx: Transaction, refund_id: str) -> tuple[Refund, Order, Payment]:
    refund = await queries.system_refund(tx.session, refund_id)
    if refund is None:
        raise NotFound("refund")
    order, payment = await lock_refund(tx, refund)
    return refund, order, payment


def _maybe_sent_at(refund: Refund) -> datetime:
    return refund.maybe_sent_at or refund.created_at


def _submission(
    tx: Transaction,
    step: NextStep,
    refund: Refund,
    order: Order,
    payment: Payment,
    *,
    marked: bool = False,
    predecessors: tuple[str, ...] = (),
) -> Submission:
    return Submission(
        step, refund.public_id, tx.now, number=refund.tries, marked=marked, replay=not marked,
        payment_intent_id=payment.payment_intent_id, amount_minor=refund.amount_minor, currency=refund.currency,
        account=refund.account, key=refund.idempotency_key, order_number=order.number, predecessors=predecessors,
    )  # fmt: skip
