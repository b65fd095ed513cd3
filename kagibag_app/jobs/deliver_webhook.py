"""Posts one event to one endpoint, again and again by its schedule, always under the same event id."""

from __future__ import annotations

from datetime import UTC, datetime

from kagibag_app.features.webhooks import service as webhooks
from kagibag_app.features.webhooks.payloads import signed_headers
from kagibag_app.features.webhooks.views import NotYet, PreparedAttempt
from kagibag_app.jobs.outcome import Later
from kagibag_app.ports.webhook_http import WebhookAnswer
from kagibag_app.runtime import Runtime
from kagibag_app.storage.outbox import Job


async def run(runtime: Runtime, job: Job) -> None:
    """Try once.

    A crash between the receiver's 2xx and our record of it sends the event once more, with the same id: the
    receiver's part is to drop what it has seen.

    Raises:
        Later: The receiver did not take it, or the try is not due yet. The schedule ends by itself, so that
            no run counts towards the worker's own limit.
    """
    delivery_id, job_number = job.payload["delivery_id"], job.payload["job_number"]
    prepared = await runtime.store.run(
        lambda tx: webhooks.begin_attempt(tx, delivery_id=delivery_id, job_number=job_number)
    )
    if prepared is None:
        return
    if isinstance(prepared, NotYet):
        raise Later(prepared.wait, "The next try is not due yet.", count=False)
    answer = await post(runtime, prepared)
    delay = await runtime.store.run(
        lambda tx: webhooks.record_attempt(tx, delivery_id=delivery_id, answer=answer)
    )
    if delay is not None:
        raise Later(delay, answer.error or f"The receiver answered {answer.status}.", count=False)


async def post(runtime: Runtime, prepared: PreparedAttempt) -> WebhookAnswer:
    """Sign and send one prepared try. No transaction is open meanwhile."""
    try:
        secrets = [runtime.box.open(sealed) for sealed in prepared.sealed_secrets]
    except ValueError:
        return WebhookAnswer(
            0,
            error="Nothing was sent: the signing secret can't be opened with the configured encryption keys.",
        )
    # Real time, not the shiftable clock: receivers compare the signature's time with their own clock.
    headers = signed_headers(prepared.body, event_id=prepared.event_id, at=datetime.now(UTC), secrets=secrets)
    return await runtime.webhook_sender.post(prepared.url, prepared.body.encode(), headers)
