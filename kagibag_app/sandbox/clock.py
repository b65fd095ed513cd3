"""The sandbox's clock: real time plus an offset that only grows."""

import time

from kagibag_app.sandbox.store import Store

DAY = 86_400


class Clock:
    """Virtual time. Object stamps and due actions follow it; signatures and webhook retries do not."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def offset(self) -> int:
        """Seconds the sandbox is ahead of real time."""
        return int(self._store.setting("clock_offset", "0"))

    def now(self) -> int:
        """Virtual time in seconds since the epoch, UTC."""
        return int(time.time()) + self.offset

    def advance(self, seconds: int) -> int:
        """Move the clock forward and return the new time. Call within a transaction.

        Raises:
            ValueError: seconds is negative.
        """
        if seconds < 0:
            raise ValueError("The sandbox clock only moves forward.")
        self._store.set_setting("clock_offset", str(self.offset + seconds))
        return self.now()

    def start_at(self, offset: int) -> None:
        """Set the offset of a sandbox that has no objects yet; a demo starts in the past. Call within a transaction."""
        self._store.set_setting("clock_offset", str(offset))
