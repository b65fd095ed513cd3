"""The list of orders: tabs, search and filters, rows, pages."""

from __future__ import annotations

from typing import Any, cast

import reflex as rx

from kagibag_app.web.admin.choices import choice_tab
from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.admin.orders.chips import chips
from kagibag_app.web.admin.orders.exporting import export_menu
from kagibag_app.web.admin.orders.menus import sort_menu, view_dialogs, views_menu
from kagibag_app.web.admin.orders.refunding import refund_list
from kagibag_app.web.admin.orders.rows import Mark, OrderLine
from kagibag_app.web.admin.orders.scroll_watch import scroll_watch
from kagibag_app.web.admin.orders.state import OrdersState
from kagibag_app.web.components.buttons import swift_link
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.empty import empty
from kagibag_app.web.components.fields import search_field
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.shell import page_head
from kagibag_app.web.components.skeleton import skeleton, skeleton_rows
from kagibag_app.web.components.table import cell, column, pager, row, row_link, table
from kagibag_app.web.components.tabs import live_pill, tabs
from kagibag_app.web.components.timeline import exact_time
from kagibag_app.web.components.values import choose, each, when

TYPING_PAUSE_MS = 150
_WIDTHS = ("96px", "180px", "140px", "84px", "56px", "52px", "64px", "84px")


def page() -> rx.Component:
    """The screen."""
    total = rx.el.span(OrdersState.sums.total, class_name="mute counted", aria_busy=_counting())
    acts = rx.fragment(
        sort_menu(), views_menu(), when(OrdersState.bar.narrowed, refund_list()), export_menu()
    )
    return workspace(
        scroll_watch(OrdersState.scrolled),
        page_head("Orders", total, acts=when(OrdersState.phase == "shown", acts)),
        rx.cond(OrdersState.phase == "shown", _shown(), _loading()),
        view_dialogs(),
        active="orders",
        counts=OrdersState.counts,
        refresh=OrdersState.refresh,
        on_go=OrdersState.load,
    )


def _counting() -> Any:
    return choose(OrdersState.counting, "true", "false")


def _shown() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            tabs(each(OrdersState.tabs, choice_tab), label="Status"),
            class_name="counted",
            aria_busy=_counting(),
        ),
        _filters(),
        rx.el.div(
            when(OrdersState.notice, callout(OrdersState.notice)),
            when(OrdersState.refine, callout(_REFINE, title="Refine your search.", tone="neutral")),
            role="status",
            class_name="stack-s notices",
        ),
        when(OrdersState.lines, _list(), _nothing()),
    )


_REFINE = (
    "It fits more than 2,000 orders, and only the newest 2,000 of them are looked at: "
    "type more of the name, the email or the number."
)


def _loading() -> rx.Component:
    heads = rx.el.div(
        *(skeleton(width, "14px") for width in ("64px", "96px", "72px", "112px")), class_name="row row-loose"
    )
    return rx.el.div(
        rx.el.span("Loading orders", class_name="vh"),
        rx.el.div(heads, class_name="tabs"),
        rx.el.div(skeleton("336px", "32px"), class_name="filters"),
        table(
            _columns(sortable=False),
            skeleton_rows(12, _WIDTHS),
            caption="Orders",
            class_name="orders long-list",
        ),
        role="status",
    )


def _filters() -> rx.Component:
    search = search_field(
        "Search orders",
        placeholder="Order number, email, name, ticket code or Stripe id",
        default_value=OrdersState.search,
        on_change=OrdersState.find.debounce(TYPING_PAUSE_MS),
        max_length=254,
        key=OrdersState.search_round,
    )
    return rx.fragment(rx.el.div(search, chips(), class_name="filters"), _waiting())


def _waiting() -> rx.Component:
    """Stays in sight while one scrolls, over the page and never in it: nothing moves when it appears."""
    sign = rx.cond(OrdersState.waiting.counts, icon("arrow-up", 14), icon("refresh-cw", 14))
    pill = live_pill(OrdersState.waiting.words, "", on_click=OrdersState.show_waiting, icon=rx.fragment(sign))
    return rx.el.div(pill, class_name="floating")


def _list() -> rx.Component:
    bar = OrdersState.bar
    keys = rx.el.p(
        rx.el.kbd("j"), " ", rx.el.kbd("k"), " move · ", rx.el.kbd("Enter"), " open · ", rx.el.kbd("n"), " ",
        rx.el.kbd("p"), " pages · ", rx.el.kbd("/"), " search · ", rx.el.kbd("?"), " all keys",
        class_name="cap mute keys-hint",
    )  # fmt: skip
    return rx.fragment(
        table(
            _columns(),
            each(OrdersState.lines, _row),
            caption=rx.Var.create(f"Orders, {bar.sort}"),
            class_name="orders long-list",
            flush=False,
        ),
        pager(
            rx.el.span(OrdersState.sums.span, class_name="counted", aria_busy=_counting()),
            previous=bar.previous,
            next=bar.next,
            zone=bar.zone,
        ),
        keys,
    )


def _columns(*, sortable: bool = True) -> list[rx.Component]:
    bar = OrdersState.bar
    total = _sorting("Total", bar.by_total, bar.total_order) if sortable else ("Total", {})
    placed = _sorting("Placed", bar.by_placed, bar.placed_order) if sortable else ("Placed", {})
    return [
        column("Order", class_name="c-number"),
        column("Buyer", class_name="c-buyer"),
        column("Event", class_name="c-event"),
        column("Status", class_name="c-status"),
        column(total[0], numeric=True, class_name="c-total", **total[1]),
        column("Source", class_name="c-source"),
        column("Promotion", class_name="c-code"),
        column(placed[0], numeric=True, class_name="c-placed", **placed[1]),
    ]


def _sorting(label: str, href: Any, order: Any) -> tuple[rx.Component, dict[str, Any]]:
    """A head that sorts by its column, and then the other way round."""
    signs = {"descending": "arrow-down", "ascending": "arrow-up"}
    sign = rx.match(
        order, *((name, icon(drawn, 12)) for name, drawn in signs.items()), icon("chevrons-up-down", 12)
    )
    return swift_link(rx.fragment(label, sign), href, class_name="sort"), {"aria_sort": order}


def _row(line: OrderLine) -> rx.Component:
    return rx.fragment(_order(line=line), key=line.slot)


@rx.memo
def _order(line: rx.Var[OrderLine]) -> rx.Component:
    """A row; drawn again only when the server sent the rows again."""
    return _cells(cast("OrderLine", line))


def _cells(line: OrderLine) -> rx.Component:
    # No element that only wraps another: fifty rows have to be laid out at every search.
    placed = exact_time(line.placed, line.placed_iso, line.placed_exact)
    return row(
        cell(row_link(line.number, line.href), class_name="c-number"),
        cell(rx.el.span(line.buyer, class_name="med"), " ", _mail(line), class_name="c-buyer"),
        cell(line.event, title=line.event, class_name="c-event"),
        cell(each(line.marks, _mark), class_name="c-status"),
        cell(line.total, numeric=True, class_name="c-total med"),
        cell(_source(line), class_name="c-source"),
        cell(line.code, class_name="c-code mono"),
        cell(placed, numeric=True, class_name="c-placed mute"),
        class_name=choose(line.fresh, "pressable is-new", "pressable"),
    )


def _mail(line: OrderLine) -> rx.Component:
    return rx.el.span(line.email, title=line.email, class_name="mute mail")


def _mark(mark: Mark) -> rx.Component:
    return rx.el.span(mark.label, class_name="badge", data_tone=mark.tone, data_glyph=mark.glyph)


def _source(line: OrderLine) -> rx.Component:
    free = line.source == "free"
    return rx.el.span(
        choose(free, "Free", "Stripe"),
        class_name="row row-tight",
        data_glyph=choose(free, "gift", "credit-card"),
    )


def _nothing() -> rx.Component:
    words = rx.fragment(icon("x", 14), "Clear filters")
    clear = swift_link(words, OrdersState.bar.without_all, class_name="btn btn-secondary")
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
