"""The list of disputes."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.choices import choice_tab
from kagibag_app.web.admin.disputes.rows import DisputeLine
from kagibag_app.web.admin.disputes.state import DisputesState
from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.components.badge import badge_for, toned
from kagibag_app.web.components.buttons import link, link_button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.empty import empty
from kagibag_app.web.components.shell import page_head
from kagibag_app.web.components.skeleton import skeleton, skeleton_rows
from kagibag_app.web.components.statuses import DISPUTE
from kagibag_app.web.components.table import cell, column, row, table
from kagibag_app.web.components.tabs import tabs
from kagibag_app.web.components.timeline import exact_time
from kagibag_app.web.components.values import each, when

_WIDTHS = ("170px", "220px", "130px", "110px", "70px")


def page() -> rx.Component:
    """The whole screen."""
    return workspace(
        page_head("Disputes", rx.el.span(DisputesState.listing.remark, class_name="mute")),
        rx.el.div(when(DisputesState.notice, callout(DisputesState.notice)), role="status"),
        rx.cond(DisputesState.phase == "shown", _shown(), _loading()),
        active="disputes",
        counts=DisputesState.counts,
        refresh=DisputesState.refresh,
    )


def _shown() -> rx.Component:
    listing = DisputesState.listing
    none = empty("shield-check", listing.empty_title, listing.empty_text)
    return rx.fragment(
        tabs(each(DisputesState.tabs, choice_tab), label="State"), when(DisputesState.lines, _list(), none)
    )


def _columns() -> list[rx.Component]:
    return [
        # As wide as the longest deadline: it is never cut off.
        column("Answer until", style={"width": "208px"}),
        column("Reason", class_name="c-buyer"),
        column("State", class_name="c-status"),
        column("Order", class_name="c-number"),
        column("Amount", numeric=True, class_name="c-total"),
    ]


def _list() -> rx.Component:
    listing = DisputesState.listing
    turn = rx.el.span(
        when(listing.newer, link_button("First page", listing.newer, size="s", icon="chevrons-up")),
        when(listing.older, link_button("Next", listing.older, size="s", trailing_icon="chevron-right")),
        class_name="row row-tight push",
    )
    return rx.fragment(
        table(
            _columns(),
            rx.foreach(DisputesState.lines, _line),
            caption="Disputes, nearest deadline first",
            class_name="orders",
        ),
        rx.el.nav(rx.el.span(listing.zone, class_name="cap"), turn, aria_label="Pages", class_name="pager"),
    )


def _line(line: DisputeLine) -> rx.Component:
    opens = link(line.reason, line.href, plain=True, class_name="row-link med", data_row="true")
    order = link(line.order_number, line.order_href, class_name="mono above")
    exact = rx.el.div(
        exact_time(line.deadline.exact, line.deadline.iso, line.deadline.exact), class_name="cap mute"
    )
    until = rx.fragment(toned(line.deadline.text, line.deadline.tone), when(line.deadline.exact, exact))
    return row(
        cell(until, class_name="c-event"),
        cell(
            opens, rx.el.div(line.buyer, " · ", line.event, class_name="cap mute trunc"), class_name="c-buyer"
        ),
        cell(badge_for(line.status, DISPUTE), class_name="c-status"),
        cell(order, class_name="c-number"),
        cell(rx.el.span(line.amount, class_name="med"), numeric=True, class_name="c-total"),
        class_name="pressable",
        key=line.id,
    )


def _loading() -> rx.Component:
    names = rx.el.div(*(skeleton("56px", "14px") for _ in range(4)), class_name="tabs")
    return rx.el.div(
        rx.el.span("Loading disputes", class_name="vh"),
        names,
        table(_columns(), skeleton_rows(5, _WIDTHS), caption="Disputes", class_name="orders"),
        role="status",
    )
