"""Runs over many orders: states, limits, which orders are left out and why, and whether the balance covers them. Pure."""

from kagibag_app.features.bulk_refunds.rules.coverage import Cover, cover_of
from kagibag_app.features.bulk_refunds.rules.outcomes import Facts, Planned, plan
from kagibag_app.features.bulk_refunds.rules.states import (
    AHEAD,
    AT_MOST,
    BULK_REFUND,
    FOLLOWED_FOR,
    MOST_ORDERS,
    PREVIEW_BULK_REFUND,
    PREVIEW_LIFE,
    RUN_MOVES,
    UNSENT_MAX,
    WATCHED,
    BulkStatus,
    OrderState,
)

__all__ = [
    "AHEAD",
    "AT_MOST",
    "BULK_REFUND",
    "FOLLOWED_FOR",
    "MOST_ORDERS",
    "PREVIEW_BULK_REFUND",
    "PREVIEW_LIFE",
    "RUN_MOVES",
    "UNSENT_MAX",
    "WATCHED",
    "BulkStatus",
    "Cover",
    "Facts",
    "OrderState",
    "Planned",
    "cover_of",
    "plan",
]
