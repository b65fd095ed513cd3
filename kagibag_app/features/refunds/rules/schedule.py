"""When a refund is tried again, when its key is too old, and when somebody is told.

Source: docs/refund-protocol.md; the figures are those of its table.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

SEND_REFUND = "send_refund"

RETRY_DELAYS = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=8),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
JITTER = 0.2
GIVE_UP = timedelta(hours=72)
TELL_ORGANIZER = timedelta(hours=24)
SAME_KEY = timedelta(hours=23)
PROVABLY_ABSENT = timedelta(hours=25)
LOOK_AGAIN = timedelta(hours=24)
# A worker that was stopped for longer between its claim and its call must not call any more.
CLAIM_FRESH = timedelta(seconds=60)


class NextStep(StrEnum):
    """What a try of a refund does."""

    SEND = "send"
    LOOK_UP = "look_up"
    LOOK_BACK = "look_back"
    WAIT = "wait"
    NOTHING = "nothing"


def retry_delay(tries: int, chance: float) -> timedelta:
    """Return how long to wait after that many tries.

    Args:
        tries: Tries so far, 1 after the first.
        chance: Uniform in [0, 1): spreads the delay by +-20 %, so that an outage is not followed by a stampede.
    """
    delay = RETRY_DELAYS[min(max(tries, 1), len(RETRY_DELAYS)) - 1]
    return delay * (1 - JITTER + 2 * JITTER * chance)


def look_up_delay(maybe_sent_at: datetime, tries: int, now: datetime, chance: float) -> timedelta:
    """Return when an unknown refund is looked at again.

    The first look that can prove absence is not missed by hours; after three days once a day is enough.
    """
    age = now - maybe_sent_at
    if age >= GIVE_UP:
        return LOOK_AGAIN
    delay = retry_delay(tries, chance)
    if age < PROVABLY_ABSENT:
        return min(delay, PROVABLY_ABSENT - age + timedelta(minutes=1))
    return delay


def key_is_young(maybe_sent_at: datetime, now: datetime) -> bool:
    """Say whether Stripe certainly still knows a key that it may have seen (it keeps keys for 24 hours)."""
    return now - maybe_sent_at < SAME_KEY


def absence_is_proof(maybe_sent_at: datetime, now: datetime) -> bool:
    """Say whether a refund that Stripe doesn't list now will never appear under its key."""
    return now - maybe_sent_at > PROVABLY_ABSENT
