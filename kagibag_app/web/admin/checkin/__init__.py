"""The door: one field for codes, one large answer, how many are in."""

from kagibag_app.web.admin.checkin.page import page
from kagibag_app.web.admin.checkin.state import CheckinState

ROUTE = "/admin/checkin"
TITLE = "Check-in"

on_load = [CheckinState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
