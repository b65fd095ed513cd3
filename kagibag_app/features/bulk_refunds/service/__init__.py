"""Bulk refunds: previewed, started, paused and retried by members, carried out order by order by a job."""

from kagibag_app.features.bulk_refunds.service.asking import discard_run, prepare_run, refresh_preview
from kagibag_app.features.bulk_refunds.service.deciding import (
    confirm_waiting,
    pause_run,
    record_download,
    resume_run,
    retry_failed,
    start_run,
)
from kagibag_app.features.bulk_refunds.service.following import follow_run
from kagibag_app.features.bulk_refunds.service.previewing import (
    Preview,
    add_orders,
    begin_preview,
    finish_preview,
)
from kagibag_app.features.bulk_refunds.service.working import (
    Stock,
    record_refused,
    refund_next,
    take_stock,
)

__all__ = [
    "Preview",
    "Stock",
    "add_orders",
    "begin_preview",
    "confirm_waiting",
    "discard_run",
    "finish_preview",
    "follow_run",
    "pause_run",
    "prepare_run",
    "record_download",
    "record_refused",
    "refresh_preview",
    "refund_next",
    "resume_run",
    "retry_failed",
    "start_run",
    "take_stock",
]
