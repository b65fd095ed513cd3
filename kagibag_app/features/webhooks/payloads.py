"""What receivers get: the envelope of every event, and its signature."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from kagibag_app.features.webhooks.rules import EventType

MAX_BODY = 20_000
USER_AGENT = "Kagibag-Webhooks/1"


def envelope(event_id: str, event_type: EventType, at: datetime, data: dict[str, Any]) -> str:
    """Return the body that every endpoint gets, below 20 kB.

    An event that is larger (an order of hundreds of tickets) loses its longest lists; ``omitted`` names their
    paths, so that a receiver knows to look at the order instead of trusting an empty list.

    Args:
        event_id: Stays the same on every try and replay; receivers drop what they have seen.
        at: When it happened (UTC).
        data: JSON values.
    """
    message = {"id": event_id, "type": str(event_type), "timestamp": _iso(at), "data": data}
    body = _compact(message)
    if len(body.encode()) < MAX_BODY:
        return body
    message = deepcopy(message) | {"omitted": []}
    lists = sorted(_lists(message["data"], "data"), key=lambda found: len(_compact(found[1])), reverse=True)
    for path, values in lists:
        values.clear()
        message["omitted"].append(path)
        body = _compact(message)
        if len(body.encode()) < MAX_BODY:
            return body
    raise ValueError(f"a webhook event of type {event_type} is too large even without its lists")


def signed_headers(body: str, *, event_id: str, at: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """Return the headers of one try.

    Args:
        event_id: The event's public id.
        at: The present moment by real time: receivers refuse a signature that is 5 minutes off.
        secrets: Signing secrets, newest first; two of them while one replaces the other.

    Source: standardwebhooks.com, "Signature scheme".
    """
    moment = at.astimezone(UTC)
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(event_id, moment, body) for secret in secrets),
    }


def _lists(value: Any, path: str) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(value, list):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _lists(inner, f"{path}.{name}")


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
