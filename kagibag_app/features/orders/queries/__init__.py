"""Reads of orders, lines and tickets."""

from kagibag_app.features.orders.queries.listing import order_page
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
from kagibag_app.features.orders.queries.showing import link_card, mail_card, order_view, ticket_page
from kagibag_app.features.orders.queries.whole import whole_order

__all__ = [
    "applied_of",
    "lines_of",
    "link_card",
    "mail_card",
    "order_by_public_id",
    "order_by_request_key",
    "order_page",
    "order_view",
    "organizer_order",
    "system_order",
    "system_orders_of_email",
    "ticket_order",
    "ticket_page",
    "tickets_of",
    "whole_order",
]
