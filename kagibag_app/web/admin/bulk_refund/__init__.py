"""One bulk refund: preview, progress, report."""

from kagibag_app.web.admin.bulk_refund.page import page
from kagibag_app.web.admin.bulk_refund.state import BulkRefundState

ROUTE = "/admin/refunds/bulk/[run]"
TITLE = "Bulk refund"

on_load = [BulkRefundState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
