"""How the list of orders is filtered and sorted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kagibag_app.features.orders.rules.states import DisputeState, RefundState

PAGE_SIZE = 50
# Counting further tells nobody more, and costs as much as there are orders.
COUNT_CAP = 10_000


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


class OrderSort(StrEnum):
    """The orders of the list. By total, the currencies stand one after the other and are never compared."""

    NEWEST = "newest"
    OLDEST = "oldest"
    HIGHEST = "highest"
    LOWEST = "lowest"

    @classmethod
    def read(cls, text: object) -> OrderSort:
        """Read a value from an address; what is no sort means the newest first."""
        return cls(text) if isinstance(text, str) and text in set(cls) else cls.NEWEST

    @property
    def by_total(self) -> bool:
        """Whether amounts decide, not moments."""
        return self in (OrderSort.HIGHEST, OrderSort.LOWEST)

    @property
    def descending(self) -> bool:
        """Whether the list begins with the largest key; its opposite is the exact reverse."""
        return self in (OrderSort.NEWEST, OrderSort.HIGHEST)


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What the list of orders shows, and in which order.

    Attributes:
        event: An event's public id; empty: all.
        placed_from: First moment, UTC, inclusive. ``placed_until``: exclusive.
        search: What was typed into the search box (see ``rules.search``).
        source: An ``OrderSource`` value; empty: all.
        promotion: Public id of a promotion that was applied; empty: with or without one.
    """

    status: StatusFilter = StatusFilter.ALL
    event: str = ""
    placed_from: datetime | None = None
    placed_until: datetime | None = None
    search: str = ""
    source: str = ""
    promotion: str = ""
    sort: OrderSort = OrderSort.NEWEST
