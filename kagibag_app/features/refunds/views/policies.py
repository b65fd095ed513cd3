"""What screens show of refund policies, and what a changed one would have decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """An event with its policy.

    Attributes:
        sentence: The whole policy in one sentence.
        automatic_days: Days before the start until which it decides alone; ``None``: a person always decides.
        document: As stored; give it back with a change.
        price_minor: Of its first ticket type that costs something, for an example; 0: none does.
    """

    slug: str
    title: str
    starts_at: str
    zone: str
    status: str
    currency: str
    sentence: str
    automatic_days: int | None
    document: dict[str, Any] = field(default_factory=dict)
    price_minor: int = 0


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A request that another policy would have answered otherwise; amounts in minor units of the event's currency."""

    request_id: str
    order_number: str
    buyer_name: str
    asked_at: str
    was_minor: int
    now_minor: int
    at_once: bool


@dataclass(frozen=True, slots=True)
class PolicyTrial:
    """What a policy would have given for an event's requests of the last 12 months.

    Attributes:
        requests: How many there were; only the newest of very many are looked at.
        at_once, was_at_once: How many it would have decided alone, and how many were.
        was_minor, now_minor: What was promised in all, and what would have been.
        different: How many amounts differ; ``rows`` are those that differ most.
    """

    currency: str
    requests: int = 0
    at_once: int = 0
    was_at_once: int = 0
    was_minor: int = 0
    now_minor: int = 0
    different: int = 0
    rows: list[TrialRow] = field(default_factory=list)
