"""Room on a payment for a refund that Stripe has made whether there was room or not."""

from __future__ import annotations

import structlog

from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules import STARTED_BY_MEMBERS, RefundSource
from kagibag_app.features.refunds.service.creation import create_refund
from kagibag_app.features.refunds.service.states import cancel_unsent
from kagibag_app.features.refunds.service.telling import tell_trouble
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.storage.transaction import Transaction

# No request opens again for such a refund, so that somebody has to be told.
_MADE_ROOM = "Another refund was made at Stripe before this one was sent, and not enough was left for both."

log = structlog.get_logger(__name__)


async def take_room(tx: Transaction, order: Order, payment: Payment, refund: Refund) -> None:
    """Hold the amount of a refund that exists at Stripe.

    Our own refunds of which nothing can be there yet make room for it. If that is not enough the overlap is
    flagged until one of them settles: Stripe itself never gives back more than it took.

    Args:
        payment: Locked, read anew.
    """
    surplus_waits = False
    for unsent in await queries.unsent_refunds(tx.session, payment.id or 0):
        if _replaces(unsent, refund):
            await cancel_unsent(tx, unsent, payment, order, reopen=False)
        elif not _fits(payment, refund):
            await cancel_unsent(tx, unsent, payment, order)
            surplus_waits |= unsent.source == RefundSource.LATE_PAYMENT
            if unsent.source in STARTED_BY_MEMBERS:
                await tell_trouble(tx, unsent, _MADE_ROOM)
    if not await payments.reserve_external(tx, payment_id=payment.id or 0, amount_minor=refund.amount_minor):
        refund.flagged = True
        log.warning("refund.overlap", refund=refund.public_id, payment=payment.public_id)
    if surplus_waits:
        await _return_rest(tx, order, payment)


async def _return_rest(tx: Transaction, order: Order, payment: Payment) -> None:
    """Send back what is left of money that never belonged to the order: no request is there to be decided anew."""
    left = payment.captured_minor - payment.committed_minor
    if left > 0:
        await create_refund(
            tx,
            SYSTEM,
            order=order,
            payment=payment,
            amount_minor=left,
            allocations={},
            source=RefundSource.LATE_PAYMENT,
        )


def _replaces(unsent: Refund, refund: Refund) -> bool:
    """Say whether a refund was made because this one seemed lost: then it is not needed any more."""
    if unsent.retry_of is not None and unsent.retry_of == refund.id:
        return True
    return refund.request_id is not None and unsent.request_id == refund.request_id


def _fits(payment: Payment, refund: Refund) -> bool:
    return payment.committed_minor + refund.amount_minor <= payment.captured_minor
