"""What the dialogs about a failed refund, or one made at Stripe, show."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AllocationLine:
    """A ticket that a refund may have been about; at most ``most_minor`` of its price can have gone back."""

    line: str
    name: str
    code: str
    most_minor: int


@dataclass(frozen=True, slots=True)
class AllocationChoice:
    """A refund made at Stripe that waits for somebody to say which tickets it was about."""

    refund: str
    amount_minor: int
    currency: str
    lines: list[AllocationLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RevivableTicket:
    """A void ticket whose money came back."""

    id: str
    code: str
    name: str
