"""What was delivered to an endpoint."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.webhooks.rows import DeliveryLine, LogTab
from kagibag_app.web.admin.webhooks.state import WebhooksState
from kagibag_app.web.components.badge import badge_for
from kagibag_app.web.components.buttons import link, link_button
from kagibag_app.web.components.empty import empty
from kagibag_app.web.components.fields import search_field
from kagibag_app.web.components.statuses import DELIVERY
from kagibag_app.web.components.table import cell, column, nothing, row, scroll_region, table
from kagibag_app.web.components.tabs import tab, tabs
from kagibag_app.web.components.timeline import exact_time
from kagibag_app.web.components.values import choose, each, when

TYPING_PAUSE_MS = 250


def log() -> rx.Component:
    """Tabs, search and the newest fifty deliveries."""
    search = search_field(
        "Search deliveries",
        placeholder="Event id or order",
        default_value=WebhooksState.search,
        on_change=WebhooksState.find.debounce(TYPING_PAUSE_MS),
        max_length=100,
        key=WebhooksState.search_round,
    )
    return rx.el.div(
        tabs(each(WebhooksState.tabs, _tab), label="Deliveries"),
        rx.el.div(search, class_name="filters"),
        when(WebhooksState.log, _table(), _nothing()),
    )


def _tab(choice: LogTab) -> rx.Component:
    return tab(choice.label, choice.href, count=choice.count, current=choice.current, key=choice.label)


def _table() -> rx.Component:
    heads = [
        column("Status"),
        column("Event"),
        column("Order", class_name="hide-s"),
        column("Answer", numeric=True, class_name="hide-s"),
        column("Took", numeric=True, class_name="hide-s"),
        column("Attempts", numeric=True, class_name="hide-s"),
        column("Next try", numeric=True, class_name="hide-s"),
        column("Created", numeric=True),
    ]
    state = WebhooksState
    pages = rx.el.nav(
        when(state.newest, link_button("Newest", state.newest, size="s", icon="chevrons-left")),
        when(state.older, link_button("Older", state.older, size="s", trailing_icon="chevron-right")),
        aria_label="Pages",
        class_name="pager",
    )
    shown = table(heads, each(state.log, _line), caption="Deliveries, newest first")
    return rx.fragment(
        scroll_region("Delivery log", shown),
        rx.cond((state.newest + state.older) != "", pages, rx.fragment()),
    )


def _line(line: DeliveryLine) -> rx.Component:
    created = exact_time(line.created, line.created_iso, line.created_exact)
    return row(
        cell(badge_for(line.status, DELIVERY)),
        cell(
            link(line.type, line.href, plain=True, class_name="row-link mono"),
            rx.el.span(line.order, class_name="only-s mono mute cap"),
        ),
        cell(when(line.order, line.order, nothing()), class_name="mono mute hide-s"),
        cell(line.answer, numeric=True, class_name="hide-s"),
        cell(line.took, numeric=True, class_name="mute hide-s"),
        cell(line.attempts, numeric=True, class_name="mute hide-s"),
        cell(line.next_try, numeric=True, class_name="mute hide-s"),
        cell(created, rx.el.span(line.folded, class_name="only-s cap"), numeric=True, class_name="mute"),
        class_name=choose(line.current, "pressable is-selected", "pressable"),
        key=line.id,
    )


def _nothing() -> rx.Component:
    return empty(
        "send",
        "No deliveries here",
        "Each completed order sends one event to this endpoint. It appears here by itself, with every try.",
    )
