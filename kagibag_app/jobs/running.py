"""The claim loop and the clock together: what a worker process is, and what the embedded process runs beside its pages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from kagibag_app.jobs.catalog import CATALOG
from kagibag_app.jobs.schedule import clock
from kagibag_app.jobs.worker import Worker
from kagibag_app.runtime import Runtime


@contextlib.asynccontextmanager
async def working(runtime: Runtime) -> AsyncIterator[Worker]:
    """Run the claim loop and the clock while the block lasts, then drain."""
    worker, scheduler = Worker(runtime, CATALOG), clock(runtime)
    scheduler.start()
    loop = asyncio.create_task(worker.run(), name="worker")
    try:
        yield worker
    finally:
        scheduler.shutdown(wait=False)
        worker.stop()
        await loop
