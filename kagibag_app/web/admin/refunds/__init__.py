"""The refunds queue: what buyers ask for, and the decision."""

from kagibag_app.web.admin.refunds.page import page
from kagibag_app.web.admin.refunds.several import SeveralState
from kagibag_app.web.admin.refunds.state import RefundsState

ROUTE = "/admin/refunds"
TITLE = "Refunds"

on_load = [RefundsState.load, SeveralState.begin]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
