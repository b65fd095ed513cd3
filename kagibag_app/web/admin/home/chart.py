"""The chart of a period: where its bars stand in a drawing of a fixed size. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from kagibag_app import l10n
from kagibag_app.features.ledger.views import Figures
from kagibag_app.kit.money import currency as currency_of
from kagibag_app.web.admin.home.periods import Period
from kagibag_app.web.admin.home.rows import Bar, Chart, GridLine

# The drawing's units; CSS scales it.
WIDTH, HEIGHT = 720, 208
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 712, 8, 180
_LINES = 3
_LABELS = 6


def chart(period: Period, stretches: Sequence[Mapping[str, Figures]], currency: str) -> Chart:
    """Return the chart of one currency.

    Args:
        period: Its stretches have the bars.
        stretches: The figures of each stretch by currency.
        currency: Which of them is drawn.
    """
    figures = [found.get(currency) or Figures(currency) for found in stretches]
    step = _step(max((each.sales_minor for each in figures), default=0), currency)
    top = step * _LINES
    back = max((_back(each) for each in figures), default=0)
    scale = Decimal(_BOTTOM - _TOP) / max(top + back, 1)
    zero = _TOP + top * scale
    room = Decimal(_RIGHT - _LEFT) / max(len(figures), 1)
    every = max(1, -(-len(figures) // _LABELS))
    bars = [
        _bar(period, number, each, room=room, scale=scale, zero=zero, every=every)
        for number, each in enumerate(figures)
    ]
    grid = [
        _line(zero - step * number * scale, l10n.money(step * number, currency), zero=not number)
        for number in range(_LINES + 1)
    ]
    return Chart(_words(period, figures, currency), currency, _place(zero), bars, grid)


def _bar(
    period: Period, number: int, each: Figures, *, room: Decimal, scale: Decimal, zero: Decimal, every: int
) -> Bar:
    left = _LEFT + number * room
    # What is not nothing can be seen.
    height = max(each.sales_minor * scale, Decimal(1)) if each.sales_minor > 0 else Decimal(0)
    down = max(_back(each) * scale, Decimal(1)) if _back(each) > 0 else Decimal(0)
    first = period.stretches[number]
    return Bar(
        x=_place(left + room / 8), width=_place(room * 3 / 4),
        sales_y=_place(zero - height), sales_height=_place(height), back_height=_place(down),
        label_x=_place(left + room / 2), label=f"{first.day} {first:%b}" if number % every == 0 else "",
        now=bool(period.preset) and number == len(period.stretches) - 1,
        words=period.bar_words(number), sales=l10n.money(each.sales_minor, each.currency),
        refunded=l10n.money(each.refunded_minor, each.currency),
        disputed=l10n.money(each.disputed_minor, each.currency),
    )  # fmt: skip


def _back(each: Figures) -> int:
    return max(-each.refunded_minor - each.disputed_minor, 0)


def _step(most: int, currency: str) -> int:
    """Return the distance of the scale's lines: 1, 2 or 5 times a power of ten, whole units of the currency."""
    whole = 10 ** currency_of(currency).exponent
    step, factors = whole, (2, Decimal("2.5"), 2)
    turn = 0
    while step * _LINES < most:
        step = int(step * factors[turn % 3])
        turn += 1
    return step


def _line(y: Decimal, label: str, *, zero: bool) -> GridLine:
    return GridLine(_place(y), _place(y + 4), label.removesuffix(".00").removesuffix(".000"), zero)


def _words(period: Period, figures: Sequence[Figures], currency: str) -> str:
    sales, back = sum(each.sales_minor for each in figures), sum(_back(each) for each in figures)
    most = max(figures, key=lambda each: each.sales_minor, default=None)
    best = ""
    if most is not None and most.sales_minor > 0:
        best = f", most of it {period.bar_words(figures.index(most))}"
    return (
        f"Sales and what went back, {period.words()}: {l10n.money(sales, currency)} sold{best};"
        f" {l10n.money(back, currency)} went back."
    )


def _place(number: Decimal) -> str:
    return f"{number:.1f}"
