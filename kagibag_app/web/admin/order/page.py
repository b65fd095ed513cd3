"""One order: what was bought and paid, what became of it, and one timeline of everything."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.admin.order.desk_dialogs import desk_dialogs
from kagibag_app.web.admin.order.head import head, way_back
from kagibag_app.web.admin.order.mending_dialogs import mending_dialogs
from kagibag_app.web.admin.order.money_dialogs import money_dialogs
from kagibag_app.web.admin.order.rail import rail
from kagibag_app.web.admin.order.sections import disputes, ledger, messages, payments, refunds
from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.admin.order.tickets import tickets
from kagibag_app.web.components.buttons import button, link_button
from kagibag_app.web.components.callout import banner
from kagibag_app.web.components.empty import empty, failed
from kagibag_app.web.components.shell import page_head
from kagibag_app.web.components.skeleton import skeleton_page
from kagibag_app.web.components.values import when


def page() -> rx.Component:
    """The screen in whichever state it is."""
    content = rx.match(
        OrderDetailState.phase,
        ("shown", _shown()),
        ("missing", _missing()),
        ("failed", _failed()),
        skeleton_page("Loading the order"),
    )
    return workspace(
        rx.fragment(content),
        active="orders",
        counts=OrderDetailState.counts,
        refresh=OrderDetailState.refresh,
    )


def _shown() -> rx.Component:
    return rx.fragment(
        way_back(),
        head(),
        rx.el.p(OrderDetailState.face.placed, class_name="page-sub"),
        when(OrderDetailState.alarm.title, _alarm()),
        rx.el.div(
            rx.el.div(tickets(), payments(), refunds(), disputes(), ledger(), messages(), class_name="lead"),
            rail(),
            class_name="with-rail",
        ),
        money_dialogs(),
        mending_dialogs(),
        desk_dialogs(),
    )


def _alarm() -> rx.Component:
    alarm = OrderDetailState.alarm
    return banner(
        alarm.title,
        alarm.text,
        rx.el.span(alarm.blocked, class_name="cap"),
        label="Dispute",
        action=link_button("See the dispute", alarm.href, kind="primary"),
    )


def _failed() -> rx.Component:
    return rx.fragment(
        page_head("Order"),
        failed(
            "The order could not be shown",
            "Something went wrong while it was read. Nothing was changed.",
            button("Try again", icon="rotate-cw", on_click=OrderDetailState.load),
        ),
    )


def _missing() -> rx.Component:
    return rx.fragment(
        page_head("Order"),
        empty(
            "search-x",
            "There is no order of this number",
            "The number may be mistyped, or it belongs to another organization. Nothing was changed.",
            link_button("Back to the orders", OrderDetailState.way.list),
        ),
    )
