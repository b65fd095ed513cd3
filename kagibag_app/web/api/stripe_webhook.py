"""Where Stripe posts its events: verified, stored once, answered in milliseconds; the worker does the rest."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from kagibag_app.features.payments import service as payments
from kagibag_app.ports.payments import BadSignature
from kagibag_app.settings import StripeMode
from kagibag_app.web.runtime import runtime

log = structlog.get_logger(__name__)

PATH = "/api/stripe/webhook"
MAX_BODY = 256 * 1024


async def receive(request: Request) -> JSONResponse:
    """Store one event. 400 says what is wrong with it; 503 asks Stripe to send it again later."""
    body = await _body(request)
    if body is None:
        return _refused("The body is larger than 256 kB.")
    connections = runtime()
    try:
        event = connections.payments.read_event(body, _signature(request))
    except BadSignature as error:
        return _refused(str(error))
    try:
        new = await connections.store.run(
            lambda tx: payments.store_event(
                tx,
                event,
                platform_account=connections.platform_account,
                livemode=connections.settings.stripe_mode is StripeMode.LIVE,
            )
        )
    except (SQLAlchemyError, OSError) as error:
        log.error("stripe_webhook.not_stored", event_id=event.id, error=type(error).__name__)
        return JSONResponse({"error": "The event could not be stored. Please send it again."}, 503)
    return JSONResponse({"received": True, "known": not new})


async def _body(request: Request) -> bytes | None:
    """Read the body, or stop at the limit: what Content-Length claims is not believed."""
    received = bytearray()
    try:
        async for chunk in request.stream():
            received += chunk
            if len(received) > MAX_BODY:
                return None
    except ClientDisconnect:
        return b""
    return bytes(received)


def _signature(request: Request) -> str:
    """Return the signature header; two of them are none."""
    found = request.headers.getlist("stripe-signature")
    return found[0] if len(found) == 1 else ""


def _refused(reason: str) -> JSONResponse:
    log.warning("stripe_webhook.refused", reason=reason)
    return JSONResponse({"error": reason}, 400)


ROUTES = [Route(PATH, receive, methods=["POST"])]
