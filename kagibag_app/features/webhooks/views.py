"""Outgoing webhooks as the screens and the delivering job see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kagibag_app.features.webhooks.rules import SCHEDULE, DeliveryStatus, EndpointStatus

MAX_TRIES = len(SCHEDULE)


@dataclass(frozen=True, slots=True)
class EndpointHealth:
    """How an endpoint does.

    Attributes:
        delivered: Deliveries of the last 24 h that arrived.
        waiting: Deliveries on their way for the first time or again by hand.
        retrying: Deliveries that wait for their next try.
        exhausted: Deliveries of the last 24 h that ran out of tries.
        held: Deliveries that wait until the endpoint is switched on.
        failing_since: First failure since the last success (UTC); ``None`` while it works.
    """

    delivered: int = 0
    waiting: int = 0
    retrying: int = 0
    exhausted: int = 0
    held: int = 0
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class EndpointView:
    """One endpoint. Its secret is never part of a view.

    Attributes:
        event_filter: Event types it wants; empty for all.
        rotating_until: Until when the previous secret signs beside the new one (UTC), if it still does.
    """

    public_id: str
    name: str
    url: str
    event_filter: tuple[str, ...]
    status: EndpointStatus
    created_at: datetime
    created_by: str
    rotating_until: datetime | None
    health: EndpointHealth


@dataclass(frozen=True, slots=True)
class FailingEndpoint:
    """An endpoint that does not answer; ``since`` in UTC, absent when it is not known. ``off``: switched off for it."""

    public_id: str
    name: str
    since: datetime | None
    off: bool


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One line of an endpoint's log.

    Attributes:
        attempts: Tries since the last replay, of at most ``max_tries``.
        last_status: HTTP status of the newest answer, 0 for none yet.
        last_error: Why the newest try got no answer.
        last_duration_ms: Wall time of the newest try.
        next_try_at: UTC; ``None`` when no try is planned.
        order_number: Empty when the event names no order.
    """

    public_id: str
    event_id: str
    event_type: str
    order_number: str
    status: DeliveryStatus
    attempts: int
    last_status: int
    last_error: str
    last_duration_ms: int
    created_at: datetime
    next_try_at: datetime | None
    delivered_at: datetime | None
    max_tries: int = MAX_TRIES


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Some lines of the log, newest first; ``next_cursor`` is empty on the last page."""

    rows: tuple[DeliveryRow, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One try: what was answered, or why nothing was. ``excerpt`` is at most 2 kB of the body, plain text."""

    number: int
    at: datetime
    duration_ms: int
    status_code: int
    error: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class DeliveryDetail:
    """A delivery with what was sent and every answer, newest first.

    Attributes:
        request_body: The JSON text, the same on every try; empty for those who may not read addresses.
    """

    row: DeliveryRow
    endpoint_id: str
    url: str
    request_body: str
    attempts: tuple[AttemptRow, ...]


@dataclass(frozen=True, slots=True)
class PreparedAttempt:
    """Everything one try needs.

    Attributes:
        sealed_secrets: Newest first; the caller opens them.
    """

    delivery_id: str
    event_id: str
    url: str
    body: str
    sealed_secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotYet:
    """The next try is not due."""

    wait: timedelta
