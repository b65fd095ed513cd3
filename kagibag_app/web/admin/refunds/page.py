"""The refunds queue: the list at the left, the request under review at the right; one above the other on a phone."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.admin.refunds.decide import decision_bar, questions
from kagibag_app.web.admin.refunds.review import review
from kagibag_app.web.admin.refunds.rows import QueueLine, TabRow
from kagibag_app.web.admin.refunds.state import RefundsState
from kagibag_app.web.components.badge import badge_for
from kagibag_app.web.components.buttons import link, link_button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.empty import empty
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.money import money
from kagibag_app.web.components.shell import page_head
from kagibag_app.web.components.skeleton import skeleton
from kagibag_app.web.components.statuses import REFUND_REQUEST
from kagibag_app.web.components.tabs import tab, tabs
from kagibag_app.web.components.timeline import exact_time
from kagibag_app.web.components.values import each, when


def page() -> rx.Component:
    """The whole screen."""
    return workspace(
        page_head("Refunds", rx.el.span(RefundsState.queue.remark, class_name="mute")),
        rx.el.div(when(RefundsState.notice, callout(RefundsState.notice)), role="status"),
        rx.cond(RefundsState.phase == "shown", _shown(), _loading()),
        questions(),
        active="refunds",
        counts=RefundsState.counts,
        refresh=RefundsState.refresh,
    )


def _shown() -> rx.Component:
    detail = rx.el.section(review(), decision_bar(), aria_labelledby="request", class_name="split-detail")
    both = rx.el.div(_list(), detail, class_name="split")
    return rx.fragment(
        tabs(each(RefundsState.tabs, _tab), label="State"),
        when(RefundsState.review.id, both, _nothing()),
    )


def _tab(row: TabRow) -> rx.Component:
    return tab(row.label, row.href, count=row.count, current=row.current)


def _list() -> rx.Component:
    queue = RefundsState.queue
    turn = rx.el.nav(
        when(queue.newer, link_button("Newest", queue.newer, size="s", icon="chevrons-up")),
        when(queue.older, link_button("Older", queue.older, size="s", icon="chevron-down")),
        aria_label="Pages",
        class_name="row split-tools",
    )
    some = rx.el.ol(rx.foreach(RefundsState.lines, _line), class_name="queue")
    none = empty("inbox", queue.empty_title, queue.empty_text)
    return rx.el.section(
        when(RefundsState.lines, some, none),
        when(queue.newer + queue.older, turn),
        aria_label="Queue",
        class_name="split-list",
    )


def _line(row: QueueLine) -> rx.Component:
    first = rx.el.span(
        rx.el.span(row.buyer, class_name="med trunc"), money(row.amount, strong=True), class_name="queue-line"
    )
    second = rx.el.span(
        rx.el.span(row.event, class_name="trunc"),
        rx.el.span(exact_time(row.age, row.asked_iso, row.asked_exact), class_name="nowrap"),
        class_name="queue-line queue-sub",
    )
    flag = rx.el.span(
        icon("triangle-alert", 12),
        rx.el.span(row.flag, class_name="trunc"),
        class_name="flag trunc",
        data_tone=row.flag_tone,
    )
    status = rx.el.span(badge_for(row.status, REFUND_REQUEST), class_name="flag")
    content = rx.fragment(first, second, when(row.status, status), when(row.flag, flag))
    current = rx.cond(row.current, "true", "false")
    return rx.el.li(link(content, row.href, plain=True, aria_current=current), key=row.id)


def _nothing() -> rx.Component:
    queue = RefundsState.queue
    return empty("inbox", queue.empty_title, queue.empty_text)


def _loading() -> rx.Component:
    names = rx.el.div(*(skeleton("72px", "14px") for _ in range(5)), class_name="tabs")
    line = rx.el.div(skeleton("60%"), skeleton("80%"), class_name="stack-s")
    rows = rx.el.div(*(line for _ in range(5)), class_name="split-list stack-l")
    detail = rx.el.div(
        skeleton("180px"), skeleton("320px", "28px"), skeleton("420px"), skeleton("100%", "96px"), skeleton("100%", "160px"),
        class_name="split-detail stack",
    )  # fmt: skip
    return rx.el.div(
        rx.el.span("Loading", class_name="vh"),
        names,
        rx.el.div(rows, detail, class_name="split"),
        role="status",
    )
