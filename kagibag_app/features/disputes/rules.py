"""Disputes, mirrored from Stripe."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from kagibag_app.features.orders.rules import DisputeState


class DisputeKind(StrEnum):
    """A chargeback takes the money at once; an inquiry asks first."""

    INQUIRY = "inquiry"
    CHARGEBACK = "chargeback"


class DisputeStatus(StrEnum):
    """Our words for Stripe's; the raw one is kept beside."""

    INQUIRY_NEEDS_RESPONSE = "inquiry_needs_response"
    INQUIRY_UNDER_REVIEW = "inquiry_under_review"
    INQUIRY_CLOSED = "inquiry_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    PREVENTED = "prevented"
    UNKNOWN = "unknown"

    @classmethod
    def from_stripe(cls, word: str) -> DisputeStatus:
        """Map Stripe's status; an unknown word counts as undecided until we learn it."""
        if word.startswith("warning_"):
            word = "inquiry_" + word.removeprefix("warning_")
        return cls(word) if word in cls._value2member_map_ else cls.UNKNOWN


_D = DisputeStatus
UNDECIDED = frozenset(
    {_D.INQUIRY_NEEDS_RESPONSE, _D.INQUIRY_UNDER_REVIEW, _D.NEEDS_RESPONSE, _D.UNDER_REVIEW, _D.UNKNOWN}
)
UNANSWERED = frozenset({_D.NEEDS_RESPONSE, _D.INQUIRY_NEEDS_RESPONSE})
OPEN_CHARGEBACK = frozenset({_D.NEEDS_RESPONSE, _D.UNDER_REVIEW})

EXPECTED_MOVES: dict[DisputeStatus, frozenset[DisputeStatus]] = {
    _D.INQUIRY_NEEDS_RESPONSE: frozenset({_D.INQUIRY_UNDER_REVIEW, _D.INQUIRY_CLOSED, _D.NEEDS_RESPONSE}),
    _D.INQUIRY_UNDER_REVIEW: frozenset({_D.INQUIRY_CLOSED, _D.NEEDS_RESPONSE}),
    _D.INQUIRY_CLOSED: frozenset({_D.NEEDS_RESPONSE}),
    _D.NEEDS_RESPONSE: frozenset({_D.UNDER_REVIEW, _D.WON, _D.LOST}),
    _D.UNDER_REVIEW: frozenset({_D.WON, _D.LOST}),
    _D.WON: frozenset(),
    _D.LOST: frozenset(),
    _D.PREVENTED: frozenset(),
    _D.UNKNOWN: frozenset(DisputeStatus),
}


class DisputeEventKind(StrEnum):
    """Steps of a dispute's own timeline."""

    OPENED = "opened"
    FUNDS_WITHDRAWN = "funds_withdrawn"
    UPDATED = "updated"
    CLOSED = "closed"
    FUNDS_REINSTATED = "funds_reinstated"


class DisputeFilter(StrEnum):
    """Which disputes a list shows."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    ALL = "all"


PAGE_SIZE = 50

CLOSED = frozenset({_D.INQUIRY_CLOSED, _D.WON, _D.LOST, _D.PREVENTED})

STATUS_LABELS: dict[str, str] = {
    _D.INQUIRY_NEEDS_RESPONSE: "Inquiry, needs a response",
    _D.INQUIRY_UNDER_REVIEW: "Inquiry, under review",
    _D.INQUIRY_CLOSED: "Inquiry closed",
    _D.NEEDS_RESPONSE: "Needs a response",
    _D.UNDER_REVIEW: "Under review at the bank",
    _D.WON: "Won",
    _D.LOST: "Lost",
    _D.PREVENTED: "Prevented",
    _D.UNKNOWN: "Open",
}

# Source: docs.stripe.com/disputes/categories; the words are ours.
REASONS: dict[str, tuple[str, str]] = {
    "bank_cannot_process": ("Bank could not process it", "The buyer's bank could not carry out the payment."),
    "check_returned": ("Check returned", "The bank sent the check back unpaid."),
    "credit_not_processed": (
        "Refund not received",
        "The buyer says that a refund or credit that was promised never arrived.",
    ),
    "customer_initiated": ("Started by the buyer", "The buyer asked the bank to take the payment back."),
    "debit_not_authorized": (
        "Debit not authorized",
        "The buyer says that nobody allowed this debit from the bank account.",
    ),
    "duplicate": ("Charged twice", "The buyer says that the same purchase was charged more than once."),
    "fraudulent": ("Fraudulent", "The card's owner says that somebody else made this payment."),
    "general": ("General", "The bank gave no particular reason."),
    "incorrect_account_details": (
        "Wrong account details",
        "The payment went to details that are not correct.",
    ),
    "insufficient_funds": ("Insufficient funds", "There was not enough money in the buyer's account."),
    "noncompliant": (
        "Against the card network's rules",
        "The card network says that the payment did not follow its rules.",
    ),
    "product_not_received": (
        "Product not received",
        "The buyer says that the tickets never arrived, or that the event did not take place.",
    ),
    "product_unacceptable": (
        "Product not as described",
        "The buyer says that the event or the tickets were not what had been offered.",
    ),
    "subscription_canceled": (
        "Subscription canceled",
        "The buyer says that this had been canceled before the charge.",
    ),
    "unrecognized": ("Not recognized", "The buyer doesn't recognize this charge on the statement."),
}


def reason_label(reason: str) -> str:
    """Return Stripe's reason in plain words; one we don't know keeps Stripe's own."""
    return REASONS[reason][0] if reason in REASONS else reason.replace("_", " ").capitalize()


def reason_sentence(reason: str) -> str:
    """Return what the bank means by a reason, in one sentence."""
    return REASONS[reason][1] if reason in REASONS else "Stripe's Dashboard says more about this reason."


def kind_of(raw_status: str, known: DisputeKind | None = None) -> DisputeKind:
    """Say whether it is an inquiry or a chargeback.

    Args:
        raw_status: Stripe's status.
        known: What it was before; a prevented one stays that.
    """
    if raw_status.startswith("warning_"):
        return DisputeKind.INQUIRY
    return known or DisputeKind.INQUIRY if raw_status == "prevented" else DisputeKind.CHARGEBACK


def order_state(statuses: Iterable[str]) -> DisputeState:
    """Return an order's dispute state from all of its disputes."""
    found = {DisputeStatus(status) for status in statuses}
    if found & UNDECIDED:
        return DisputeState.OPEN
    if _D.LOST in found:
        return DisputeState.LOST
    return DisputeState.WON if _D.WON in found else DisputeState.NONE


def is_expected(old: DisputeStatus | None, new: DisputeStatus) -> bool:
    """Say whether a status may follow; the first sight may be any."""
    return old is None or old is new or new in EXPECTED_MOVES[old]
