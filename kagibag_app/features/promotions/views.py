"""What screens show of promotions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PromotionChoice:
    """A promotion in a filter: public id and code."""

    id: str
    code: str
