"""How a delivery asks for its job, and how many wait or stop waiting at once."""

from __future__ import annotations

from sqlmodel import col, select

from kagibag_app.features.webhooks.rules import (
    DELIVER_WEBHOOK,
    DELIVERY_MOVES,
    PER_ENDPOINT,
    DeliveryStatus,
)
from kagibag_app.features.webhooks.tables import WebhookDelivery, WebhookEndpoint
from kagibag_app.storage.synthetic import require_real
from kagibag_app.storage.transaction import Transaction

WAITING = (DeliveryStatus.QUEUED, DeliveryStatus.RETRYING)


def saved(row_id: int | None) -> int:
    """Return the key of a row that the database has seen.

    Raises:
        ValueError: It was not flushed yet.
    """
    if row_id is None:
        raise ValueError("the row has no key before it is flushed")
    return row_id


async def ask_for_try(tx: Transaction, delivery: WebhookDelivery) -> None:
    """Enqueue the delivery's job: one for all tries up to the next hold or replay.

    Raises:
        DomainError: ``synthetic_data``.
    """
    await require_real(tx, delivery.organizer_id)
    tx.enqueue(
        DELIVER_WEBHOOK,
        f"deliver:{delivery.public_id}:{delivery.job_number}",
        lane=f"endpoint:{delivery.endpoint_id}",
        lane_limit=PER_ENDPOINT,
        delivery_id=delivery.public_id,
        job_number=delivery.job_number,
    )


def move(delivery: WebhookDelivery, status: DeliveryStatus) -> None:
    """Change the delivery's status by the table of moves."""
    delivery.status = DELIVERY_MOVES.require(DeliveryStatus(delivery.status), status)


async def queue_again(tx: Transaction, delivery: WebhookDelivery) -> None:
    """Put a delivery back into the queue under a new job."""
    move(delivery, DeliveryStatus.QUEUED)
    delivery.job_number += 1
    delivery.next_try_at = tx.now
    await ask_for_try(tx, delivery)


async def hold_waiting(tx: Transaction, endpoint: WebhookEndpoint) -> None:
    """Hold whatever waits for a try. A try in flight ends by itself."""
    for delivery in await _with_status(tx, endpoint, *WAITING):
        hold(delivery)


def hold(delivery: WebhookDelivery) -> None:
    """Keep a delivery until its endpoint is switched on; this uses up no try."""
    move(delivery, DeliveryStatus.HELD)
    delivery.next_try_at = None


async def release_held(tx: Transaction, endpoint: WebhookEndpoint) -> int:
    """Queue what was held; returns how many."""
    held = await _with_status(tx, endpoint, DeliveryStatus.HELD)
    for delivery in held:
        await queue_again(tx, delivery)
    return len(held)


async def cancel_waiting(tx: Transaction, endpoint: WebhookEndpoint) -> None:
    """Give up what waits or is held: the endpoint is gone."""
    for delivery in await _with_status(tx, endpoint, *WAITING, DeliveryStatus.HELD):
        move(delivery, DeliveryStatus.CANCELED)
        delivery.next_try_at = None


async def _with_status(
    tx: Transaction, endpoint: WebhookEndpoint, *statuses: DeliveryStatus
) -> list[WebhookDelivery]:
    statement = (
        select(WebhookDelivery)
        .where(col(WebhookDelivery.endpoint_id) == endpoint.id, col(WebhookDelivery.status).in_(statuses))
        .order_by(col(WebhookDelivery.id))
        .with_for_update()
    )
    return list((await tx.session.execute(statement)).scalars())
