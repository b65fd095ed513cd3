"""Time is UTC and aware. A test clock shifts it; nothing else does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass
class Clock:
    """The process's clock plus an offset that demos and tests move.

    Attributes:
        offset: Added to real time; also added to the database's clock by the store.
    """

    offset: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC) + self.offset

    def advance(self, by: timedelta) -> None:
        """Move the offset forward."""
        self.offset += by


def from_unix(seconds: int | None) -> datetime | None:
    """Return a Unix time as UTC; ``None`` and 0 mean no time."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
