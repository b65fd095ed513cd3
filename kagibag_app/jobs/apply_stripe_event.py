"""Applies an incoming Stripe event: looks at its object as it is now, and records that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from kagibag_app.features.disputes import service as disputes
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.service import EventWork
from kagibag_app.features.refunds import service as refunds
from kagibag_app.jobs.outcome import Later
from kagibag_app.jobs.settlement import record_checkout, record_payment
from kagibag_app.ports.payments import (
    DisputeSnapshot,
    NotThere,
    PaymentsError,
    PaymentSnapshot,
    RefundSnapshot,
    Refused,
)
from kagibag_app.runtime import Runtime
from kagibag_app.storage.outbox import Job
from kagibag_app.storage.transaction import Transaction

Record = Callable[[Transaction], Awaitable[bool]]

# An event can be faster than our own commit; what is unknown after these is somebody else's, or too early.
UNKNOWN_PAUSES = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30))
_LONGEST_PAUSE = 600


async def run(runtime: Runtime, job: Job) -> None:
    """Settle one event, and every other one of its object that was stored before the look began."""
    event_id: int = job.payload["event_id"]
    work = await runtime.store.run(lambda tx: payments.begin_event(tx, event_id=event_id))
    if work is None:
        return
    try:
        record = await _look(runtime, work)
        known = await runtime.store.run(lambda tx: _settle(tx, work, record))
    except NotThere as error:
        await _unknown(runtime, work, f"Stripe does not know the object: {error.message}")
    except PaymentsError as error:
        await _note(runtime, work, error)
        pause = timedelta(seconds=min(2**work.attempts, _LONGEST_PAUSE))
        raise Later(pause, error.message, count=isinstance(error, Refused)) from error
    except Exception as error:
        await _note(runtime, work, error)
        raise
    else:
        if not known:
            await _unknown(runtime, work, "No order of ours has this payment.")


async def _look(runtime: Runtime, work: EventWork) -> Record:
    """Fetch the event's object, with no transaction open, and return what records it."""
    api, subject, account, began = runtime.payments, work.subject, work.account, work.began
    if subject.object_type == "checkout.session":
        session = await api.get_checkout(subject.object_id, account=account)
        return lambda tx: record_checkout(tx, session, account=account, fetched_at=began)
    if subject.object_type == "refund":
        refund = await api.get_refund(subject.object_id, account=account)
        # Looked at after its refund: should that be faster than the payment's own event, the order is paid first.
        intent = refund.payment_intent_id
        paid = await api.get_payment(intent, account=account) if intent else None
        return lambda tx: _record_refund(tx, work, paid, refund)
    if subject.object_type == "dispute":
        dispute = await api.get_dispute(subject.object_id, account=account)
        # Its charge says whose it is, should the dispute be faster than the payment's own event.
        payment = await api.get_charge_payment(dispute.charge_id, account=account)
        return lambda tx: _record_dispute(tx, work, payment, dispute)
    if subject.object_type == "payment_intent":
        payment = await api.get_payment(subject.object_id, account=account)
    else:
        payment = await api.get_charge_payment(subject.object_id, account=account)
    made: list[RefundSnapshot] = []
    if "charge.refunded" in work.types:
        made = await api.list_refunds(payment.payment_intent_id, account=account)
    return lambda tx: _record_payment(tx, work, payment, made)


async def _record_payment(
    tx: Transaction, work: EventWork, payment: PaymentSnapshot, made: list[RefundSnapshot]
) -> bool:
    if not await record_payment(tx, payment, account=work.account, fetched_at=work.began):
        return False
    for refund in reversed(made):  # oldest first, as they happened
        await refunds.record_gateway_refund(tx, refund, account=work.account, fetched_at=work.began)
    return True


async def _record_refund(
    tx: Transaction, work: EventWork, payment: PaymentSnapshot | None, refund: RefundSnapshot
) -> bool:
    if payment is not None:
        await record_payment(tx, payment, account=work.account, fetched_at=work.began)
    return await refunds.record_gateway_refund(tx, refund, account=work.account, fetched_at=work.began)


async def _record_dispute(
    tx: Transaction, work: EventWork, payment: PaymentSnapshot, dispute: DisputeSnapshot
) -> bool:
    if not await record_payment(tx, payment, account=work.account, fetched_at=work.began):
        return False
    return await disputes.record_gateway_dispute(tx, dispute, account=work.account)


async def _settle(tx: Transaction, work: EventWork, record: Record) -> bool:
    await payments.record_failed_tries(tx, work)
    if not await record(tx):
        return False
    await payments.settle_events(tx, work)
    return True


async def _unknown(runtime: Runtime, work: EventWork, reason: str) -> None:
    """Look again soon, a few times; then lay the events aside until their payment appears."""
    if work.attempts <= len(UNKNOWN_PAUSES):
        raise Later(UNKNOWN_PAUSES[work.attempts - 1], reason, count=False)
    await runtime.store.run(lambda tx: payments.park_events(tx, work, reason=reason))


async def _note(runtime: Runtime, work: EventWork, error: Exception) -> None:
    text = error.message if isinstance(error, PaymentsError) else f"{type(error).__name__}: {error}"
    await runtime.store.run(lambda tx: payments.fail_event(tx, event_id=work.event_id, error=text))
