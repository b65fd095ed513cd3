"""Lets the orders of a run know what became of their refunds."""

from __future__ import annotations

from collections.abc import Sequence

from kagibag_app.features.bulk_refunds import queries
from kagibag_app.features.bulk_refunds.queries import Moved
from kagibag_app.features.bulk_refunds.rules import WATCHED, OrderState
from kagibag_app.features.bulk_refunds.service.locking import lock_run, touch
from kagibag_app.features.bulk_refunds.tables import BulkRun
from kagibag_app.features.refunds.rules import ACCEPTED
from kagibag_app.storage.transaction import Transaction


async def follow_run(tx: Transaction, *, run_id: int) -> int:
    """Follow the refunds of a run that is over: a bank may return money, and a member may send a refund again.

    Returns:
        How many of its orders changed.
    """
    return await follow(tx, await lock_run(tx, run_id), WATCHED)


async def follow(tx: Transaction, run: BulkRun, states: Sequence[OrderState]) -> int:
    """Take over what became of the refunds of a locked run's orders in these states, and return how many changed."""
    changed = 0
    # A refund that another one replaced, which was replaced in turn: each round goes one further.
    while moved := await queries.system_moved(tx.session, run.id, states):
        for found in moved:
            _follow(found)
            found.row.moved_at = tx.now
        await tx.session.flush()
        changed += len(moved)
    if changed:
        touch(tx, run)
    return changed


def _follow(moved: Moved) -> None:
    row = moved.row
    row.code = row.reason = ""
    if moved.successor is not None:
        row.refund_id, row.state = moved.successor, OrderState.QUEUED
    elif moved.status in ACCEPTED:
        row.state = OrderState.REFUNDED
    else:
        row.state = OrderState.FAILED
        row.code = moved.failure_code or "canceled"
        row.reason = moved.failure_message or "Another refund of this order took its place."
