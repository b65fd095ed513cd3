"""Reads of orders, lines and tickets."""

from kagibag_app.features.orders.queries.again import rows_by_id
from kagibag_app.features.orders.queries.counting import count_orders, order_counts
from kagibag_app.features.orders.queries.door import door_view
from kagibag_app.features.orders.queries.exporting import export_rows
from kagibag_app.features.orders.queries.listing import neighbours, order_page
from kagibag_app.features.orders.queries.rows import (
    applied_of,
    lines_of,
    order_by_public_id,
    order_by_request_key,
    organizer_order,
    system_order,
    system_orders_of_email,
    ticket_order,
    tickets_of,
)
from kagibag_app.features.orders.queries.saved import saved_views
from kagibag_app.features.orders.queries.showing import link_card, mail_card, order_view, ticket_page
from kagibag_app.features.orders.queries.whole import whole_order

__all__ = [
    "applied_of",
    "count_orders",
    "door_view",
    "export_rows",
    "lines_of",
    "link_card",
    "mail_card",
    "neighbours",
    "order_by_public_id",
    "order_by_request_key",
    "order_counts",
    "order_page",
    "order_view",
    "organizer_order",
    "rows_by_id",
    "saved_views",
    "system_order",
    "system_orders_of_email",
    "ticket_order",
    "ticket_page",
    "tickets_of",
    "whole_order",
]
