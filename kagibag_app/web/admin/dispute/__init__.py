"""One dispute with its deadline, what is at stake, and how it went so far."""

from kagibag_app.web.admin.dispute.page import page
from kagibag_app.web.admin.dispute.state import DisputeState

ROUTE = "/admin/disputes/[dispute]"
TITLE = "Dispute"

on_load = [DisputeState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
