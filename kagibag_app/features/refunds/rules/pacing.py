"""How fast the refunds of one Stripe account go out when there are many of them.

Source: docs.stripe.com/rate-limits; the figures are those of docs/refund-protocol.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# Of one account, over all processes.
USUAL = timedelta(milliseconds=200)
AT_ONCE = 4
SLOWEST = timedelta(milliseconds=12_800)
# Refusals that come this close together are one: what was on its way when the first of them came.
ONE_BURST = timedelta(seconds=2)
RECOVERS_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Pace:
    """How an account's refunds follow each other.

    Attributes:
        interval: Between two of them.
        next_at: When the next one may leave (UTC).
        slowed_at: When it was last slowed down, or took up speed after that; ``None`` at its usual speed.
    """

    interval: timedelta
    next_at: datetime
    slowed_at: datetime | None = None

    def turn(self, now: datetime) -> tuple[datetime, Pace]:
        """Return when a refund may leave, and the pace for those behind it: a step faster after a time of quiet."""
        pace = self
        if pace.slowed_at is not None and now - pace.slowed_at >= RECOVERS_AFTER:
            faster = max(pace.interval / 2, USUAL)
            pace = replace(pace, interval=faster, slowed_at=None if faster == USUAL else now)
        at = max(now, pace.next_at)
        return at, replace(pace, next_at=at + pace.interval)

    def slowed(self, now: datetime) -> Pace | None:
        """Return half the speed, because Stripe asked for less; ``None`` when that was said of the same burst."""
        if self.slowed_at is not None and now - self.slowed_at < ONE_BURST:
            return None
        ahead = max(self.next_at - now, timedelta(0))
        return Pace(min(self.interval * 2, SLOWEST), now + 2 * ahead + self.interval, now)


def usual_pace(now: datetime) -> Pace:
    """Return the pace of an account that nothing is known of."""
    return Pace(USUAL, now)
