"""Where the money of one payment is: bars on one scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import reflex as rx

from kagibag_app.web.components.values import Rows, each

Kind = Literal["", "out", "now", "loss", "sum", "sum loss"]


@dataclass(frozen=True, slots=True)
class Bar:
    """One line: its words, its formatted amount and its place on the scale as CSS percentages.

    ``kind`` is ``out`` for what has left, ``now`` for what is being decided, ``loss``, ``sum`` for the last line.
    """

    label: str
    amount: str
    start: str
    width: str
    kind: Kind = ""

    @classmethod
    def of(cls, label: str, amount: str, *, start: int, length: int, scale: int, kind: Kind = "") -> Bar:
        """Place a bar.

        Args:
            label: The words.
            amount: The formatted amount with its sign.
            start: Where the bar begins, minor units from the left.
            length: How long it is, minor units.
            scale: The minor units that fill the whole width; one currency for all bars.
            kind: See the class.
        """
        whole = max(scale, 1)
        begin = min(max(start, 0), whole)
        end = min(max(start + length, begin), whole)
        return cls(label, amount, _percent(begin, whole), _percent(end - begin, whole), kind)


def _percent(part: int, whole: int) -> str:
    """Hundredths of a percent by whole numbers, so that money never passes through a float."""
    hundredths = part * 10_000 // whole
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def waterfall(bars: Rows[Bar], *, caption: str = "How the money of this payment adds up") -> rx.Component:
    """The bars, one under the other, amounts at the right edge."""
    return rx.el.table(
        rx.el.caption(caption, class_name="vh"), rx.el.tbody(each(bars, _bar)), class_name="waterfall"
    )


def _bar(bar: Bar) -> rx.Component:
    drawn = rx.el.i(style={"left": bar.start, "width": bar.width})
    return rx.el.tr(
        rx.el.th(bar.label, scope="row"),
        rx.el.td(rx.el.div(drawn, aria_hidden="true", class_name="bar")),
        rx.el.td(bar.amount, class_name="num"),
        class_name=bar.kind,
    )
