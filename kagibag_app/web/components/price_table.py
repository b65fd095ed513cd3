"""Price lines down to a total."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import reflex as rx

from kagibag_app.web.components.buttons import icon_button
from kagibag_app.web.components.values import Handler, Rows, Text, classes, each, when


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One line. Amounts are formatted text with a true minus sign.

    ``kind`` is ``line`` for an item, ``subtotal`` for the first sum, ``total`` for the sum under the dashed rule. ``code`` is a
    discount code shown after the label, ``remark`` a quiet word such as the currency.
    """

    label: str
    amount: str
    kind: Literal["line", "subtotal", "total"] = "line"
    code: str = ""
    remark: str = ""
    tone: str = ""


def price_table(
    lines: Rows[PriceLine],
    *,
    caption: str,
    dense: bool = False,
    total: Literal["big", "large", ""] = "",
    on_remove_code: Handler = None,
) -> rx.Component:
    """The lines of an order or of a refund.

    Args:
        lines: In the order to show; each may be a plain row or a Var's row.
        caption: For screen readers.
        dense: Organizer's size.
        total: ``big`` (24 px) or ``large`` (20 px) for the total's figure.
        on_remove_code: When given, a code gets a button that calls it with the code.
    """
    body = each(lines, lambda line: _line(line, total, on_remove_code))
    return rx.el.table(
        rx.el.caption(caption, class_name="vh"),
        rx.el.tbody(body),
        class_name=classes("price", "dense" if dense else ""),
    )


def _line(line: PriceLine, total: str, on_remove_code: Handler) -> rx.Component:
    label = rx.el.th(
        line.label,
        when(line.code, rx.fragment(" ", _code(line.code, on_remove_code))),
        when(line.remark, rx.el.span(" ", line.remark, class_name="mute regular")),
        scope="row",
    )
    size = (
        rx.cond(line.kind == "total", total, "")
        if isinstance(line.kind, rx.Var)
        else total
        if line.kind == "total"
        else ""
    )
    amount = rx.el.td(
        rx.el.span(line.amount, class_name="toned", data_tone=line.tone), class_name=f"num {size}"
    )
    plain = rx.el.td(line.amount, class_name=f"num {size}")
    return rx.el.tr(label, when(line.tone, amount, plain), class_name=line.kind)


def _code(code: Text, on_remove_code: Handler) -> rx.Component:
    if on_remove_code is None:
        return rx.el.span(code, class_name="mono")
    return rx.el.span(
        rx.el.span(code, class_name="mono"),
        icon_button(
            "x", rx.Var.create(f"Remove code {code}"), on_click=on_remove_code(code), kind="quiet", size="s"
        ),
        class_name="code-tag",
    )
