"""One order: what was bought and paid, what became of it, and one timeline of everything."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.admin.order.rail import rail
from kagibag_app.web.admin.order.sections import disputes, ledger, messages, payments, refunds, tickets
from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.components.badge import badge_for
from kagibag_app.web.components.buttons import button, icon_button, link, link_button
from kagibag_app.web.components.callout import banner
from kagibag_app.web.components.empty import empty
from kagibag_app.web.components.shell import crumbs, page_head
from kagibag_app.web.components.skeleton import skeleton_page
from kagibag_app.web.components.statuses import DISPUTE_STATE, ORDER, REFUND_STATE
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.components.values import when


def page() -> rx.Component:
    """The screen in whichever state it is."""
    content = rx.match(
        OrderDetailState.phase,
        ("shown", _shown()),
        ("missing", _missing()),
        skeleton_page("Loading the order"),
    )
    return workspace(
        rx.fragment(content),
        active="orders",
        counts=OrderDetailState.counts,
        refresh=OrderDetailState.refresh,
    )


def _shown() -> rx.Component:
    face = OrderDetailState.face
    return rx.fragment(
        crumbs(link("Orders", "/admin/orders"), link(face.event, face.event_orders)),
        _head(),
        rx.el.p(face.placed, class_name="page-sub"),
        when(OrderDetailState.alarm.title, _alarm()),
        rx.el.div(
            rx.el.div(tickets(), payments(), refunds(), disputes(), ledger(), messages(), class_name="lead"),
            rail(),
            class_name="with-rail",
        ),
    )


def _head() -> rx.Component:
    face = OrderDetailState.face
    number = rx.el.span(face.number, class_name="mono")
    copied = [rx.set_clipboard(face.number), notify("Order number copied")]
    resend = button(
        "Resend confirmation",
        icon="mail",
        on_click=OrderDetailState.resend_confirmation,
        busy=OrderDetailState.resending,
        once=True,
    )
    return page_head(
        number,
        icon_button("copy", "Copy order number", on_click=copied, kind="quiet", size="s"),
        when(face.shows_status, badge_for(face.status, ORDER)),
        rx.cond(face.dispute_state == "none", rx.fragment(), badge_for(face.dispute_state, DISPUTE_STATE)),
        rx.cond(face.refund_state == "none", rx.fragment(), badge_for(face.refund_state, REFUND_STATE)),
        acts=when(OrderDetailState.may_resend, resend),
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


def _missing() -> rx.Component:
    return empty(
        "search-x",
        "There is no order of this number",
        "The number may be mistyped, or it belongs to another organization. Nothing was changed.",
        link_button("All orders", "/admin/orders"),
    )
