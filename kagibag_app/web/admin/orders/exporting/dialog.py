"""The button above the list and the dialog behind it."""

from __future__ import annotations

import reflex as rx

from kagibag_app.features.orders.rules import CANDIDATES
from kagibag_app.features.reports.rules import COLUMNS, ExportFormat, Kind
from kagibag_app.web.admin.orders.exporting.rows import ExportItem
from kagibag_app.web.admin.orders.exporting.state import ExportState
from kagibag_app.web.components.badge import badge
from kagibag_app.web.components.buttons import button, link_button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.dialog import dialog
from kagibag_app.web.components.fields import radio
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.progress import progress
from kagibag_app.web.components.values import each, when

_FORMATS = (
    (ExportFormat.CSV, "CSV", "For other programs: plain text, exact decimals, times with their offset."),
    (
        ExportFormat.XLSX,
        "Excel",
        "For people: amounts and times as numbers and dates. LibreOffice opens it too.",
    ),
)


def export_menu() -> rx.Component:
    """The button and its dialog, for those who may export; nothing for others. Put it once on the list's page."""
    state = ExportState
    shown = rx.fragment(
        button("Export", icon="download", on_click=state.show),
        dialog(
            "Export orders",
            _what(),
            _formats(),
            _columns(),
            rx.el.div(when(state.error, callout(state.error, tone="bad")), role="alert"),
            when(state.exports, _last()),
            open=state.shown,
            on_open_change=state.close,
            wide=True,
            footer=[button("Close", on_click=state.close(False)), _start()],
        ),
    )
    return when(state.may_export, shown)


def _what() -> rx.Component:
    state = ExportState
    some = rx.el.p(rx.el.b(state.count), ": ", state.words, ".")
    none = rx.el.p("No order fits the list's filters, so there is nothing to export: ", state.words, ".")
    why = rx.el.p(
        "Exactly what the list shows, in its order, as of the moment when it is written.", class_name="hint"
    )
    few = callout(
        f"The search looks at its newest {CANDIDATES:,} orders only. Refine it to export the others."
    )
    return rx.el.div(
        when(state.nothing, none, rx.fragment(some, why)), when(state.refine, few), class_name="stack-s"
    )


def _formats() -> rx.Component:
    def choice(value: ExportFormat, label: str, hint: str) -> rx.Component:
        words = rx.fragment(
            rx.el.span(label, class_name="med"), rx.el.span(hint, class_name="hint export-hint")
        )
        return radio(
            words, name="format", value=value.value, default_checked=ExportState.format == value.value,
            on_change=ExportState.choose(value.value),
        )  # fmt: skip

    return rx.el.fieldset(
        rx.el.legend("Kind of file", class_name="label"),
        *(choice(*each_format) for each_format in _FORMATS),
        class_name="export-formats",
    )


def _columns() -> rx.Component:
    lines = [
        rx.fragment(rx.el.dt(column.name, class_name="mono"), rx.el.dd(column.meaning)) for column in COLUMNS
    ]
    times = ", ".join(column.name for column in COLUMNS if column.kind is Kind.TIME)
    return rx.el.details(
        rx.el.summary(icon("chevron-right", 14), f"What the {len(COLUMNS)} columns mean"),
        rx.el.p(
            f"Times ({times}) are in the organization's zone. Amounts are never added up across currencies.",
            class_name="hint",
        ),
        rx.el.div(
            rx.el.dl(*lines), tab_index=0, role="region", aria_label="Columns", class_name="export-columns"
        ),
        class_name="export-help",
    )


def _start() -> rx.Component:
    state = ExportState
    label = rx.cond(state.format == ExportFormat.XLSX.value, "Export as Excel", "Export as CSV")
    return button(
        label, on_click=state.start, kind="primary", busy=state.busy, disabled=state.nothing, once=True
    )


def _last() -> rx.Component:
    return rx.el.section(
        rx.el.h3("Your last exports"),
        rx.el.ul(each(ExportState.exports, _item), class_name="export-list"),
        aria_live="polite",
    )


def _item(item: ExportItem) -> rx.Component:
    under_way = rx.el.div(
        progress(item.done, item.total, item.title),
        rx.el.span(item.progress, class_name="num mute"),
        class_name="export-progress",
    )
    about = rx.el.p(item.about, title=item.exact, class_name="mute cap")
    rest = rx.match(
        item.shown,
        ("queued", under_way),
        ("running", under_way),
        ("failed", rx.el.p(item.reason, class_name="error")),
        about,
    )
    return rx.el.li(
        rx.el.div(
            rx.el.p(rx.el.span(item.title, class_name="med"), _badge(item), class_name="row row-tight wrap"),
            rx.el.p(item.words, class_name="mute"),
            rest,
        ),
        _act(item),
        key=item.id,
    )


def _badge(item: ExportItem) -> rx.Component:
    return rx.fragment(
        rx.match(
            item.shown,
            ("failed", badge("Failed", "bad", "triangle-alert")),
            ("cancelled", badge("Cancelled", "neutral", "ban")),
            ("gone", badge("Expired", "neutral", "clock")),
            ("finished", badge("Ready", "good", "check")),
            rx.fragment(),
        )
    )


def _act(item: ExportItem) -> rx.Component:
    stop = button("Cancel", size="s", on_click=ExportState.cancel(item.id))
    again = button("Try again", size="s", icon="rotate-cw", on_click=ExportState.again(item.id), once=True)
    fresh = button("Export again", size="s", icon="rotate-cw", on_click=ExportState.again(item.id), once=True)
    take = link_button("Download", item.href, size="s", icon="download", download=True)
    return rx.fragment(
        rx.match(
            item.shown, ("queued", stop), ("running", stop), ("failed", again), ("finished", take), fresh
        )
    )
