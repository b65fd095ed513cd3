"""Something happened: every endpoint that wants to know gets a delivery, in the same transaction."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select

from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.features.webhooks.payloads import envelope
from kagibag_app.features.webhooks.rules import DeliveryStatus, EndpointStatus, EventType, matches
from kagibag_app.features.webhooks.service.queueing import ask_for_try, saved
from kagibag_app.features.webhooks.tables import WebhookDelivery, WebhookEndpoint, WebhookEvent
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.kit.ids import public_id
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction


async def emit(
    tx: Transaction,
    *,
    organizer_id: int,
    order_id: int | None,
    type: EventType,
    dedupe_key: str,
    data: dict[str, Any],
) -> None:
    """Store an event and one delivery for each endpoint that matches now. A second call changes nothing.

    A switched-off endpoint's delivery is held until it is switched on again.

    Args:
        dedupe_key: Names what happened, for ever, e.g. ``order.paid:<order public id>``.
        data: JSON values; the envelope around them is ours. Where it has an ``order`` with a ``number``, the
            log shows it.
    """
    known = select(WebhookEvent.id).where(col(WebhookEvent.dedupe_key) == dedupe_key)
    if (await tx.session.execute(known)).first() is not None:
        return
    event_id = public_id("evt")
    event = WebhookEvent(
        public_id=event_id,
        organizer_id=organizer_id,
        order_id=order_id,
        order_number=_order_number(data),
        type=type,
        dedupe_key=dedupe_key,
        body=envelope(event_id, type, tx.now, data),
        created_at=tx.now,
    )
    tx.session.add(event)
    await tx.session.flush()
    endpoints = [e for e in await _endpoints(tx, organizer_id) if matches(e.event_filter, type)]
    for endpoint in endpoints:
        await _deliver(tx, event, endpoint)
    if endpoints and order_id is not None:
        timeline.record(
            tx,
            SYSTEM,
            organizer_id=organizer_id,
            order_id=order_id,
            kind=EntryKind.WEBHOOK_QUEUED,
            data={"type": type, "event": event_id, "endpoints": [endpoint.name for endpoint in endpoints]},
        )
    tx.touch(topics.webhooks(organizer_id))


async def _endpoints(tx: Transaction, organizer_id: int) -> list[WebhookEndpoint]:
    # Shared locks: switching an endpoint on meanwhile waits, so that it also releases the row held here.
    statement = (
        select(WebhookEndpoint)
        .where(col(WebhookEndpoint.organizer_id) == organizer_id, col(WebhookEndpoint.deleted_at).is_(None))
        .order_by(col(WebhookEndpoint.id))
        .with_for_update(read=True)
    )
    return list((await tx.session.execute(statement)).scalars())


async def _deliver(tx: Transaction, event: WebhookEvent, endpoint: WebhookEndpoint) -> None:
    enabled = endpoint.status == EndpointStatus.ENABLED
    delivery = WebhookDelivery(
        public_id=public_id("whd"),
        organizer_id=event.organizer_id,
        endpoint_id=saved(endpoint.id),
        event_id=saved(event.id),
        status=DeliveryStatus.QUEUED if enabled else DeliveryStatus.HELD,
        next_try_at=tx.now if enabled else None,
        created_at=tx.now,
    )
    tx.session.add(delivery)
    if enabled:
        await ask_for_try(tx, delivery)


def _order_number(data: dict[str, Any]) -> str:
    order = data.get("order")
    number = order.get("number") if isinstance(order, dict) else data.get("number")
    return number if isinstance(number, str) else ""
