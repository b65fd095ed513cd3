"""The orders of a bulk refund, by what became of them."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.bulk_refund.rows import OrderLine
from kagibag_app.web.admin.bulk_refund.state import BulkRefundState
from kagibag_app.web.admin.choices import choice_tab
from kagibag_app.web.components.badge import badge_for
from kagibag_app.web.components.shell import section
from kagibag_app.web.components.statuses import BULK_ORDER
from kagibag_app.web.components.table import cell, column, pager, row, row_link, table
from kagibag_app.web.components.tabs import tabs
from kagibag_app.web.components.values import each, when

_S = BulkRefundState


def orders() -> rx.Component:
    """Tabs, rows, pages."""
    nothing = rx.el.p("No order is here now.", class_name="mute small")
    return section(
        "Orders",
        tabs(each(_S.tabs, choice_tab), label="What became of them"),
        when(_S.lines, _list(), nothing),
    )


def _list() -> rx.Component:
    columns = [
        column("Order", class_name="c-number"),
        column("Buyer", class_name="c-buyer"),
        column("State", class_name="c-status"),
        column("Tickets", numeric=True, class_name="c-event"),
        column("Amount", numeric=True, class_name="c-total"),
    ]
    return rx.fragment(
        table(
            columns, rx.foreach(_S.lines, _line), caption="Orders of this bulk refund", class_name="orders"
        ),
        pager(_S.pages.span, previous=_S.pages.previous, next=_S.pages.next),
    )


def _line(line: OrderLine) -> rx.Component:
    about = when(line.reason, line.reason, line.event)
    return row(
        cell(row_link(line.number, line.href), class_name="c-number"),
        cell(
            rx.el.span(line.buyer, class_name="med"),
            rx.el.div(about, class_name="cap mute"),
            class_name="c-buyer",
        ),
        cell(badge_for(line.state, BULK_ORDER), class_name="c-status"),
        cell(line.tickets, numeric=True, class_name="c-event mute"),
        cell(rx.el.span(line.amount, class_name="med"), numeric=True, class_name="c-total"),
        class_name="pressable",
        key=line.number,
    )
