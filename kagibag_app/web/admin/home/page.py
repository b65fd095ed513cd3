"""The home page."""

from __future__ import annotations

from typing import cast

import reflex as rx

from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.admin.home.drawing import chart_section
from kagibag_app.web.admin.home.rows import CurrencyRow, DeadlineLine, Figure, NeedLine, PeriodTab
from kagibag_app.web.admin.home.state import HomeState
from kagibag_app.web.components.badge import count, toned
from kagibag_app.web.components.buttons import button, link, link_button, swift_link
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.fields import text_field
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.shell import page_head, section
from kagibag_app.web.components.skeleton import skeleton
from kagibag_app.web.components.table import cell, column, row, scroll_region, table
from kagibag_app.web.components.tabs import tab, tabs
from kagibag_app.web.components.values import each, when

_SHOWN = HomeState.shown


def page() -> rx.Component:
    """The whole screen."""
    return workspace(
        page_head(
            rx.cond(_SHOWN.date, _SHOWN.date, "Home"),
            rx.el.span(_SHOWN.about, class_name="mute"),
            acts=when(HomeState.phase == "shown", _choose_days()),
        ),
        rx.el.div(when(HomeState.notice, callout(HomeState.notice)), role="status"),
        rx.cond(HomeState.phase == "shown", _page(), _loading()),
        active="",
        counts=HomeState.counts,
        refresh=HomeState.refresh,
        on_go=HomeState.load,
    )


def _choose_days() -> rx.Component:
    opener = rx.el.summary(icon("calendar-days", 14), "Choose days", class_name="btn btn-secondary")
    form = rx.el.form(
        text_field("From", name="from", type="date", default_value=_SHOWN.day_from, required=True),
        text_field("Until", name="until", type="date", default_value=_SHOWN.day_until, required=True),
        rx.el.div(when(HomeState.days_error, callout(HomeState.days_error)), role="alert"),
        button("Show these days", submit=True, block=True),
        on_submit=HomeState.choose_days,
        key=_SHOWN.period,
        class_name="stack-s",
    )
    return rx.el.details(opener, rx.el.div(form, class_name="pop pad"), class_name="menu")


def _page() -> rx.Component:
    return rx.fragment(
        tabs(each(_SHOWN.tabs, _period), label="Period"),
        rx.el.dl(each(_SHOWN.figures, _figure), aria_label=_SHOWN.period, class_name="figures"),
        when(_SHOWN.others, _others()),
        rx.el.div(
            rx.el.div(_needs(), chart_section(_SHOWN.chart, _SHOWN.period)),
            rx.el.aside(_deadlines(), aria_label="Deadlines", class_name="rail"),
            class_name="with-rail",
        ),
    )


def _period(entry: PeriodTab) -> rx.Component:
    return tab(entry.label, entry.href, current=entry.current)


def _figure(entry: Figure) -> rx.Component:
    return rx.el.div(
        rx.el.dt(entry.name),
        rx.el.dd(entry.amount, class_name="figure"),
        rx.el.dd(toned(entry.about, entry.tone), class_name="cap"),
        key=entry.name,
    )


def _others() -> rx.Component:
    columns = [
        column("Currency"),
        *(column(name, numeric=True) for name in ("Sales", "Refunded", "Disputed", "Fees", "Net")),
    ]
    lines = table(columns, rx.foreach(_SHOWN.others, _other), caption="The period in other currencies")
    return section(
        "Other currencies",
        scroll_region("The period in other currencies", lines),
        remark="Currencies are never added together.",
        first=True,
    )


def _other(entry: CurrencyRow) -> rx.Component:
    amounts = (entry.sales, entry.refunded, entry.disputed, entry.fees)
    return row(
        cell(swift_link(entry.currency, entry.href)),
        *(cell(amount, numeric=True) for amount in amounts),
        cell(rx.el.span(entry.net, class_name="med"), numeric=True),
        key=entry.currency,
    )


def _needs() -> rx.Component:
    none = rx.el.p(
        "Nothing waits for you. Requests, failed refunds and disputes appear here.", class_name="mute"
    )
    lines = rx.el.ol(rx.foreach(_SHOWN.needs, _need), class_name="needs")
    return section(
        rx.fragment("Needs a decision ", count(_SHOWN.needs_total, "need a decision", "attention")),
        when(_SHOWN.needs, lines, none),
        when(
            _SHOWN.more,
            rx.el.p(
                link("All refund requests", "/admin/refunds"), " · ", link("All disputes", "/admin/disputes")
            ),
        ),
        first=True,
    )


def _need(line: NeedLine) -> rx.Component:
    signs = [("refund", icon("undo-2", 14)), ("dispute", icon("shield-alert", 14))]
    sign = cast("rx.Component", rx.match(line.kind, *signs, icon("webhook", 14)))
    return rx.el.li(
        rx.el.span(sign, class_name="sign", data_tone=line.tone, aria_hidden="true"),
        rx.el.div(
            link(line.title, line.href, plain=True, class_name="med", data_row="true"),
            rx.el.div(line.about, class_name="mute cap"),
        ),
        rx.el.span(line.amount, class_name="num med"),
        link_button(
            rx.fragment(line.act, rx.el.span(": ", line.title, class_name="vh")), line.href, size="s"
        ),
        key=line.id,
    )


def _deadlines() -> rx.Component:
    none = rx.el.p("No dispute waits for an answer.", class_name="mute")
    lines = rx.el.ol(rx.foreach(_SHOWN.deadlines, _deadline), class_name="deadlines")
    return section("Deadlines", when(_SHOWN.deadlines, lines, none), first=True)


def _deadline(line: DeadlineLine) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(line.left, class_name="toned med", data_tone=line.tone),
            rx.el.div(line.day, class_name="cap mute"),
        ),
        rx.el.div(link(line.title, line.href, plain=True), rx.el.div(line.about, class_name="cap mute")),
        key=line.id,
    )


def _loading() -> rx.Component:
    figures = [rx.el.div(skeleton("80px", "16px"), skeleton("120px", "32px")) for _ in range(4)]
    return rx.el.div(
        rx.el.span("Loading the figures", class_name="vh"),
        rx.el.div(*(skeleton("56px", "14px") for _ in range(4)), class_name="tabs"),
        rx.el.div(*figures, class_name="figures"),
        rx.el.div(
            rx.el.div(*(skeleton("100%", "40px") for _ in range(4)), class_name="stack"),
            rx.el.div(skeleton("100%", "120px"), class_name="rail"),
            class_name="with-rail",
        ),
        role="status",
    )
