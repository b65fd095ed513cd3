"""The chart as a drawing, with the same figures as a table beside it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.web.admin.home.chart import HEIGHT, WIDTH
from kagibag_app.web.admin.home.rows import Bar, GridLine
from kagibag_app.web.components.shell import section
from kagibag_app.web.components.table import cell, column, row, scroll_region, table
from kagibag_app.web.components.values import Text

_svg = rx.el.svg


def chart_section(chart: Any, period: Text) -> rx.Component:
    """Draw a chart.

    Args:
        chart: A Var of ``Chart``.
        period: Its days, in words.
    """
    legend = rx.el.span(
        rx.el.span(rx.el.i(class_name="key-sales"), "Sales"),
        rx.el.span(rx.el.i(class_name="key-back"), "Refunds and disputes"),
        class_name="cap mute legend",
    )
    return section(
        rx.fragment("Sales and what went back, ", chart.unit),
        scroll_region("Chart of sales and what went back", _drawing(chart)),
        rx.el.details(rx.el.summary("The same as a table"), _table(chart), class_name="chart-table"),
        acts=legend,
    )


def _drawing(chart: Any) -> rx.Component:
    return _svg(
        _svg.g(rx.foreach(chart.grid, _line), class_name="grid"),
        rx.foreach(chart.bars, lambda bar: _bar(bar, chart.zero_y)),
        view_box=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=chart.words,
        class_name="chart",
    )


def _line(line: GridLine) -> rx.Component:
    return _svg.g(
        _svg.line(x1="56", x2="712", y1=line.y, y2=line.y, class_name=rx.cond(line.zero, "zero", "")),
        _svg.text(line.label, x="48", y=line.text_y, text_anchor="end"),
        key=line.y,
    )


def _bar(bar: Bar, zero_y: Any) -> rx.Component:
    return _svg.g(
        _svg.rect(
            x=bar.x, y=bar.sales_y, width=bar.width, height=bar.sales_height,
            class_name=rx.cond(bar.now, "sales now", "sales"),
        ),
        _svg.rect(x=bar.x, y=zero_y, width=bar.width, height=bar.back_height, class_name="back"),
        _svg.text(bar.label, x=bar.label_x, y=str(HEIGHT - 6), text_anchor="middle"),
        key=bar.x,
    )  # fmt: skip


def _table(chart: Any) -> rx.Component:
    columns = [column("Days"), *(column(name, numeric=True) for name in ("Sales", "Refunded", "Disputed"))]
    return scroll_region(
        "Figures of the chart",
        table(columns, rx.foreach(chart.bars, _row), caption="Sales and what went back"),
    )


def _row(bar: Bar) -> rx.Component:
    amounts = (bar.sales, bar.refunded, bar.disputed)
    return row(cell(bar.words), *(cell(amount, numeric=True) for amount in amounts), key=bar.x)
