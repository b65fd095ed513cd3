"""A look at a hosted page at Stripe, recorded: what webhooks, the return page and the end of a hold share."""

from __future__ import annotations

from datetime import datetime

from kagibag_app.features.payments import queries as payment_queries
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.service import GatewayPayment
from kagibag_app.features.refunds import service as refunds
from kagibag_app.ports.payments import CheckoutSnapshot, PaymentSnapshot
from kagibag_app.runtime import Runtime
from kagibag_app.storage.transaction import Transaction


async def settle_checkout(runtime: Runtime, payment_public_id: str) -> bool:
    """Look at a payment's page now, without waiting for a webhook, and record what Stripe says.

    For a buyer who comes back from Stripe: the order completes even when events are late or can't reach us.

    Returns:
        False when there is no open page to look at.

    Raises:
        PaymentsError: Stripe gave no answer; nothing was recorded.
    """
    async with runtime.store.read() as session:
        payment = await payment_queries.system_by_public_id(session, payment_public_id)
    if payment is None or not payment.is_open or not payment.session_id:
        return False
    began = await moment(runtime)
    snapshot = await runtime.payments.get_checkout(payment.session_id, account=payment.account)
    await runtime.store.run(
        lambda tx: record_checkout(tx, snapshot, account=payment.account, fetched_at=began)
    )
    return True


async def moment(runtime: Runtime) -> datetime:
    """Return now (UTC) by the clock that transactions go by."""
    async with runtime.store.transaction() as tx:
        return tx.now


async def record_checkout(
    tx: Transaction, snapshot: CheckoutSnapshot, *, account: str, fetched_at: datetime
) -> bool:
    """Record a hosted page; money that the order can't take goes back. False: it is none of ours."""
    found = await payments.record_session_state(tx, snapshot, account=account, fetched_at=fetched_at)
    return await _return_surplus(tx, found)


async def record_payment(
    tx: Transaction, snapshot: PaymentSnapshot, *, account: str, fetched_at: datetime
) -> bool:
    """Record a payment intent; money that the order can't take goes back. False: it is none of ours."""
    found = await payments.record_gateway_payment(tx, snapshot, account=account, fetched_at=fetched_at)
    return await _return_surplus(tx, found)


async def _return_surplus(tx: Transaction, found: GatewayPayment | None) -> bool:
    if found is not None and found.surplus:
        await refunds.refund_late_payment(tx, payment_id=found.payment_id)
    return found is not None
