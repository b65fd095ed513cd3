"""How a job says that it wants to be run again."""

from __future__ import annotations

from datetime import timedelta


class Later(Exception):
    """Run this job again, under the same row.

    Args:
        delay: Not before this long from now.
        reason: One sentence, kept in the row.
        count: Whether this run counts as a try towards giving up.
    """

    def __init__(self, delay: timedelta, reason: str, *, count: bool = True) -> None:
        super().__init__(reason)
        self.delay, self.reason, self.count = delay, reason, count
