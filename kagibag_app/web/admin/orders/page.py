"""The list of orders: tabs, search and filters, rows, pages."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.admin.orders.exporting import export_menu
from kagibag_app.web.admin.orders.rows import Choice, OrderLine
from kagibag_app.web.admin.orders.scroll_watch import scroll_watch
from kagibag_app.web.admin.orders.state import OrdersState
from kagibag_app.web.components.badge import badge_for
from kagibag_app.web.components.buttons import button, link, link_button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.chip import chip_menu, chip_set
from kagibag_app.web.components.empty import empty
from kagibag_app.web.components.fields import search_field, text_field
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.shell import page_head
from kagibag_app.web.components.skeleton import skeleton, skeleton_rows
from kagibag_app.web.components.statuses import DISPUTE_STATE, ORDER, REFUND_STATE
from kagibag_app.web.components.table import cell, column, nothing, pager, row, row_link, table
from kagibag_app.web.components.tabs import live_pill, tab, tabs
from kagibag_app.web.components.timeline import exact_time
from kagibag_app.web.components.values import choose, each, when

TYPING_PAUSE_MS = 250
# Drawn higher than it stands: at the right end of the filters, on a phone over the line above the first row. While one
# scrolls it stays 8 px below the window's edge.
FLOATING = {
    "position": "sticky",
    "top": "50px",
    "z_index": "5",
    "display": "flex",
    "justify_content": "flex-end",
    "height": "0",
    "transform": "translateY(-42px)",
    "@media (max-width: 900px)": {
        "top": "22px",
        "justify_content": "center",
        "transform": "translateY(-14px)",
    },
}
_WIDTHS = ("96px", "180px", "140px", "84px", "56px", "52px", "64px", "84px")


def page() -> rx.Component:
    """The screen."""
    return workspace(
        scroll_watch(OrdersState.scrolled),
        page_head("Orders", rx.el.span(OrdersState.bar.total, class_name="mute"), acts=export_menu()),
        rx.cond(OrdersState.phase == "shown", _shown(), _loading()),
        active="orders",
        counts=OrdersState.counts,
        refresh=OrdersState.refresh,
    )


def _shown() -> rx.Component:
    return rx.fragment(
        tabs(each(OrdersState.tabs, _tab), label="Status"),
        _filters(),
        rx.el.div(when(OrdersState.notice, callout(OrdersState.notice)), role="status"),
        when(OrdersState.lines, _list(), _nothing()),
    )


def _loading() -> rx.Component:
    heads = rx.el.div(
        *(skeleton(width, "14px") for width in ("64px", "96px", "72px", "112px")), class_name="row row-loose"
    )
    return rx.el.div(
        rx.el.span("Loading orders", class_name="vh"),
        rx.el.div(heads, class_name="tabs"),
        rx.el.div(skeleton("336px", "32px"), class_name="filters"),
        table(_columns(), skeleton_rows(12, _WIDTHS), caption="Orders", class_name="orders"),
        role="status",
    )


def _tab(choice: Choice) -> rx.Component:
    return tab(choice.label, choice.href, count=choice.count, current=choice.current, key=choice.label)


def _filters() -> rx.Component:
    search = search_field(
        "Search orders",
        placeholder="Order number or email",
        default_value=OrdersState.search,
        on_change=OrdersState.find.debounce(TYPING_PAUSE_MS),
        max_length=254,
        key=OrdersState.search_round,
    )
    return rx.fragment(
        rx.el.div(
            search,
            rx.el.div(_event(), _dates(), _outcome(), _clear(), class_name="row wrap chips"),
            class_name="filters",
        ),
        _waiting(),
    )


def _waiting() -> rx.Component:
    """Stays in sight while one scrolls, over the page and never in it: nothing moves when it appears."""
    noun = rx.cond(OrdersState.waiting == "1", "new order", "new orders")
    pill = live_pill(OrdersState.waiting, noun, on_click=OrdersState.show_waiting, icon=icon("arrow-up", 14))
    return rx.el.div(pill, style=FLOATING)


def _event() -> rx.Component:
    bar = OrdersState.bar
    held = chip_set("Event", bar.event, on_remove=rx.redirect(bar.without_event))
    return when(
        bar.event, held, when(OrdersState.events, chip_menu("Event", each(OrdersState.events, _choice)))
    )


def _dates() -> rx.Component:
    bar = OrdersState.bar
    fields = rx.el.form(
        text_field("From", name="from", type="date"),
        text_field("Until", name="until", type="date", hint=bar.zone, error=OrdersState.dates_error),
        button("Show these days", submit=True),
        on_submit=OrdersState.choose_dates,
        class_name="stack-m",
    )
    return when(
        bar.days,
        chip_set("Placed", bar.days, on_remove=rx.redirect(bar.without_days)),
        chip_menu("Placed", fields),
    )


def _outcome() -> rx.Component:
    held = rx.el.details(
        rx.el.summary(
            "Dispute: ",
            rx.el.b(OrdersState.bar.outcome),
            icon("chevron-down", 12),
            class_name="chip chip-set",
        ),
        rx.el.div(each(OrdersState.outcomes, _choice), class_name="pop stack-s"),
        class_name="menu menu-start",
    )
    return when(OrdersState.outcomes, held)


def _clear() -> rx.Component:
    return when(
        OrdersState.bar.narrowed, link_button("Clear", OrdersState.bar.without_all, kind="quiet", size="s")
    )


def _choice(choice: Choice) -> rx.Component:
    count = when(choice.count, rx.el.span(" ", choice.count, class_name="mute"))
    return link(
        rx.fragment(choice.label, count), choice.href, plain=True, aria_current=choose(choice.current, "true", "false"),
        key=choice.href,
    )  # fmt: skip


def _list() -> rx.Component:
    bar = OrdersState.bar
    keys = rx.el.p(
        rx.el.kbd("j"), " ", rx.el.kbd("k"), " move · ", rx.el.kbd("Enter"), " open · ", rx.el.kbd("/"), " search · ",
        rx.el.kbd("?"), " all keys", class_name="cap mute keys-hint",
    )  # fmt: skip
    return rx.fragment(
        table(
            _columns(),
            each(OrdersState.lines, _row),
            caption="Orders, newest first",
            class_name="orders",
            flush=False,
        ),
        pager(
            bar.span,
            on_previous=rx.redirect(bar.previous),
            on_next=rx.redirect(bar.next),
            first=bar.previous == "",
            last=bar.next == "",
            zone=bar.zone,
        ),
        keys,
    )


def _columns() -> list[rx.Component]:
    return [
        column("Order", class_name="c-number"),
        column("Buyer", class_name="c-buyer"),
        column("Event", class_name="c-event"),
        column("Status", class_name="c-status"),
        column("Total", numeric=True, class_name="c-total"),
        column("Source", class_name="c-source"),
        column("Promotion", class_name="c-code"),
        column("Placed", numeric=True, class_name="c-placed"),
    ]


def _row(line: OrderLine) -> rx.Component:
    placed = exact_time(line.placed, line.placed_iso, line.placed_exact)
    return row(
        cell(row_link(line.number, line.href), class_name="c-number"),
        cell(rx.el.span(line.buyer, class_name="med"), " ", _mail(line), class_name="c-buyer"),
        cell(rx.el.span(line.event, title=line.event, class_name="trunc"), class_name="c-event"),
        cell(rx.el.span(*_badges(line), class_name="badges"), class_name="c-status"),
        cell(line.total, numeric=True, class_name="c-total med"),
        cell(_source(line), class_name="c-source"),
        cell(when(line.code, rx.el.span(line.code, class_name="mono"), nothing()), class_name="c-code"),
        cell(placed, numeric=True, class_name="c-placed mute"),
        class_name=choose(line.fresh, "pressable is-new", "pressable"),
        key=line.id,
    )


def _mail(line: OrderLine) -> rx.Component:
    return rx.el.span(line.email, title=line.email, class_name="mute mail")


def _badges(line: OrderLine) -> list[rx.Component]:
    return [
        when(line.shows_status, badge_for(line.status, ORDER)),
        rx.cond(line.dispute_state == "none", rx.fragment(), badge_for(line.dispute_state, DISPUTE_STATE)),
        rx.cond(line.refund_state == "none", rx.fragment(), badge_for(line.refund_state, REFUND_STATE)),
    ]


def _source(line: OrderLine) -> rx.Component:
    def drawn(name: str, word: str) -> rx.Component:
        return rx.el.span(icon(name, 14), word, class_name="row row-tight")

    return rx.fragment(rx.match(line.source, ("free", drawn("gift", "Free")), drawn("credit-card", "Stripe")))


def _nothing() -> rx.Component:
    clear = link_button("Clear filters", OrdersState.bar.without_all, icon="x")
    return when(
        OrdersState.bar.narrowed,
        empty(
            "search-x",
            "No order matches",
            "No order fits this search and these filters. Every order is still there: clear the filters to see them.",
            clear,
        ),
        empty(
            "receipt-text",
            "No orders yet",
            "Every ticket purchase creates an order. It appears here by itself as soon as somebody checks out.",
        ),
    )
