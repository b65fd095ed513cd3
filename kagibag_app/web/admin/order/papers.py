"""An order's documents to download."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.components.buttons import link_button
from kagibag_app.web.components.values import when


def documents() -> rx.Component:
    """The part of the rail with what there is: an unpaid order has no documents."""
    files = OrderDetailState.files
    receipt = link_button("Receipt (PDF)", files.receipt, icon="receipt", download=True)
    tickets = link_button("Tickets (PDF)", files.tickets, icon="file-down", download=True)
    shown = rx.el.section(
        rx.el.div(rx.el.h2("Documents"), class_name="section-head"),
        rx.el.div(when(files.receipt, receipt), when(files.tickets, tickets), class_name="row wrap"),
        class_name="no-print",
    )
    return when(files.receipt, shown)
