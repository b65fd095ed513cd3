"""A table of constant rows: what an answer costs when nothing has to be found. For the bench alone.

It is registered only where ``KAGIBAG_BENCH`` is set, and knows no database.
"""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from kagibag_app.web.components.shell import alone_page
from kagibag_app.web.components.table import cell, column, row, row_link, table
from kagibag_app.web.components.values import each
from kagibag_app.web.session import public

ROUTE = "/bench/rows"
TITLE = "Constant rows"
ROWS = 50


@dataclass(frozen=True, slots=True)
class ConstantRow:
    """One row: as many cells as an order has in the list."""

    id: str
    number: str
    href: str
    buyer: str
    email: str
    event: str
    status: str
    total: str
    source: str
    code: str
    placed: str


def constant_rows(which: int) -> list[ConstantRow]:
    """Return the rows of a choice; all of them differ from those of another choice."""
    return [
        ConstantRow(
            id=f"row_{which}_{place}", number=f"KB-{which:04}-{place:04}", href=f"/bench/rows?row={which}.{place}",
            buyer=f"Buyer number {place}", email=f"buyer.{which}.{place}@example.com", event="A night that never was",
            status="Completed", total=f"${which + place}.00", source="Stripe", code="CONSTANT10",
            placed=f"{place % 28 + 1} Mar 2026, 19:{place:02}",
        )
        for place in range(ROWS)
    ]  # fmt: skip


class YardstickState(rx.State):
    """Which rows are shown."""

    rows: list[ConstantRow] = []

    @rx.event
    @public
    async def load(self):
        """Show rows to begin with."""
        self.rows = constant_rows(0)

    @rx.event
    @public
    async def show(self, which: int):
        """Show other rows."""
        self.rows = constant_rows(which % 10_000)


def page() -> rx.Component:
    """Two choices, and the rows of one."""
    heads = ("Order", "Buyer", "Event", "Status", "Total", "Source", "Promotion", "Placed")
    choices = [
        rx.el.button(name, type="button", class_name="btn", on_click=YardstickState.show(which))
        for name, which in (("First", 1), ("Second", 2))
    ]
    return alone_page(
        rx.el.div(*choices, class_name="filters"),
        table(
            [column(head) for head in heads],
            each(YardstickState.rows, _row),
            caption="Rows",
            class_name="orders",
            flush=False,
        ),
        title=TITLE,
    )


def _row(shown: ConstantRow) -> rx.Component:
    return row(
        cell(row_link(shown.number, shown.href)),
        cell(rx.el.span(shown.buyer, class_name="med"), " ", rx.el.span(shown.email, class_name="mute mail")),
        cell(rx.el.span(shown.event, class_name="trunc")),
        cell(shown.status),
        cell(shown.total, numeric=True),
        cell(shown.source),
        cell(rx.el.span(shown.code, class_name="mono")),
        cell(shown.placed, numeric=True),
        class_name="pressable",
        key=shown.id,
    )
