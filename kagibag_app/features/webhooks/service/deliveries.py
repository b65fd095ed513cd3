"""One try after the other, until the receiver takes the event or the schedule ends."""

from __future__ import annotations

import random
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from kagibag_app.features.messages.rules import Template
from kagibag_app.features.notifications.service import tell_organizer
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.features.webhooks.rules import (
    GONE,
    DeliveryStatus,
    EndpointStatus,
    accepted,
    hopeless,
    next_delay,
)
from kagibag_app.features.webhooks.service.queueing import (
    WAITING,
    hold,
    hold_waiting,
    move,
    queue_again,
    saved,
)
from kagibag_app.features.webhooks.tables import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from kagibag_app.features.webhooks.views import NotYet, PreparedAttempt
from kagibag_app.kit.actor import SYSTEM, Actor
from kagibag_app.kit.errors import DomainError, NotFound
from kagibag_app.live import topics
from kagibag_app.ports.webhook_http import WebhookAnswer
from kagibag_app.storage.transaction import Transaction

REPLAYABLE = (DeliveryStatus.DELIVERED, DeliveryStatus.EXHAUSTED, DeliveryStatus.HELD)


async def begin_attempt(
    tx: Transaction, *, delivery_id: str, job_number: int
) -> PreparedAttempt | NotYet | None:
    """Take a delivery for one try.

    Args:
        delivery_id: The delivery's public id.
        job_number: The job's own; a job from before a hold or a replay gets ``None``.

    Returns:
        What to send; ``NotYet`` before the try is due; ``None`` when there is nothing to send (any more).
    """
    found = await _lock(tx, delivery_id)
    if found is None:
        return None
    delivery, endpoint = found
    status = DeliveryStatus(delivery.status)
    if delivery.job_number != job_number or status not in (*WAITING, DeliveryStatus.DELIVERING):
        return None
    if status == DeliveryStatus.RETRYING and delivery.next_try_at and delivery.next_try_at > tx.now:
        return NotYet(delivery.next_try_at - tx.now)
    if status == DeliveryStatus.DELIVERING:
        # The worker of the last try is gone. Its request may have arrived: the id tells the receiver.
        move(delivery, DeliveryStatus.QUEUED)
    tx.touch(topics.webhooks(delivery.organizer_id))
    if endpoint.status != EndpointStatus.ENABLED:
        _stop(delivery, endpoint)
        return None
    move(delivery, DeliveryStatus.DELIVERING)
    event = await tx.session.get_one(WebhookEvent, delivery.event_id)
    return PreparedAttempt(
        delivery.public_id, event.public_id, endpoint.url, event.body, _signing_secrets(tx, endpoint)
    )


async def record_attempt(tx: Transaction, *, delivery_id: str, answer: WebhookAnswer) -> timedelta | None:
    """Record one try and what follows from it.

    Returns:
        How long to wait before the next try; ``None`` when none is planned.
    """
    found = await _lock(tx, delivery_id)
    if found is None:
        return None
    delivery, endpoint = found
    await _log(tx, delivery, answer)
    tx.touch(topics.webhooks(delivery.organizer_id))
    if delivery.status not in (*WAITING, DeliveryStatus.DELIVERING):
        return None  # settled meanwhile, by a worker that took the delivery over
    if delivery.status != DeliveryStatus.DELIVERING:
        # Two workers tried at once after a lease ended, and the other one recorded first.
        move(delivery, DeliveryStatus.DELIVERING)
    delivery.attempts += 1
    delivery.next_try_at = None
    if accepted(answer.status):
        move(delivery, DeliveryStatus.DELIVERED)
        delivery.delivered_at = tx.now
        endpoint.failures_in_row, endpoint.failing_since = 0, None
        return None
    endpoint.failures_in_row += 1
    endpoint.failing_since = endpoint.failing_since or tx.now
    return await _after_failure(tx, delivery, endpoint, answer)


async def replay_delivery(tx: Transaction, actor: Actor, *, delivery_id: str) -> None:
    """Send an event to its endpoint again, with the same event id and a fresh schedule.

    Raises:
        NotFound: No such delivery in the actor's organization, or its endpoint was deleted.
        DomainError: ``endpoint_off`` or ``delivery_waiting``.
    """
    found = await _lock(tx, delivery_id)
    if found is None or found[0].organizer_id != actor.organizer_id or found[1].deleted_at is not None:
        raise NotFound("delivery")
    delivery, endpoint = found
    if endpoint.status != EndpointStatus.ENABLED:
        raise DomainError(
            "This endpoint is switched off. Nothing was sent; switch it on first.", code="endpoint_off"
        )
    if delivery.status not in REPLAYABLE:
        raise DomainError(
            "This delivery is waiting for its next try already. Nothing was sent twice.",
            code="delivery_waiting",
        )
    await queue_again(tx, delivery)
    delivery.attempts, delivery.delivered_at = 0, None
    tx.touch(topics.webhooks(delivery.organizer_id))


async def _after_failure(
    tx: Transaction, delivery: WebhookDelivery, endpoint: WebhookEndpoint, answer: WebhookAnswer
) -> timedelta | None:
    delay = next_delay(
        delivery.attempts,
        status=answer.status,
        timed_out=answer.timed_out,
        retry_after=answer.retry_after,
        chance=random.random(),  # noqa: S311 - spreads tries, protects nothing
    )
    gone = answer.status == GONE
    # An endpoint that is gone costs no event: what it missed is held, should it be switched on again.
    move(delivery, DeliveryStatus.RETRYING if delay is not None or gone else DeliveryStatus.EXHAUSTED)
    if endpoint.status == EndpointStatus.ENABLED and (gone or hopeless(endpoint.failing_since, tx.now)):
        await _switch_off(tx, endpoint, "gone" if gone else "failing")
    if delivery.status == DeliveryStatus.RETRYING and endpoint.status != EndpointStatus.ENABLED:
        _stop(delivery, endpoint)
    if delivery.status != DeliveryStatus.RETRYING or delay is None:
        return None
    delivery.next_try_at = tx.now + delay
    return delay


async def _switch_off(tx: Transaction, endpoint: WebhookEndpoint, why: str) -> None:
    endpoint.status = EndpointStatus.AUTO_DISABLED
    await hold_waiting(tx, endpoint)
    await tell_organizer(
        tx,
        organizer_id=endpoint.organizer_id,
        order_id=None,
        template=Template.WEBHOOK_DISABLED,
        params={"endpoint": {"name": endpoint.name, "public_id": endpoint.public_id}, "why": why},
    )
    timeline.audit(
        tx,
        SYSTEM,
        kind=AuditKind.WEBHOOK_CHANGED,
        organizer_id=endpoint.organizer_id,
        subject=endpoint.public_id,
        data={"change": "auto_disabled", "why": why},
    )


def _stop(delivery: WebhookDelivery, endpoint: WebhookEndpoint) -> None:
    if endpoint.deleted_at is None:
        hold(delivery)
    else:
        move(delivery, DeliveryStatus.CANCELED)
        delivery.next_try_at = None


async def _log(tx: Transaction, delivery: WebhookDelivery, answer: WebhookAnswer) -> None:
    newest = await tx.session.scalar(
        sa.select(sa.func.max(col(WebhookAttempt.number))).where(
            col(WebhookAttempt.delivery_id) == delivery.id
        )
    )
    tx.session.add(
        WebhookAttempt(
            delivery_id=saved(delivery.id),
            number=(newest or 0) + 1,
            at=tx.now,
            duration_ms=answer.duration_ms,
            status_code=answer.status,
            error=answer.error,
            excerpt=answer.excerpt,
        )
    )


def _signing_secrets(tx: Transaction, endpoint: WebhookEndpoint) -> tuple[str, ...]:
    until = endpoint.previous_secret_until
    if endpoint.sealed_previous_secret and until is not None and until > tx.now:
        return (endpoint.sealed_secret, endpoint.sealed_previous_secret)
    return (endpoint.sealed_secret,)


async def _lock(tx: Transaction, delivery_id: str) -> tuple[WebhookDelivery, WebhookEndpoint] | None:
    # Endpoint first, as in pausing and resuming: two units of work that want both never wait for each other.
    endpoint_id = await tx.session.scalar(
        sa.select(col(WebhookDelivery.endpoint_id)).where(col(WebhookDelivery.public_id) == delivery_id)
    )
    if endpoint_id is None:
        return None
    locked = select(WebhookEndpoint).where(col(WebhookEndpoint.id) == endpoint_id).with_for_update()
    endpoint = (await tx.session.execute(locked)).scalar_one()
    statement = select(WebhookDelivery).where(col(WebhookDelivery.public_id) == delivery_id).with_for_update()
    return (await tx.session.execute(statement)).scalar_one(), endpoint
