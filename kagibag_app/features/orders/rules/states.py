"""Orders, tickets and seats: states and what may follow what."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from kagibag_app.kit.transitions import Transitions

CLOSE_REQUESTS = "close_requests"

HOLD = timedelta(minutes=35)


class OrderStatus(StrEnum):
    """The life of an order. ``paid`` is shown as "Completed"."""

    PENDING = "pending"
    PROCESSING = "processing"
    PAID = "paid"
    PAYMENT_FAILED = "payment_failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


_O = OrderStatus
ORDER_MOVES: Transitions[OrderStatus] = Transitions(
    "order",
    {
        _O.PENDING: frozenset({_O.PROCESSING, _O.PAID, _O.PAYMENT_FAILED, _O.EXPIRED, _O.CANCELLED}),
        _O.PROCESSING: frozenset({_O.PAID, _O.PAYMENT_FAILED}),
        _O.PAID: frozenset({_O.CANCELLED}),
        _O.PAYMENT_FAILED: frozenset({_O.PENDING, _O.PAID, _O.CANCELLED}),
        _O.EXPIRED: frozenset({_O.PAID}),
        _O.CANCELLED: frozenset(),
    },
)


class OrderSource(StrEnum):
    """How an order is paid."""

    STRIPE = "stripe"
    FREE = "free"


class RefundState(StrEnum):
    """How much of an order went back; recomputed from sums."""

    NONE = "none"
    PENDING = "pending"
    PARTIAL = "partial"
    FULL = "full"


class DisputeState(StrEnum):
    """Open while any dispute is undecided, else lost if any was lost, else won if any was won."""

    NONE = "none"
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Seat(StrEnum):
    """What a line item takes of its ticket type's capacity."""

    HELD = "held"
    SOLD = "sold"
    RELEASED = "released"


class TicketStatus(StrEnum):
    """Whether a ticket lets somebody in."""

    VALID = "valid"
    CHECKED_IN = "checked_in"
    VOID = "void"


_T = TicketStatus
TICKET_MOVES: Transitions[TicketStatus] = Transitions(
    "ticket",
    {
        _T.VALID: frozenset({_T.CHECKED_IN, _T.VOID}),
        _T.CHECKED_IN: frozenset({_T.VALID, _T.VOID}),
        _T.VOID: frozenset({_T.VALID}),
    },
)


class Completion(StrEnum):
    """What became of the attempt to complete an order that was paid for."""

    COMPLETED = "completed"
    ALREADY_PAID = "already_paid"
    CANCELLED = "cancelled"
    NO_CAPACITY = "no_capacity"


@dataclass(frozen=True, slots=True)
class NewLine:
    """One ticket of an order about to be placed, as it costs now; amounts in minor units."""

    ticket_type_id: int
    type_name: str
    list_minor: int
    discount_minor: int = 0


@dataclass(frozen=True, slots=True)
class AppliedCode:
    """A promotion as it is at purchase.

    Attributes:
        value: Basis points for ``percent``, minor units for ``fixed``.
    """

    promotion_id: int
    code: str
    kind: str
    value: int


def email_key(email: str) -> str:
    """Return an address for comparison: NFKC and casefolded."""
    return unicodedata.normalize("NFKC", email).strip().casefold()
