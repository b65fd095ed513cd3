"""Reads of runs and their orders."""

from kagibag_app.features.bulk_refunds.queries.orders import PAGE, order_rows, report_rows
from kagibag_app.features.bulk_refunds.queries.runs import (
    list_runs,
    orders_above_limit,
    organizer_run,
    run_view,
)
from kagibag_app.features.bulk_refunds.queries.seen import Seen, orders_seen
from kagibag_app.features.bulk_refunds.queries.working import (
    Moved,
    system_accounts,
    system_followed,
    system_is_ahead,
    system_moved,
    system_next,
    system_queued,
    system_unsent,
)

__all__ = [
    "PAGE",
    "Moved",
    "Seen",
    "list_runs",
    "order_rows",
    "orders_above_limit",
    "orders_seen",
    "organizer_run",
    "report_rows",
    "run_view",
    "system_accounts",
    "system_followed",
    "system_is_ahead",
    "system_moved",
    "system_next",
    "system_queued",
    "system_unsent",
]
