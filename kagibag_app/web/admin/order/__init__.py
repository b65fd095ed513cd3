"""One order with its whole story."""

from kagibag_app.web.admin.order.money_state import OrderMoneyState
from kagibag_app.web.admin.order.page import page
from kagibag_app.web.admin.order.state import OrderDetailState

ROUTE = "/admin/orders/[number]"
TITLE = "Order"

on_load = [OrderDetailState.load, OrderMoneyState.begin]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
