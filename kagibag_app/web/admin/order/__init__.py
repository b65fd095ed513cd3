"""One order with its whole story."""

from kagibag_app.web.admin.order.desk_state import OrderDeskState
from kagibag_app.web.admin.order.mending_state import OrderMendingState
from kagibag_app.web.admin.order.money_state import OrderMoneyState
from kagibag_app.web.admin.order.page import page
from kagibag_app.web.admin.order.state import OrderDetailState

ROUTE = "/admin/orders/[number]"
TITLE = "Order"

on_load = [OrderDetailState.load, OrderMoneyState.begin, OrderMendingState.begin, OrderDeskState.begin]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
