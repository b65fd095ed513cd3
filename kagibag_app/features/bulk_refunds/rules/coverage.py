"""Whether what is on the balance at Stripe pays for a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cover:
    """How the balance compares with what would go back in one currency, minor units.

    Attributes:
        available_minor: What Stripe holds now; ``None`` when it holds none of this currency, so that it pays from
            another one at its own rate, or when it could not be asked. ``pending_minor``: what comes in later.
    """

    currency: str
    needed_minor: int
    available_minor: int | None
    pending_minor: int = 0

    @property
    def short_minor(self) -> int:
        """What is missing."""
        return 0 if self.available_minor is None else max(self.needed_minor - self.available_minor, 0)


def cover_of(needed: Mapping[str, int], held: Mapping[str, tuple[int, int]]) -> list[Cover]:
    """Compare by currency: amounts of different ones are never added.

    Args:
        held: Available and pending minor units by currency.
    """
    return [
        Cover(currency, amount, *held.get(currency, (None, 0))) for currency, amount in sorted(needed.items())
    ]
