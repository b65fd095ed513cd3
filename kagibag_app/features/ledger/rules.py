"""Kinds of ledger entries."""

from __future__ import annotations

from enum import StrEnum


class EntryKind(StrEnum):
    """Why money moved at Stripe."""

    CHARGE = "charge"
    STRIPE_FEE = "stripe_fee"
    APPLICATION_FEE = "application_fee"
    APPLICATION_FEE_REFUND = "application_fee_refund"
    REFUND = "refund"
    REFUND_REVERSAL = "refund_reversal"
    DISPUTE = "dispute"
    DISPUTE_FEE = "dispute_fee"
    DISPUTE_REVERSAL = "dispute_reversal"
    DISPUTE_FEE_REVERSAL = "dispute_fee_reversal"
    ADJUSTMENT = "adjustment"


_K = EntryKind
LABELS: dict[str, str] = {
    _K.CHARGE: "Charge",
    _K.STRIPE_FEE: "Stripe fee",
    _K.APPLICATION_FEE: "Application fee",
    _K.APPLICATION_FEE_REFUND: "Application fee returned",
    _K.REFUND: "Refund",
    _K.REFUND_REVERSAL: "Refund returned",
    _K.DISPUTE: "Dispute",
    _K.DISPUTE_FEE: "Dispute fee",
    _K.DISPUTE_REVERSAL: "Dispute reinstated",
    _K.DISPUTE_FEE_REVERSAL: "Dispute fee returned",
    _K.ADJUSTMENT: "Adjustment",
}

REFUNDS = frozenset({_K.REFUND, _K.REFUND_REVERSAL})
DISPUTES = frozenset({_K.DISPUTE, _K.DISPUTE_REVERSAL})
FEES = frozenset(
    {
        _K.STRIPE_FEE,
        _K.APPLICATION_FEE,
        _K.APPLICATION_FEE_REFUND,
        _K.DISPUTE_FEE,
        _K.DISPUTE_FEE_REVERSAL,
    }
)


def parts(
    kind: EntryKind, *, amount_minor: int, fee_minor: int, application_fee_minor: int
) -> list[tuple[EntryKind, int]]:
    """Split a balance transaction into ledger entries whose sum is its net.

    Args:
        kind: Why the money moved.
        amount_minor: Gross, money out negative.
        fee_minor: All fees, positive when they were taken, negative when they came back.
        application_fee_minor: The platform's share of ``fee_minor``.
    """
    own = fee_minor - application_fee_minor
    entries = [
        (_fee_kind(kind, own), -own),
        (_application_kind(application_fee_minor), -application_fee_minor),
    ]
    return [(kind, amount_minor)] + [(name, amount) for name, amount in entries if amount]


def _fee_kind(kind: EntryKind, fee_minor: int) -> EntryKind:
    if kind not in DISPUTES:
        return _K.STRIPE_FEE
    return _K.DISPUTE_FEE if fee_minor > 0 else _K.DISPUTE_FEE_REVERSAL


def _application_kind(fee_minor: int) -> EntryKind:
    return _K.APPLICATION_FEE if fee_minor > 0 else _K.APPLICATION_FEE_REFUND
