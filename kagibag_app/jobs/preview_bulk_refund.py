"""Looks at the orders of a bulk refund and at Stripe's balance, for a person to decide about. Nothing is refunded by it.

The orders are read as of one moment; what was seen is written beside, some hundreds at a time, so that nothing waits.
"""

from __future__ import annotations

import structlog

from kagibag_app.features.bulk_refunds import queries
from kagibag_app.features.bulk_refunds import service as bulk
from kagibag_app.features.bulk_refunds.service import Preview
from kagibag_app.features.orders import queries as orders
from kagibag_app.ports.payments import Holding, PaymentsError
from kagibag_app.runtime import Runtime
from kagibag_app.storage.outbox import Job

log = structlog.get_logger(__name__)

BATCH = 250


async def run(runtime: Runtime, job: Job) -> None:
    """Make the preview from its start, whatever an earlier run left of it."""
    run_id, turn = int(job.payload["run_id"]), int(job.payload["turn"])
    preview = await runtime.store.run(lambda tx: bulk.begin_preview(tx, run_id=run_id, turn=turn))
    if preview is None or not await _look(runtime, preview):
        return
    held = await _held(runtime, preview)
    await runtime.store.run(lambda tx: bulk.finish_preview(tx, preview, held=held))


async def _look(runtime: Runtime, preview: Preview) -> bool:
    async with runtime.store.read() as session:
        async for batch in orders.export_rows(session, preview.organizer_id, preview.chosen, batch=BATCH):
            seen = await queries.orders_seen(session, preview.organizer_id, [row.order_id for row in batch])
            if not await runtime.store.run(lambda tx, seen=seen: bulk.add_orders(tx, preview, seen)):
                return False
    return True


async def _held(runtime: Runtime, preview: Preview) -> dict[str, list[Holding]]:
    """Ask Stripe what the accounts hold; one that can't be asked is left out."""
    async with runtime.store.read() as session:
        accounts = await queries.system_accounts(session, preview.run_id)
    found: dict[str, list[Holding]] = {}
    for account in accounts:
        try:
            found[account] = await runtime.payments.get_holdings(account=account)
        except PaymentsError as error:
            log.warning("bulk_refund.balance_unknown", account=account, code=error.code)
    return found
