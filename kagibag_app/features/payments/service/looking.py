"""Asks for a look at Stripe, for a buyer who is back before any webhook is."""

from __future__ import annotations

from datetime import timedelta

from kagibag_app.features.payments import queries
from kagibag_app.features.payments.rules import SETTLE_CHECKOUT
from kagibag_app.kit.errors import NotFound
from kagibag_app.storage.synthetic import require_real
from kagibag_app.storage.transaction import Transaction

# Each look is a call to Stripe: a page that is reloaded again and again asks for no more than this.
LOOK_EVERY = timedelta(seconds=10)


async def look_soon(tx: Transaction, *, payment_public_id: str) -> None:
    """Have a payment's page looked at now; asking again within ten seconds changes nothing.

    Args:
        payment_public_id: Of the order's payment; whether it still needs a look the job sees.

    Raises:
        NotFound: There is no such payment.
        DomainError: ``synthetic_data``.
    """
    payment = await queries.system_by_public_id(tx.session, payment_public_id)
    if payment is None:
        raise NotFound("payment")
    await require_real(tx, payment.organizer_id)
    slot = int(tx.now.timestamp() // LOOK_EVERY.total_seconds())
    await tx.enqueue_once(
        SETTLE_CHECKOUT,
        f"settle_checkout:{payment_public_id}:{slot}",
        lane=f"checkout:{payment_public_id}",
        payment_public_id=payment_public_id,
    )
