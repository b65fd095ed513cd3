"""Incoming events: is it Stripe's, is it fresh, has it the shape of an event?

Stricter than the SDK's reader, which lets a timestamp of next year pass and stumbles over a header with
non-ASCII characters, a body that is no object, or one that is nested too deep.

Source: docs.stripe.com/webhooks, "Verify webhook signatures manually".
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from kagibag_app.gateways.stripe_api import snapshots
from kagibag_app.ports.payments import BadSignature, IncomingEvent

TOLERANCE_SECONDS = 300
MAX_BODY = 256 * 1024
_MAX_HEADER = 4096
_MAX_DEPTH = 64
_TIMESTAMP = re.compile(r"\d{1,11}", re.ASCII)
_LATEST_CREATED = 2**33


def read(body: bytes, header: str, *, secrets: Sequence[str], now: float) -> IncomingEvent:
    """Verify one delivery and return its event.

    Args:
        body: The raw request body.
        header: The `Stripe-Signature` header.
        secrets: Signing secrets of every endpoint that may post here.
        now: Unix time of this machine, never a test's shifted clock.

    Raises:
        BadSignature: Whatever else is wrong; no other error leaves here.
    """
    if len(body) > MAX_BODY:
        raise BadSignature("The body is larger than 256 kB.")
    timestamp, signatures = _parts(header)
    if abs(now - timestamp) > TOLERANCE_SECONDS:
        raise BadSignature("The signature's timestamp is more than five minutes away from now.")
    signed = f"{timestamp}.".encode() + body
    expected = [hmac.new(secret.encode(), signed, sha256).hexdigest() for secret in secrets]
    if not any(hmac.compare_digest(good, given) for good in expected for given in signatures):
        raise BadSignature("The signature does not match the body and a signing secret of this endpoint.")
    return _event(_json(body))


def _parts(header: str) -> tuple[int, list[str]]:
    if not header:
        raise BadSignature("The Stripe-Signature header is missing.")
    if not header.isascii() or len(header) > _MAX_HEADER:
        raise BadSignature("The Stripe-Signature header is not one that Stripe sends.")
    pairs = [part.partition("=")[::2] for part in header.split(",")]
    times = [value for name, value in pairs if name.strip() == "t"]
    signatures = [value for name, value in pairs if name.strip() == "v1" and value]
    if len(times) != 1 or not _TIMESTAMP.fullmatch(times[0]) or not signatures:
        raise BadSignature("The Stripe-Signature header needs one timestamp and a v1 signature.")
    return int(times[0]), signatures


def _json(body: bytes) -> Any:
    try:
        payload = json.loads(body.decode("utf-8"))
        storable = json.dumps(payload, ensure_ascii=False, allow_nan=False)
        storable.encode("utf-8")  # a lone surrogate ends here
    except (ValueError, RecursionError):
        raise BadSignature("The body is not readable JSON in UTF-8.") from None
    if "\\u0000" in storable or _too_deep(payload):
        raise BadSignature("The body holds what no database can keep.")
    return payload


def _too_deep(payload: Any) -> bool:
    level, depth = [payload], 0
    while level:
        depth += 1
        if depth > _MAX_DEPTH:
            return True
        level = [child for node in level if isinstance(node, dict | list) for child in _children(node)]
    return False


def _children(node: dict[str, Any] | list[Any]) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else node


def _event(payload: Any) -> IncomingEvent:
    if not isinstance(payload, dict) or payload.get("object") != "event":
        raise BadSignature("The body is not a snapshot event; thin events are not used here.")
    checks = (
        _is_text(payload.get("id")),
        _is_text(payload.get("type")),
        isinstance(payload.get("livemode"), bool),
        _is_time(payload.get("created")),
        payload.get("account") is None or _is_text(payload["account"]),
        isinstance(payload.get("data"), dict) and isinstance(payload["data"].get("object"), dict),
    )
    if not all(checks):
        raise BadSignature("The body is not an event: id, type, created, livemode or data.object is wrong.")
    return snapshots.event(payload)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255


def _is_time(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LATEST_CREATED
