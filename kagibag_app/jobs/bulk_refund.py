"""Carries a bulk refund out, a short pass at a time.

A pass begins as many orders as there are turns at Stripe in the next moments, each in a transaction of its own that
leaves one refund or none, and ends; the outbox runs the next. So a crash, a stop or a pause loses nothing and is felt
within a moment, however many orders there are, and refunds that people start meanwhile are not kept waiting.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy.exc import DBAPIError

from kagibag_app.features.bulk_refunds import queries
from kagibag_app.features.bulk_refunds import service as bulk
from kagibag_app.features.bulk_refunds.rules import FOLLOWED_FOR
from kagibag_app.jobs.outcome import Later
from kagibag_app.kit.errors import DomainError
from kagibag_app.runtime import Runtime
from kagibag_app.storage.outbox import Job

log = structlog.get_logger(__name__)

PASS = timedelta(milliseconds=500)
# Nothing is left to begin: what is on its way is only looked at.
LOOK = timedelta(seconds=2)
# Stripe has not said what became of the last ones; the refunds themselves are asked about on their own schedule.
LOOK_SELDOM = timedelta(seconds=20)
_BROKEN = "It could not be started because of an error on our side. Nothing was sent."


async def run(runtime: Runtime, job: Job) -> None:
    """Do one pass.

    Raises:
        Later: There is more to do.
    """
    run_id, turn = int(job.payload["run_id"]), int(job.payload["turn"])
    stock = await runtime.store.run(lambda tx: bulk.take_stock(tx, run_id=run_id, turn=turn))
    if stock.over:
        return
    for _ in range(stock.room):
        if not await _next(runtime, run_id, turn):
            break
    if stock.waiting:
        raise Later(PASS, "orders wait for their turn", count=False)
    raise Later(LOOK if stock.unsent else LOOK_SELDOM, "refunds are on their way", count=False)


async def _next(runtime: Runtime, run_id: int, turn: int) -> bool:
    """Begin the next order; false when none may be begun now. One that can't be refunded never stops the others."""
    async with runtime.store.read() as session:
        row_id = await queries.system_next(session, run_id)
    if row_id is None:
        return False
    try:
        return await runtime.store.run(
            lambda tx: bulk.refund_next(tx, run_id=run_id, turn=turn, row_id=row_id)
        )
    except DBAPIError:
        raise  # the database is in trouble, not the order
    except DomainError as error:
        await _refused(runtime, run_id, row_id, error.code, error.message, failed=False)
    except Exception:
        log.exception("bulk_refund.order_failed", run=run_id, row=row_id)
        await _refused(runtime, run_id, row_id, "internal", _BROKEN, failed=True)
    return True


async def _refused(
    runtime: Runtime, run_id: int, row_id: int, code: str, reason: str, *, failed: bool
) -> None:
    await runtime.store.run(
        lambda tx: bulk.record_refused(
            tx, run_id=run_id, row_id=row_id, code=code, reason=reason, failed=failed
        )
    )


async def follow(runtime: Runtime) -> int:
    """Follow the refunds of runs that are over, and return how many orders changed."""
    since = runtime.clock.now() - FOLLOWED_FOR
    async with runtime.store.read() as session:
        runs = await queries.system_followed(session, since)
    changed = 0
    for run_id in runs:
        changed += await runtime.store.run(lambda tx, run_id=run_id: bulk.follow_run(tx, run_id=run_id))
    return changed
