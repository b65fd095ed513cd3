"""The list at the left: what it is narrowed to, its rows, what is ticked, and the dialog about several."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.web.admin.choices import choice
from kagibag_app.web.admin.refunds.rows import QueueLine
from kagibag_app.web.admin.refunds.several import Picked, SeveralState
from kagibag_app.web.admin.refunds.state import RefundsState
from kagibag_app.web.components.badge import badge_for
from kagibag_app.web.components.buttons import button, link, link_button, swift_link
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.chip import chip_menu, chip_set
from kagibag_app.web.components.dialog import dialog
from kagibag_app.web.components.empty import empty
from kagibag_app.web.components.fields import text_area
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.money import money
from kagibag_app.web.components.statuses import REFUND_REQUEST
from kagibag_app.web.components.timeline import exact_time
from kagibag_app.web.components.values import each, when

_F = RefundsState.filters
_S = SeveralState
# Reflex's Vars have more methods than the types that they stand for.
_TICKED: Any = SeveralState.ticked
_LINES: Any = SeveralState.ask.lines
_ON_TICK: Any = SeveralState.tick


def filter_chips() -> rx.Component:
    """The filters: solid when set, dashed when available."""
    clear = swift_link("Clear", _F.without_all, class_name="btn btn-quiet btn-s")
    return rx.el.div(
        _either("Event", _F.event, _F.without_event, _F.events),
        _either("Waiting", _F.age, _F.without_age, _F.ages),
        _either("Amount", _F.amount, _F.without_amount, _F.amounts),
        _either("Warning", _F.warning, _F.without_warning, _F.warnings),
        when(_F.without_all, clear),
        class_name="row wrap chips",
    )


def _either(label: str, held: Any, without: Any, choices: Any) -> rx.Component:
    offered = rx.el.div(each(choices, choice), class_name="choices")
    return when(held, chip_set(label, held, without), chip_menu(label, offered))


def request_list() -> rx.Component:
    """The rows of this page, what to do with those that are ticked, and the way to the other pages."""
    queue = RefundsState.queue
    turn = rx.el.nav(
        when(queue.back, link_button(queue.first_label, queue.back, size="s", icon="chevrons-up")),
        when(queue.onward, link_button(queue.more_label, queue.onward, size="s", icon="chevron-down")),
        aria_label="Pages",
        class_name="row split-tools",
    )
    some = rx.el.ol(rx.foreach(RefundsState.lines, _line), class_name="queue")
    none = empty("inbox", queue.empty_title, queue.empty_text)
    return rx.el.section(
        when(RefundsState.may_pick, _tools()),
        when(RefundsState.lines, some, none),
        when(queue.back + queue.onward, turn),
        aria_label="Queue",
        class_name="split-list",
    )


def _tools() -> rx.Component:
    count = _TICKED.length()
    every = button("Select all", kind="quiet", size="s", on_click=_S.tick_all(True))
    none = button("Select none", kind="quiet", size="s", on_click=_S.tick_all(False))
    chosen = rx.el.span(rx.Var.create(f"{count} selected"), role="status", class_name="small")
    act = button("Approve selected", size="s", on_click=_S.open)
    some = rx.fragment(chosen, none, rx.el.span(act, class_name="push"))
    return rx.el.div(rx.cond(count > 0, some, every), class_name="row queue-tools")


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
    tick = rx.el.input(
        type="checkbox",
        # The browser keeps the tick itself: it must show at once, also over a slow line.
        default_checked=_TICKED.contains(row.id),
        on_change=lambda chosen: _ON_TICK(row.id, chosen),
        key=_S.round,
        aria_label=rx.Var.create(f"Select {row.buyer}, {row.amount}"),
        class_name="queue-tick",
    )
    return rx.el.li(
        when(RefundsState.decides & row.pickable, tick),
        link(content, row.href, plain=True, aria_current=rx.cond(row.current, "true", "false")),
        key=row.id,
    )


def several_dialog() -> rx.Component:
    """What is approved together: before, while and after."""
    ask = _S.ask
    over = ask.summary != ""
    form = rx.el.form(
        text_area(
            "Message to every buyer",
            name="several-message",
            remark="optional",
            rows=2,
            max_length=2000,
        ),
        on_submit=_S.approve,
        id="several",
    )
    leave = rx.el.button(
        rx.cond(over, "Close", "Not now"),
        type="button",
        on_click=_S.close(False),
        auto_focus=True,
        class_name="btn btn-secondary",
    )
    act = button(ask.act, kind="primary", submit=True, form="several", busy=_S.busy, once=True)
    total = rx.el.p(
        rx.el.b(ask.total),
        ". Each is decided by itself, exactly as it is shown; a refund can't be taken back.",
    )
    return dialog(
        ask.title,
        rx.el.div(when(over, callout(ask.summary, tone="neutral"), total), role="status"),
        rx.el.ul(each(ask.lines, _picked), class_name="several"),
        when(over, rx.fragment(), form),
        open=_LINES.length() > 0,
        on_open_change=_S.close,
        footer=[leave, when(over | (ask.act == ""), rx.fragment(), act)],
        alert=True,
        wide=True,
    )


def _picked(line: Picked) -> rx.Component:
    outcome = rx.el.span(line.outcome, class_name="toned small", data_tone=line.tone)
    return rx.el.li(
        rx.el.span(
            rx.el.span(line.buyer, class_name="med"),
            " ",
            rx.el.span(line.number, class_name="mono mute small"),
        ),
        rx.el.span(line.amount, class_name="num"),
        when(line.outcome, outcome),
        key=line.id,
    )
