"""What a failed call means: nothing happened, something may have happened, or a definite no."""

from __future__ import annotations

import contextlib
from typing import Any

import httpx
import stripe

from kagibag_app.ports.payments import (
    RATE_LIMIT,
    NotReached,
    NotThere,
    OutcomeUnknown,
    PaymentsError,
    Refused,
)

# httpx raises these before the first byte of the request has left.
_BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
_REQUEST_TIMEOUT = 408


def meaning(error: Exception, *, creating: bool) -> PaymentsError:
    """Return the port's error for what the SDK raised.

    Args:
        error: A ``stripe.StripeError`` or a ``TimeoutError`` of the whole call.
        creating: The call makes something, so that a 404 speaks of one of its parameters.

    Source: docs.stripe.com/api/errors; docs.stripe.com/api/idempotent_requests.
    """
    if not isinstance(error, stripe.StripeError):
        return OutcomeUnknown("Stripe did not answer in time.", code="timeout")
    if isinstance(error, stripe.APIConnectionError):
        return _no_answer(error.__cause__)
    envelope = _envelope(error)
    status, code = error.http_status or 0, str(envelope.get("code") or "")
    message = str(envelope.get("message") or "Stripe gave no reason.")
    if status == 429 or code in ("rate_limit", "lock_timeout"):
        return NotReached(
            message, code=code or RATE_LIMIT, sent=status != 429, retry_after=_retry_after(error)
        )
    if status == 409:
        return NotReached(message, code=code or "conflict", sent=True, retry_after=_retry_after(error))
    # A proxy's or a load balancer's page says nothing about what Stripe did.
    if not envelope or status < 400 or status >= 500 or status == _REQUEST_TIMEOUT:
        return OutcomeUnknown(f"Stripe answered {status or 'nothing'}.", code=code or f"http_{status}")
    if status == 404 and not creating:
        return NotThere(message, code=code or "resource_missing")
    return Refused(message, code=code or str(envelope.get("type") or f"http_{status}"))


def _no_answer(cause: BaseException | None) -> PaymentsError:
    name = type(cause).__name__ if cause else "no answer"
    if isinstance(cause, _BEFORE_SENDING):
        return NotReached(f"Stripe could not be reached ({name}).", code="connection", sent=False)
    return OutcomeUnknown(f"The connection to Stripe broke ({name}).", code="connection")


def _envelope(error: stripe.StripeError) -> dict[str, Any]:
    body = error.json_body
    inner = body.get("error") if isinstance(body, dict) else None
    return inner if isinstance(inner, dict) else {}


def _retry_after(error: stripe.StripeError) -> float | None:
    with contextlib.suppress(TypeError, ValueError):
        seconds = float((error.headers or {}).get("retry-after", ""))
        return seconds if 0 <= seconds < 86_400 else None
    return None
