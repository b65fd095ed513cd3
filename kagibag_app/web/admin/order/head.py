"""The head of an order: where one came from, its number and states, and what can be done with it."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.order.desk_state import OrderDeskState
from kagibag_app.web.admin.order.money_state import OrderMoneyState
from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.components.badge import badge_for
from kagibag_app.web.components.buttons import button, icon_button, link
from kagibag_app.web.components.menu import menu, menu_item
from kagibag_app.web.components.shell import crumbs, page_head
from kagibag_app.web.components.statuses import DISPUTE_STATE, ORDER, REFUND_STATE
from kagibag_app.web.components.table import neighbour_links
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.components.values import when

_MAY = OrderDetailState.may
NOTE_FIELD = "note-text"


def way_back() -> rx.Component:
    """The list one came from, and the orders beside this one in it."""
    face, way = OrderDetailState.face, OrderDetailState.way
    return rx.el.div(
        crumbs(link("Orders", way.list), link(face.event, face.event_orders)),
        neighbour_links("order", way.previous, way.next),
        class_name="crumb-row",
    )


def head() -> rx.Component:
    """Number, states, acts."""
    face = OrderDetailState.face
    return page_head(
        rx.el.span(face.number, class_name="mono"),
        icon_button("copy", "Copy order number", on_click=_copy(), kind="quiet", size="s"),
        when(face.shows_status, badge_for(face.status, ORDER)),
        rx.cond(face.dispute_state == "none", rx.fragment(), badge_for(face.dispute_state, DISPUTE_STATE)),
        rx.cond(face.refund_state == "none", rx.fragment(), badge_for(face.refund_state, REFUND_STATE)),
        acts=rx.fragment(*_acts()),
    )


def _acts() -> list[rx.Component]:
    resend = button(
        "Resend confirmation",
        icon="mail",
        on_click=OrderDeskState.resend_confirmation,
        busy=OrderDeskState.busy == "resend",
        once=True,
        class_name="hide-s",
    )
    refund = button("Refund…", icon="undo-2", key="r", on_click=OrderMoneyState.open_refund, once=True)
    return [when(_MAY.resend, resend), when(_MAY.refund, refund), _more()]


def _more() -> rx.Component:
    resend = menu_item(
        "Resend confirmation", "mail", on_click=OrderDeskState.resend_confirmation, class_name="only-s"
    )
    correct = menu_item(
        "Correct email…",
        "pencil",
        on_click=OrderDeskState.open_email,
        about="Old links stop working; new ones are mailed.",
    )
    note = menu_item("Write a note", "sticky-note", on_click=_write_note(), about="For the team alone.")
    cancel = menu_item(
        "Cancel order…",
        "ban",
        on_click=OrderMoneyState.open_cancel,
        about="Ends its tickets; what is left of the money goes back.",
    )
    return menu(
        "More",
        when(_MAY.resend, resend),
        when(_MAY.correct, correct),
        when(_MAY.note, note),
        menu_item("Copy order number", "copy", on_click=_copy()),
        when(_MAY.cancel, cancel),
    )


def _copy() -> list[rx.event.EventSpec]:
    return [rx.set_clipboard(OrderDetailState.face.number), notify("Order number copied")]


def _write_note() -> rx.event.EventSpec:
    return rx.call_script(f"document.getElementById('{NOTE_FIELD}')?.focus()")
