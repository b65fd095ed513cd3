"""The list of orders: find any of them."""

from kagibag_app.web.admin.orders.exporting import ExportState
from kagibag_app.web.admin.orders.page import page
from kagibag_app.web.admin.orders.refunding import RefundListState
from kagibag_app.web.admin.orders.state import OrdersState

ROUTE = "/admin/orders"
TITLE = "Orders"

on_load = [OrdersState.load, ExportState.load, RefundListState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
