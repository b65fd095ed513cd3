"""States of a run and of each of its orders, and how much is under way at a time."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from kagibag_app.kit.transitions import Transitions

PREVIEW_BULK_REFUND = "preview_bulk_refund"
BULK_REFUND = "bulk_refund"

MOST_ORDERS = 20_000
# A preview is stopped after this long; the orders of the largest run take less than a minute.
AT_MOST = timedelta(minutes=10)
# What was seen longer ago is looked at again before money moves.
PREVIEW_LIFE = timedelta(hours=1)
# So few orders are begun before their refunds have left that a pause is felt at once, and so many that none waits.
AHEAD = timedelta(seconds=2)
UNSENT_MAX = 20
# A bank may return the money of a refund until about a month later.
FOLLOWED_FOR = timedelta(days=40)


class BulkStatus(StrEnum):
    """Where a run stands. ``ready``: its preview is there, and nothing was refunded."""

    PREPARING = "preparing"
    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    DISCARDED = "discarded"


_B = BulkStatus
RUN_MOVES: Transitions[BulkStatus] = Transitions(
    "bulk refund",
    {
        _B.PREPARING: frozenset({_B.READY, _B.DISCARDED}),
        _B.READY: frozenset({_B.PREPARING, _B.RUNNING, _B.DISCARDED}),
        _B.RUNNING: frozenset({_B.PAUSED, _B.FINISHED}),
        _B.PAUSED: frozenset({_B.RUNNING}),
        # What failed is sent again.
        _B.FINISHED: frozenset({_B.RUNNING}),
        _B.DISCARDED: frozenset(),
    },
)


class OrderState(StrEnum):
    """What became of one order of a run.

    ``awaiting_second``: it is more than whoever set the run going may give back alone; somebody else has to confirm it.
    ``queued``: its refund is on its way. ``cancelled``: a free order that the run cancelled. ``skipped``: left out,
    with the reason.
    """

    WAITING = "waiting"
    AWAITING_SECOND = "awaiting_second"
    QUEUED = "queued"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"
    FAILED = "failed"
    SKIPPED = "skipped"


# What the refund of such an order does may still change what became of the order.
WATCHED = (OrderState.QUEUED, OrderState.REFUNDED, OrderState.FAILED)
