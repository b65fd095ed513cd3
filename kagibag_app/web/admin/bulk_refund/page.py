"""The page of one bulk refund: what it would do, how far it is, what came of it."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.bulk_refund.orders import orders
from kagibag_app.web.admin.bulk_refund.preview import preview
from kagibag_app.web.admin.bulk_refund.rows import ExceptionLine, SumLine
from kagibag_app.web.admin.bulk_refund.state import BulkRefundState
from kagibag_app.web.admin.bulk_refunds.rows import PATH
from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.components.badge import badge_for, toned
from kagibag_app.web.components.buttons import button, link, link_button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.dialog import confirm_dialog, consequence
from kagibag_app.web.components.empty import failed
from kagibag_app.web.components.progress import progress
from kagibag_app.web.components.shell import crumbs, page_head, section
from kagibag_app.web.components.skeleton import skeleton_page
from kagibag_app.web.components.statuses import BULK_RUN
from kagibag_app.web.components.table import cell, column, row, scroll_region, table
from kagibag_app.web.components.values import Flag, each, when

_S = BulkRefundState
_F = BulkRefundState.face


def page() -> rx.Component:
    """The whole screen."""
    return workspace(
        crumbs(link("Refunds", "/admin/refunds"), link("Bulk refunds", PATH)),
        rx.match(
            _S.phase,
            ("shown", _shown()),
            ("missing", _missing()),
            skeleton_page("Loading the bulk refund"),
        ),
        _question("start", "Not now"),
        _question("retry", "Leave them"),
        _question("confirm", "Not now"),
        active="refunds",
        counts=_S.counts,
        refresh=_S.refresh,
    )


def _missing() -> rx.Component:
    text = "It may belong to another organization, or the address is incomplete."
    return rx.fragment(
        page_head("Bulk refund"),
        failed("This bulk refund was not found", text, link_button("All bulk refunds", PATH)),
    )


def _shown() -> rx.Component:
    before = (_F.status == "ready") | (_F.status == "preparing")
    return rx.fragment(
        page_head(_F.words, badge_for(_F.status, BULK_RUN), acts=_acts()),
        rx.el.p(_F.about, class_name="mute small"),
        rx.el.p(_F.sentence, class_name="bulk-sentence"),
        rx.el.div(when(_F.note, callout(_F.note)), role="status"),
        when(_F.second, callout(_F.second, icon="users-round")),
        rx.cond(_F.status == "ready", rx.fragment(), _progress()),
        rx.el.div(
            rx.el.div(_sums(before), when(_S.exceptions, _exceptions()), orders()),
            rx.el.aside(
                rx.cond(_F.status == "ready", preview(), _chosen()), aria_label="Choices", class_name="rail"
            ),
            class_name="with-rail bulk",
        ),
    )


def _acts() -> rx.Component:
    again = button("Look again", icon="refresh-cw", on_click=_S.look_again, once=True)
    away = button("Throw away", kind="quiet", on_click=_S.discard, once=True)
    pause = button("Pause", icon="pause", on_click=_S.pause, once=True)
    resume = button("Resume", icon="play", kind="primary", on_click=_S.resume, once=True)
    retry = when(_F.retry, button(_F.retry, icon="rotate-cw", on_click=_S.ask_retry, once=True))
    confirm = when(
        _F.confirm, button(_F.confirm, icon="check", kind="primary", on_click=_S.ask_confirm, once=True)
    )
    report = when(_S.exports, link_button("Report as CSV", _F.report, icon="download", download=True))
    return rx.fragment(
        rx.match(
            _F.status,
            ("preparing", when(_S.prepares, away)),
            ("ready", when(_S.prepares, rx.fragment(away, again))),
            ("running", when(_S.prepares, pause)),
            ("paused", rx.fragment(report, when(_S.decides, rx.fragment(retry, confirm, resume)))),
            ("finished", rx.fragment(when(_S.decides, rx.fragment(retry, confirm)), report)),
            rx.fragment(),
        )
    )


def _progress() -> rx.Component:
    bar = when(_F.status != "preparing", progress(_F.done, _F.total, "Bulk refund"))
    words = rx.el.p(
        rx.el.span(_F.progress, class_name="med"),
        when(_F.rest, rx.el.span(" · ", _F.rest, class_name="mute")),
        when(_F.failed, rx.fragment(" · ", toned(_F.failed, "bad"))),
        class_name="num",
    )
    return rx.el.section(bar, words, aria_label="Progress", class_name="stack-s bulk-progress")


def _sums(before: Flag) -> rx.Component:
    def line(found: SumLine) -> rx.Component:
        return row(
            cell(found.currency, class_name="med"),
            cell(found.orders, numeric=True),
            cell(found.tickets, numeric=True),
            cell(rx.el.span(found.amount, class_name="med nowrap"), numeric=True),
            cell(toned(found.balance, found.tone), class_name="small"),
            key=found.currency,
        )

    columns = [
        column("Currency"), column("Orders", numeric=True), column("Tickets", numeric=True),
        column("Amount", numeric=True), column(rx.cond(before, "Balance at Stripe", "")),
    ]  # fmt: skip
    nothing = rx.el.p(
        rx.cond(before, "Nothing would go back.", "Nothing has gone back yet."), class_name="mute small"
    )
    some = scroll_region(
        "Amounts by currency",
        table(columns, rx.foreach(_S.sums, line), caption="Amounts by currency", class_name="bulk-sums"),
    )
    return section(
        rx.cond(before, "What goes back", "What went back"), when(_S.sums, some, nothing), first=True
    )


def _exceptions() -> rx.Component:
    def line(found: ExceptionLine) -> rx.Component:
        return row(cell(found.orders, numeric=True, class_name="med"), cell(found.reason), key=found.reason)

    return section(
        "Left out",
        table(
            [column("Orders", numeric=True), column("Why")], rx.foreach(_S.exceptions, line),
            caption="Orders that are left out, by reason", class_name="bulk-left-out",
        ),
    )  # fmt: skip


def _chosen() -> rx.Component:
    said = rx.el.ul(
        each(_F.outcome, lambda words: consequence("check", words)), class_name="consequences small"
    )
    quote = rx.el.blockquote(_F.message, class_name="small")
    return when(
        _F.outcome,
        section(
            "What was chosen",
            said,
            when(_F.message, rx.fragment(rx.el.p("Message to the buyers", class_name="label"), quote)),
            first=True,
        ),
    )


def _question(kind: str, safe: str) -> rx.Component:
    asked, acts = _S.ask, {"start": _S.start, "retry": _S.retry, "confirm": _S.confirm}
    return confirm_dialog(
        asked.title,
        open=asked.kind == kind,
        consequences=(rx.fragment(each(asked.parts, lambda part: consequence("chevron-right", part))),),
        act=asked.act,
        on_act=acts[kind],
        on_close=_S.close,
        busy=_S.busy,
        error=_S.problem,
        safe=safe,
    )
