"""Ledger entries as screens show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kagibag_app.features.ledger.rules import LABELS


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


def sums_of(rows: Iterable[LedgerRow]) -> list[LedgerSum]:
    """Return what entries come to, one sum per settlement currency, by its code."""
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.settlement_currency] = sums.get(row.settlement_currency, 0) + row.settlement_minor
    return [LedgerSum(currency, minor) for currency, minor in sorted(sums.items())]
