"""Bulk refunds: where one begins, and those that were."""

from kagibag_app.web.admin.bulk_refunds.page import page
from kagibag_app.web.admin.bulk_refunds.state import BulkRefundsState

ROUTE = "/admin/refunds/bulk"
TITLE = "Bulk refunds"

on_load = [BulkRefundsState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
