"""The list of bulk refunds, with the event to begin from."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.bulk_refunds.rows import RunLine
from kagibag_app.web.admin.bulk_refunds.state import BulkRefundsState
from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.components.badge import badge_for, toned
from kagibag_app.web.components.buttons import button, link
from kagibag_app.web.components.empty import empty
from kagibag_app.web.components.fields import select_field
from kagibag_app.web.components.shell import crumbs, page_head
from kagibag_app.web.components.skeleton import skeleton, skeleton_rows
from kagibag_app.web.components.statuses import BULK_RUN
from kagibag_app.web.components.table import cell, column, row, table
from kagibag_app.web.components.timeline import exact_time
from kagibag_app.web.components.values import when

_WIDTHS = ("220px", "90px", "110px", "110px", "90px")
_S = BulkRefundsState


def page() -> rx.Component:
    """The whole screen."""
    return workspace(
        crumbs(link("Refunds", "/admin/refunds"), "Bulk refunds"),
        page_head("Bulk refunds"),
        rx.cond(_S.phase == "shown", _shown(), _loading()),
        active="refunds",
        counts=_S.counts,
        refresh=_S.refresh,
    )


def _shown() -> rx.Component:
    none = empty(
        "undo-2",
        "No bulk refund yet",
        "When an event does not take place, all its orders are refunded from here, after a preview of what would happen.",
    )
    return rx.fragment(when(_S.prepares, _begin()), when(_S.lines, _list(), none))


def _begin() -> rx.Component:
    choose = select_field("Event to refund", _S.events, name="event", id="bulk-event")
    form = rx.el.form(
        choose,
        button("Preview", submit=True, icon="scan-search", kind="primary", once=True),
        on_submit=_S.preview,
        class_name="bulk-begin",
    )
    some = rx.fragment(
        rx.el.p(
            "The preview says what goes back, what is left out and why. Nothing is refunded before you start it. "
            "To refund only some orders, filter the list of orders and choose “Refund these orders” there.",
            class_name="mute small",
        ),
        form,
    )
    nothing = rx.el.p(
        "There is no published or cancelled event yet, so there is nothing to refund.",
        class_name="mute small",
    )
    return rx.el.section(
        when(_S.events, some, nothing), aria_label="Begin a bulk refund", class_name="stack-m bulk-start"
    )


def _list() -> rx.Component:
    return table(
        _columns(),
        rx.foreach(_S.lines, _line),
        caption="Bulk refunds, newest first",
        class_name="orders bulk-runs",
    )


def _columns() -> list[rx.Component]:
    return [
        column("Orders", class_name="c-buyer"),
        column("State", class_name="c-status"),
        column("Done", numeric=True, class_name="c-event"),
        column("Amount", numeric=True, class_name="c-total"),
        column("Begun", numeric=True, class_name="c-placed"),
    ]


def _line(line: RunLine) -> rx.Component:
    opens = link(line.words, line.href, plain=True, class_name="row-link med", data_row="true")
    return row(
        cell(opens, rx.el.div(line.by, class_name="cap mute trunc"), class_name="c-buyer"),
        cell(badge_for(line.status, BULK_RUN), class_name="c-status"),
        cell(
            when(line.done, line.done, line.orders),
            when(line.failed, rx.el.div(toned(line.failed, "bad"), class_name="cap")),
            when(line.second, rx.el.div(toned(line.second, "attention"), class_name="cap")),
            numeric=True,
            class_name="c-event",
        ),
        cell(rx.el.span(line.amount, class_name="med"), numeric=True, class_name="c-total"),
        cell(exact_time(line.made, line.made_iso, line.made_exact), numeric=True, class_name="c-placed mute"),
        class_name="pressable",
        key=line.id,
    )


def _loading() -> rx.Component:
    return rx.el.div(
        rx.el.span("Loading bulk refunds", class_name="vh"),
        skeleton("100%", "72px"),
        table(_columns(), skeleton_rows(4, _WIDTHS), caption="Bulk refunds", class_name="orders bulk-runs"),
        role="status",
        class_name="stack",
    )
