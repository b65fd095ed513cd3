"""Outgoing webhooks: event types, states, schedule."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from kagibag_app.kit.transitions import Transitions

DELIVER_WEBHOOK = "deliver_webhook"
PER_ENDPOINT = 2


class EventType(StrEnum):
    """What an endpoint can subscribe to."""

    ORDER_PAID = "order.paid"


class EndpointStatus(StrEnum):
    """Whether an endpoint receives."""

    ENABLED = "enabled"
    PAUSED = "paused"
    AUTO_DISABLED = "auto_disabled"


class DeliveryStatus(StrEnum):
    """Where one event's delivery to one endpoint stands."""

    QUEUED = "queued"
    DELIVERING = "delivering"
    RETRYING = "retrying"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    HELD = "held"
    CANCELED = "canceled"


_S = DeliveryStatus
DELIVERY_MOVES: Transitions[DeliveryStatus] = Transitions(
    "webhook delivery",
    {
        _S.QUEUED: frozenset({_S.DELIVERING, _S.HELD, _S.CANCELED}),
        _S.DELIVERING: frozenset({_S.DELIVERED, _S.RETRYING, _S.EXHAUSTED, _S.QUEUED, _S.CANCELED}),
        _S.RETRYING: frozenset({_S.DELIVERING, _S.HELD, _S.CANCELED}),
        _S.DELIVERED: frozenset({_S.QUEUED}),
        _S.EXHAUSTED: frozenset({_S.QUEUED}),
        _S.HELD: frozenset({_S.QUEUED, _S.RETRYING, _S.CANCELED}),
        _S.CANCELED: frozenset(),
    },
)

# Each the delay after the try before. Source: standardwebhooks.com, "Retries".
SCHEDULE = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)

JITTER = 0.2
# After "too many requests" and after a time-out the receiver gets at least this long.
RELIEF = timedelta(seconds=60)
DISABLE_AFTER = timedelta(days=5)
SECRET_OVERLAP = timedelta(hours=24)
MAX_ENDPOINTS = 20
GONE = 410
TOO_MANY_REQUESTS = 429


def new_secret() -> str:
    """Return a fresh signing secret, ``whsec_`` and 32 random bytes: shown once, stored sealed."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def matches(event_filter: Iterable[str], event_type: str) -> bool:
    """Say whether an endpoint wants events of that type; an empty filter wants all."""
    wanted = tuple(event_filter)
    return not wanted or event_type in wanted


def accepted(status: int) -> bool:
    """Say whether the receiver took the event. A redirect is a failure: we never follow one."""
    return 200 <= status < 300


def next_delay(
    tries: int, *, status: int, timed_out: bool, retry_after: float | None, chance: float
) -> timedelta | None:
    """Return how long to wait after a failed try; ``None`` when the schedule is exhausted.

    Args:
        tries: Failed tries so far, this one included (from 1).
        status: HTTP status of the answer, 0 for none.
        timed_out: The deadline passed.
        retry_after: Seconds that the receiver asked for; granted between once and twice the planned delay.
        chance: Even chance in [0, 1), spreads tries by 20 % to either side.
    """
    if tries >= len(SCHEDULE):
        return None
    slot = SCHEDULE[tries]
    delay = slot * (1 + JITTER * (2 * chance - 1))
    if retry_after is not None:
        delay = min(max(timedelta(seconds=min(retry_after, 1e6)), slot), 2 * slot)
    return max(delay, RELIEF) if timed_out or status == TOO_MANY_REQUESTS else delay


def hopeless(failing_since: datetime | None, now: datetime) -> bool:
    """Say whether an endpoint has failed for so long that it is switched off."""
    return failing_since is not None and now - failing_since >= DISABLE_AFTER
