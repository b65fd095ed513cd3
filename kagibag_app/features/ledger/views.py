"""Ledger entries as screens show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kagibag_app.features.ledger.rules import DISPUTES, FEES, LABELS, REFUNDS, EntryKind


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One movement at Stripe. ``at`` in UTC, amounts in minor units of the currency beside them.

    Attributes:
        settlement_minor: As Stripe booked it; money out is negative.
        presentment_minor: As the buyer saw it; absent for fees.
        cause: e.g. ``charge:ch_...``, ``refund:re_...``, ``dispute:du_...``.
    """

    at: datetime
    kind: str
    balance_transaction: str
    cause: str
    settlement_minor: int
    settlement_currency: str
    presentment_minor: int | None
    presentment_currency: str

    @property
    def label(self) -> str:
        """The kind in words."""
        return LABELS.get(self.kind, self.kind)


@dataclass(frozen=True, slots=True)
class LedgerSum:
    """A sum in one settlement currency, minor units."""

    currency: str
    minor: int


@dataclass(frozen=True, slots=True)
class Movement:
    """What was booked of one kind in one stretch of time and pair of currencies, added up; amounts in minor units."""

    stretch: int
    kind: str
    settlement_currency: str
    presentment_currency: str
    settlement_minor: int
    presentment_minor: int
    count: int


@dataclass(slots=True)
class Figures:
    """What a period brought in one currency; minor units, money out negative.

    Sales, refunds and disputes are as buyers saw them, fees and net as Stripe booked them: where Stripe changes money,
    the net of a sale is in another currency than the sale.

    Attributes:
        sales, refunds: How many charges there were, and how many refunds that did not come back.
        disputed_minor: What banks took, less what they gave back.
        fees_minor: All fees, Stripe's and the platform's, those of disputes included.
        net_minor: Everything together, adjustments of Stripe's included.
    """

    currency: str
    sales_minor: int = 0
    sales: int = 0
    refunded_minor: int = 0
    refunds: int = 0
    disputed_minor: int = 0
    fees_minor: int = 0
    net_minor: int = 0


def figures_of(movements: Iterable[Movement]) -> dict[str, Figures]:
    """Add movements up by currency; currencies are never added together."""
    found: dict[str, Figures] = {}

    def of(currency: str) -> Figures:
        return found.setdefault(currency, Figures(currency))

    for moved in movements:
        of(moved.settlement_currency).net_minor += moved.settlement_minor
        if moved.kind in FEES:
            of(moved.settlement_currency).fees_minor += moved.settlement_minor
        if not moved.presentment_currency:
            continue
        shown = of(moved.presentment_currency)
        if moved.kind == EntryKind.CHARGE:
            shown.sales_minor += moved.presentment_minor
            shown.sales += moved.count
        elif moved.kind in REFUNDS:
            shown.refunded_minor += moved.presentment_minor
            shown.refunds += moved.count if moved.kind == EntryKind.REFUND else -moved.count
        elif moved.kind in DISPUTES:
            shown.disputed_minor += moved.presentment_minor
    return found


def sums_of(rows: Iterable[LedgerRow]) -> list[LedgerSum]:
    """Return what entries come to, one sum per settlement currency, by its code."""
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.settlement_currency] = sums.get(row.settlement_currency, 0) + row.settlement_minor
    return [LedgerSum(currency, minor) for currency, minor in sorted(sums.items())]
