"""The list's filters: solid when set, dashed when available, each with what one may choose."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.web.admin.choices import choice
from kagibag_app.web.admin.orders.state import OrdersState
from kagibag_app.web.components.buttons import button, swift_link
from kagibag_app.web.components.chip import chip_menu, chip_set
from kagibag_app.web.components.fields import text_field
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.values import each, when

_STATE, _BAR = OrdersState, OrdersState.bar


def chips() -> rx.Component:
    """All of them, and the way to be rid of them."""
    clear = swift_link("Clear", _BAR.without_all, class_name="btn btn-quiet btn-s")
    return rx.el.div(
        _outcome(),
        _either("Event", _BAR.event, _BAR.without_event, _choices(_STATE.events)),
        _either("Placed", _BAR.days, _BAR.without_days, _choices(_STATE.spans), _days()),
        _either("Source", _BAR.source, _BAR.without_source, _choices(_STATE.sources)),
        _either("Promotion", _BAR.promotion, _BAR.without_promotion, _choices(_STATE.promotions), _code()),
        when(_BAR.narrowed, clear),
        class_name="row wrap chips",
    )


def _either(label: str, held: Any, without: Any, *choices: rx.Component) -> rx.Component:
    return when(held, chip_set(label, held, without), chip_menu(label, *choices))


def _choices(found: Any) -> rx.Component:
    return when(found, rx.el.div(each(found, choice), class_name="choices"))


def _days() -> rx.Component:
    fields = rx.el.div(
        text_field("From", name="from", type="date"),
        text_field("Until", name="until", type="date", error=_STATE.dates_error),
        class_name="two-up days",
    )
    zone = rx.el.p(_BAR.days_zone, class_name="hint")
    return rx.el.form(
        fields,
        zone,
        button("Show these days", submit=True),
        on_submit=_STATE.choose_dates,
        class_name="stack-s choice-form",
    )


def _code() -> rx.Component:
    typed = text_field(
        "Another code", name="code", auto_complete="off", max_length=40, error=_STATE.code_error
    )
    return rx.el.form(
        typed,
        button("Show this code", submit=True),
        on_submit=_STATE.choose_code,
        class_name="stack-s choice-form",
    )


def _outcome() -> rx.Component:
    summary = rx.el.summary(
        "Dispute: ", rx.el.b(_BAR.outcome), icon("chevron-down", 12), class_name="chip chip-set chip-open"
    )
    held = rx.el.details(
        summary,
        rx.el.div(_choices(_STATE.outcomes), class_name="pop"),
        class_name="menu menu-start",
    )
    return when(_STATE.outcomes, held)
