"""An order: its tickets, what was paid, and its refunds."""

from kagibag_app.web.attendee.order.page import page
from kagibag_app.web.attendee.order.state import OrderState

ROUTE = "/order/[token]"
TITLE = "Your order"

on_load = [OrderState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
