"""Asks Stripe for the hosted page of a payment."""

from __future__ import annotations

from datetime import timedelta

from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.views import PaymentPage
from kagibag_app.jobs.outcome import Later
from kagibag_app.ports.payments import CheckoutLine, CheckoutOrder, NotReached, OutcomeUnknown, Refused
from kagibag_app.runtime import Runtime
from kagibag_app.storage.outbox import Job
from kagibag_app.storage.secrets import LinkPurpose

# The buyer waits in front of the screen: soon again, then once a minute until the hold ends.
_LONGEST_PAUSE = 60
_TRIES_PER_KEY = 4


async def run(runtime: Runtime, job: Job) -> None:
    """Open the page under the payment's own key, so that a second try finds the first one's page."""
    payment_id: int = job.payload["payment_id"]
    page = await runtime.store.run(lambda tx: payments.claim_opening(tx, payment_id=payment_id))
    if page is None:
        return
    try:
        snapshot = await runtime.payments.open_checkout(
            checkout_order(runtime, page),
            account=page.account,
            key=key_of(page.public_id, job.attempts, page.link_version),
        )
    except Refused as error:
        code, message = error.code, error.message
        if not page.first_try:
            message = "it took too long to answer."
        await runtime.store.run(
            lambda tx: payments.record_refused(tx, payment_id=payment_id, code=code, message=message)
        )
    except (NotReached, OutcomeUnknown) as error:
        if page.first_try and isinstance(error, NotReached) and not error.sent:
            await runtime.store.run(lambda tx: payments.record_not_sent(tx, payment_id=payment_id))
        raise Later(timedelta(seconds=min(2**job.attempts, _LONGEST_PAUSE)), error.message) from error
    else:
        await runtime.store.run(
            lambda tx: payments.record_session(tx, payment_id=payment_id, snapshot=snapshot)
        )


def key_of(public_id: str, attempts: int, link_version: int = 1) -> str:
    """Return the key of a try: the payment's own, and every fourth time a new one.

    After the buyer's address was corrected the page says another address and leads back by another link, so that
    the key of a try before does not fit it.

    Stripe answers a key that once met a server error with that error for ever. A new key may leave a page
    behind, but one whose address nobody has received, so that nobody can pay there.
    """
    replaced, corrected = attempts // _TRIES_PER_KEY, link_version - 1
    own = f"open-{public_id}" + (f"-c{corrected}" if corrected else "")
    return f"{own}-{replaced}" if replaced else own


def checkout_order(runtime: Runtime, page: PaymentPage) -> CheckoutOrder:
    """Return what the page is opened with; the same at every try, because the key only fits the same."""
    token = runtime.links.token(LinkPurpose.ORDER, page.order_public_id, page.link_version)
    back = f"{runtime.settings.base_url}/checkout/{token}?back="
    return CheckoutOrder(
        reference=page.public_id,
        order_number=page.order_number,
        description=page.event_title,
        email=page.email,
        currency=page.currency,
        lines=tuple(
            CheckoutLine(f"{page.event_title}: {name}", net, count) for name, net, count in page.lines
        ),
        expires_at=page.expires_at,
        success_url=back + "paid",
        cancel_url=back + "cancelled",
        locale=page.locale,
        application_fee_minor=page.fee_minor,
    )
