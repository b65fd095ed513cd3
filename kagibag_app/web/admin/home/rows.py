"""What the home page shows, ready to read."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name, its amount, and what there is to know about it; ``tone`` colours that."""

    name: str = ""
    amount: str = ""
    about: str = ""
    tone: str = "neutral"


@dataclass(frozen=True, slots=True)
class CurrencyRow:
    """The figures of a further currency, as a row of a table; ``href`` draws its chart."""

    currency: str = ""
    href: str = ""
    sales: str = ""
    refunded: str = ""
    disputed: str = ""
    fees: str = ""
    net: str = ""


@dataclass(frozen=True, slots=True)
class PeriodTab:
    """A period to choose."""

    label: str = ""
    href: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class NeedLine:
    """Something that needs a decision now; ``act`` is what one does there."""

    id: str = ""
    kind: str = ""
    tone: str = "neutral"
    title: str = ""
    about: str = ""
    amount: str = ""
    act: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class DeadlineLine:
    """Until when something must be done."""

    id: str = ""
    left: str = ""
    day: str = ""
    tone: str = "neutral"
    title: str = ""
    about: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch of the chart: places in its drawing, and the same as a row of the table beside it.

    Attributes:
        label: Under the bar; empty for most.
        words: The days it is of.
        now: It holds today.
    """

    x: str = ""
    width: str = ""
    sales_y: str = ""
    sales_height: str = ""
    back_height: str = ""
    label_x: str = ""
    label: str = ""
    now: bool = False
    words: str = ""
    sales: str = ""
    refunded: str = ""
    disputed: str = ""


@dataclass(frozen=True, slots=True)
class GridLine:
    """A line of the chart's scale."""

    y: str = ""
    text_y: str = ""
    label: str = ""
    zero: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Sales up, what went back down, on one scale; ``words`` say the whole of it."""

    words: str = ""
    unit: str = ""
    zero_y: str = ""
    bars: list[Bar] = field(default_factory=list)
    grid: list[GridLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class HomePage:
    """The whole page.

    Attributes:
        date: Today in the organizer's zone.
        needs_total: How many things need a decision, those beyond the list included; ``more``: there are some beyond it.
        day_from, day_until: The period, for its form.
    """

    date: str = ""
    about: str = ""
    period: str = ""
    day_from: str = ""
    day_until: str = ""
    tabs: list[PeriodTab] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    others: list[CurrencyRow] = field(default_factory=list)
    needs: list[NeedLine] = field(default_factory=list)
    needs_total: int = 0
    more: bool = False
    deadlines: list[DeadlineLine] = field(default_factory=list)
    chart: Chart = Chart()
