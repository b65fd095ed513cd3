"""Looks at a payment's page for a buyer who came back from it, so that no late webhook keeps the tickets."""

from __future__ import annotations

from datetime import timedelta

from kagibag_app.jobs.outcome import Later
from kagibag_app.jobs.settlement import settle_checkout
from kagibag_app.ports.payments import PaymentsError
from kagibag_app.runtime import Runtime
from kagibag_app.storage.outbox import Job

_SOON = timedelta(seconds=5)


async def run(runtime: Runtime, job: Job) -> None:
    """Look once; Stripe's silence is waited out."""
    try:
        await settle_checkout(runtime, job.payload["payment_public_id"])
    except PaymentsError as error:
        raise Later(_SOON * job.attempts, error.message) from error
