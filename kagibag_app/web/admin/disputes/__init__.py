"""The list of disputes, the nearest deadline first."""

from kagibag_app.web.admin.disputes.page import page
from kagibag_app.web.admin.disputes.state import DisputesState

ROUTE = "/admin/disputes"
TITLE = "Disputes"

on_load = [DisputesState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
