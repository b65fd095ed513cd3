"""Finds what was left lying: jobs that may not be given up, and Stripe events that belong to somebody after all."""

from __future__ import annotations

from datetime import timedelta

import structlog

from kagibag_app.features.bulk_refunds.rules import BULK_REFUND, PREVIEW_BULK_REFUND
from kagibag_app.features.messages.rules import SEND_EMAIL
from kagibag_app.features.orders.rules import CLOSE_REQUESTS
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.rules import APPLY_STRIPE_EVENT, EXPIRE_ORDER
from kagibag_app.features.refunds.rules import SEND_REFUND
from kagibag_app.features.webhooks.rules import DELIVER_WEBHOOK
from kagibag_app.jobs import bulk_refund
from kagibag_app.runtime import Runtime
from kagibag_app.storage import outbox
from kagibag_app.storage.outbox import Job

log = structlog.get_logger(__name__)

# Money, seats, what Stripe told us and what we owe others to tell may not be forgotten because something else was
# broken for a while. Each of these jobs may be run any number of times; mails and deliveries end by schedules of
# their own.
NEVER_GIVEN_UP = (
    SEND_REFUND, EXPIRE_ORDER, APPLY_STRIPE_EVENT, CLOSE_REQUESTS, DELIVER_WEBHOOK, SEND_EMAIL, BULK_REFUND,
    PREVIEW_BULK_REFUND,
)  # fmt: skip
PAUSE = timedelta(hours=1)


async def run(runtime: Runtime, job: Job) -> None:
    """Give each dead job of these kinds another round of tries an hour later, wake parked events, follow refunds."""
    revived = await runtime.store.run(
        lambda tx: outbox.revive(tx.session, tx.now, kinds=NEVER_GIVEN_UP, dead_before=tx.now - PAUSE)
    )
    if revived:
        log.warning("sweep.revived", jobs=revived)
    woken = await runtime.store.run(payments.unpark_known)
    if woken:
        log.warning("sweep.unparked", events=woken)
    followed = await bulk_refund.follow(runtime)
    if followed:
        log.info("sweep.bulk_refunds_followed", orders=followed)
