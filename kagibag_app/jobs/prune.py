"""Takes away what has had its time: stored files after their expiry, old exports, what killed runs left on the disk."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from kagibag_app.features.reports import service as reports
from kagibag_app.jobs.export_orders import remove_leftovers
from kagibag_app.runtime import Runtime
from kagibag_app.storage import files
from kagibag_app.storage.outbox import Job

log = structlog.get_logger(__name__)

# A download that began in time is let finish.
GRACE = timedelta(hours=1)
EXPORTS_KEPT = timedelta(days=30)
# 8 MB a transaction: the database is never held for long.
CHUNKS_A_TRANSACTION = 32


async def run(runtime: Runtime, job: Job) -> None:
    """Remove everything that is due."""
    await asyncio.to_thread(remove_leftovers, runtime.settings.data_dir)
    async with runtime.store.read() as session:
        expired = await files.system_expired(session, runtime.clock.now() - GRACE)
    for file_id in expired:
        await _remove(runtime, file_id)
    forgotten = await runtime.store.run(lambda tx: reports.forget_exports(tx, tx.now - EXPORTS_KEPT))
    if expired or forgotten:
        log.info("prune.removed", files=len(expired), exports=forgotten)


async def _remove(runtime: Runtime, file_id: int) -> None:
    left = True
    while left:
        left = await runtime.store.run(
            lambda tx: files.remove_chunks(tx.session, file_id, CHUNKS_A_TRANSACTION)
        )
