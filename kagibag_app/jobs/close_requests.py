"""Closes refund requests whose tickets a member has made void."""

from __future__ import annotations

from kagibag_app.features.refunds import service as refunds
from kagibag_app.runtime import Runtime
from kagibag_app.storage.outbox import Job


async def run(runtime: Runtime, job: Job) -> None:
    """Look at the requests of one order."""
    order_id: int = job.payload["order_id"]
    await runtime.store.run(lambda tx: refunds.close_requests(tx, order_id=order_id))
