"""Ends the wait for a payment: Stripe's page first, and only when Stripe has closed it the seats.

What becomes of the order then, expired or cancelled, ``orders.service.release`` knows: whether a member asked for it.
"""

from __future__ import annotations

from datetime import timedelta

from kagibag_app.features.payments import queries as payment_queries
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.tables import Payment
from kagibag_app.jobs.outcome import Later
from kagibag_app.jobs.settlement import moment, record_checkout
from kagibag_app.ports.payments import CheckoutSnapshot, NotReached, NotThere, OutcomeUnknown, Refused
from kagibag_app.runtime import Runtime
from kagibag_app.storage.outbox import Job

_SOON = timedelta(seconds=30)


async def run(runtime: Runtime, job: Job) -> None:
    """Close a payment's page when its time has come, or at once where the job's payload says ``at_once``."""
    payment_id: int = job.payload["payment_id"]
    async with runtime.store.read() as session:
        payment = await payment_queries.system_payment(session, payment_id)
    if payment is None or payment.captured_at is not None:
        return
    began = await moment(runtime)
    ends = payment.session_expires_at or began
    if began < ends and payment.is_open and not job.payload.get("at_once"):
        raise Later(ends - began, "The page may still be paid at.", count=False)
    # Without an address that was received nobody can pay at a page that may exist.
    snapshot = await _closed(runtime, payment) if payment.session_id else None
    if snapshot is None:
        known = payment.session_id
        ended = await runtime.store.run(
            lambda tx: payments.record_session_end(tx, payment_id=payment_id, session_id=known)
        )
        if not ended:
            raise Later(timedelta(0), "The page was opened a moment ago.", count=False)
        return
    await runtime.store.run(
        lambda tx: record_checkout(tx, snapshot, account=payment.account, fetched_at=began)
    )
    if snapshot.status == "open":
        raise Later(_SOON, "Stripe has not closed the page yet.")


async def _closed(runtime: Runtime, payment: Payment) -> CheckoutSnapshot | None:
    """Close the page at Stripe and return it as it is then; ``None`` when Stripe has no such page.

    Raises:
        Later: Stripe gave no answer.
    """
    try:
        snapshot = await runtime.payments.get_checkout(payment.session_id, account=payment.account)
        if snapshot.status != "open":
            return snapshot
        try:
            return await runtime.payments.expire_checkout(payment.session_id, account=payment.account)
        except Refused:  # paid or closed a moment ago
            return await runtime.payments.get_checkout(payment.session_id, account=payment.account)
    except NotThere:
        return None
    except (NotReached, OutcomeUnknown) as error:
        raise Later(_SOON, error.message, count=False) from error
