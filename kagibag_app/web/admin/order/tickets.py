"""Every ticket with its price and its state, what can be done with it, and the totals."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.web.admin.order.desk_state import OrderDeskState
from kagibag_app.web.admin.order.rows import TicketLine
from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.components.badge import badge, badge_for
from kagibag_app.web.components.buttons import button, icon_button
from kagibag_app.web.components.price_table import price_table
from kagibag_app.web.components.shell import section
from kagibag_app.web.components.statuses import TICKET
from kagibag_app.web.components.table import cell, column, nothing, row, scroll_region, table
from kagibag_app.web.components.values import each, when

_MAY = OrderDetailState.may


def tickets() -> rx.Component:
    """The section."""
    lines: Any = OrderDetailState.tickets
    heads = [
        column("Ticket"),
        column("State"),
        column(rx.el.span("Acts", class_name="vh")),
        column("List price", numeric=True, class_name="hide-s"),
        column("Discount", numeric=True, class_name="hide-s"),
        column("Net", numeric=True),
        column("Refunded", numeric=True, class_name="hide-s"),
    ]
    sums = rx.el.div(price_table(OrderDetailState.totals, caption="Totals", dense=True), class_name="totals")
    return section(
        "Tickets",
        scroll_region("Tickets", table(heads, each(lines, _line), caption="Tickets")),
        sums,
        remark=lines.length(),
        first=True,
    )


def _line(ticket: TicketLine) -> rx.Component:
    code = rx.el.span(ticket.code, class_name="mono mute cap nowrap")
    return row(
        cell(ticket.name, " ", code, rx.el.span(ticket.folded, class_name="only-s cap mute")),
        cell(_state(ticket)),
        cell(when(ticket.ticket, _acts(ticket))),
        cell(ticket.list_price, numeric=True, class_name="mute hide-s"),
        cell(when(ticket.discount, ticket.discount, nothing()), numeric=True, class_name="mute hide-s"),
        cell(ticket.net, numeric=True, class_name="med"),
        cell(when(ticket.refunded, ticket.refunded, nothing()), numeric=True, class_name="hide-s"),
        key=ticket.id,
    )


def _state(ticket: TicketLine) -> rx.Component:
    shown = when(
        ticket.status, badge_for(ticket.status, TICKET), badge("Not issued", "neutral", "circle-dashed")
    )
    remark = rx.el.span(ticket.remark, class_name="mute cap")
    return rx.el.span(shown, when(ticket.remark, remark), class_name="badges")


def _acts(ticket: TicketLine) -> rx.Component:
    busy = OrderDeskState.busy == ticket.ticket
    enter = button(
        "Check in",
        size="s",
        on_click=OrderDeskState.check_in(ticket.ticket),
        busy=busy,
        once=True,
        class_name="hide-s",
        aria_label=rx.Var.create(f"Check in ticket {ticket.code}"),
    )
    undo = button(
        "Undo check-in",
        size="s",
        on_click=OrderDeskState.undo_check_in(ticket.ticket),
        busy=busy,
        once=True,
        class_name="hide-s",
        aria_label=rx.Var.create(f"Undo check-in of ticket {ticket.code}"),
    )
    more = icon_button(
        "ellipsis",
        rx.Var.create(f"More for ticket {ticket.code}"),
        size="s",
        kind="quiet",
        on_click=OrderDeskState.open_ticket(ticket.ticket),
    )
    door = rx.match(ticket.door, ("in", enter), ("undo", undo), rx.fragment())
    return rx.el.span(
        when(_MAY.check_in, door), when(_MAY.check_in | _MAY.resend, more), class_name="row row-tight"
    )
