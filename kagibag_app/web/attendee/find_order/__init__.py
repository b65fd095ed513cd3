"""Have the links to one's orders mailed."""

from kagibag_app.web.attendee.find_order.page import page
from kagibag_app.web.attendee.find_order.state import FindOrderState

ROUTE = "/orders/find"
TITLE = "Find my order"

on_load = [FindOrderState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
