"""Orders, tickets and seats: states and what may follow what; how lists are filtered."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kagibag_app.kit.ids import normalise_code
from kagibag_app.kit.text import one_line
from kagibag_app.kit.transitions import Transitions

HOLD = timedelta(minutes=35)
PAGE_SIZE = 50
# Shorter pieces of a number would find half of all orders.
NUMBER_PART = 4
_NUMBER_CHARS, _NUMBER_MAX = 8, 40


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


class StatusFilter(StrEnum):
    """The choices of the list's status filter: an order's status, or what its refunds and disputes say."""

    ALL = "all"
    PAID = "paid"
    PENDING = "pending"
    PROCESSING = "processing"
    PAYMENT_FAILED = "payment_failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"

    @classmethod
    def read(cls, text: object) -> StatusFilter:
        """Read a value from an address; what is no choice means all."""
        return cls(text) if isinstance(text, str) and text in set(cls) else cls.ALL


_F = StatusFilter
_SPECIAL: dict[StatusFilter, tuple[str, str]] = {
    _F.PARTIALLY_REFUNDED: ("refund_state", RefundState.PARTIAL),
    _F.REFUNDED: ("refund_state", RefundState.FULL),
    _F.DISPUTED: ("dispute_state", DisputeState.OPEN),
    _F.DISPUTE_WON: ("dispute_state", DisputeState.WON),
    _F.DISPUTE_LOST: ("dispute_state", DisputeState.LOST),
}


def condition_of(choice: StatusFilter) -> tuple[str, str] | None:
    """Return which of an order's states a choice is about and its value there; ``None`` for all orders."""
    return None if choice == StatusFilter.ALL else _SPECIAL.get(choice, ("status", choice))


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What the list of orders shows.

    Attributes:
        event: An event's public id; empty: all.
        placed_from: First moment, UTC, inclusive. ``placed_until``: exclusive.
        search: Part of a number or of an email, as typed.
    """

    status: StatusFilter = StatusFilter.ALL
    event: str = ""
    placed_from: datetime | None = None
    placed_until: datetime | None = None
    search: str = ""


def email_key(email: str) -> str:
    """Return an address for comparison: NFKC and casefolded."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


def mask_email(email: str) -> str:
    """Return an address for those who may not read it: first letter and host stay."""
    local, _, host = email.rpartition("@")
    return f"{local[:1]}•••@{host}"


def search_text(typed: object) -> str:
    """Return what was typed into the search box as one clean line.

    Raises:
        BadInput: Not text, or longer than any number or address.
    """
    return one_line(typed, field="search", limit=254, required=False)


def written_number(typed: str) -> str:
    """Return an order number as it is stored, ``KB-7F3K-9Q2M``; empty for what can't be one.

    Any case, with or without dashes and prefix, look-alike letters forgiven.
    """
    part = normalise_code(typed[:_NUMBER_MAX])
    part = part.removeprefix("KB") if len(part) > _NUMBER_CHARS else part
    return f"KB-{part[:4]}-{part[4:]}" if len(part) == _NUMBER_CHARS and part.isascii() else ""


def number_part(search: str) -> str:
    """Return the part of an order number that a search means, without dashes; empty when it is too short.

    Any case, with or without dashes and prefix, look-alike letters forgiven.
    """
    part = normalise_code(search)
    return part if len(part) >= NUMBER_PART and part.isascii() else ""
