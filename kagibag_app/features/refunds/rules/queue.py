"""What the organizer's queue of requests can be narrowed to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RequestWarning(StrEnum):
    """Something to know before a request is decided."""

    CHECKED_IN = "checked_in"
    DISPUTED = "disputed"
    EVENT_OVER = "event_over"
    SECOND_REQUEST = "second_request"


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which requests are wanted; what is empty or zero narrows nothing.

    Attributes:
        event: Public id.
        warning: A ``RequestWarning`` word.
        days: Asked at least so many days ago.
        amount: At least so much, in whole units of each request's own currency.
    """

    event: str = ""
    warning: str = ""
    days: int = 0
    amount: int = 0
