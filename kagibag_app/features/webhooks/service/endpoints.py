"""What members do with endpoints. Every change is audited; secrets arrive sealed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.features.webhooks.rules import MAX_ENDPOINTS, SECRET_OVERLAP, EndpointStatus, EventType
from kagibag_app.features.webhooks.service.queueing import cancel_waiting, hold_waiting, release_held
from kagibag_app.features.webhooks.tables import WebhookEndpoint
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, DomainError, NotFound
from kagibag_app.kit.ids import public_id
from kagibag_app.kit.text import one_line
from kagibag_app.live import topics
from kagibag_app.ports.webhook_http import BlockedAddress
from kagibag_app.storage.transaction import Transaction


async def create_endpoint(
    tx: Transaction,
    actor: Actor,
    *,
    name: str,
    url: str,
    event_filter: Sequence[str],
    sealed_secret: str,
    check_url: Callable[[str], None],
) -> str:
    """Add an endpoint that receives from now on.

    Args:
        name: What members call it.
        url: Where events are posted to.
        event_filter: Event types it wants; empty for all.
        sealed_secret: A ``rules.new_secret()``, sealed; the caller shows it once.
        check_url: ``runtime.webhook_sender.check_url``.

    Returns:
        The endpoint's public id.

    Raises:
        BadInput: A field is empty, too long, or names what we can't post to or don't know.
        DomainError: ``too_many_endpoints``.
    """
    organizer_id = _organizer(actor)
    endpoint = WebhookEndpoint(
        public_id=public_id("we"),
        organizer_id=organizer_id,
        name=one_line(name, field="name", limit=80),
        url=_checked_url(url, check_url),
        event_filter=_known_types(event_filter),
        sealed_secret=sealed_secret,
        created_by=actor.name,
        created_at=tx.now,
    )
    if await _count(tx, organizer_id) >= MAX_ENDPOINTS:
        raise DomainError(
            f"An organization can have {MAX_ENDPOINTS} endpoints. Delete one that is no longer used first.",
            code="too_many_endpoints",
        )
    tx.session.add(endpoint)
    _audit(tx, actor, AuditKind.WEBHOOK_CREATED, endpoint, {"name": endpoint.name, "url": endpoint.url})
    return endpoint.public_id


async def rename_endpoint(tx: Transaction, actor: Actor, *, endpoint_id: str, name: str) -> None:
    """Change what members call it."""
    endpoint = await _lock(tx, actor, endpoint_id)
    old, endpoint.name = endpoint.name, one_line(name, field="name", limit=80)
    _audit(
        tx,
        actor,
        AuditKind.WEBHOOK_CHANGED,
        endpoint,
        {"change": "renamed", "from": old, "to": endpoint.name},
    )


async def pause_endpoint(tx: Transaction, actor: Actor, *, endpoint_id: str) -> None:
    """Stop sending; what waits and what happens meanwhile is held."""
    endpoint = await _lock(tx, actor, endpoint_id)
    if endpoint.status != EndpointStatus.ENABLED:
        return
    endpoint.status = EndpointStatus.PAUSED
    await hold_waiting(tx, endpoint)
    _audit(tx, actor, AuditKind.WEBHOOK_CHANGED, endpoint, {"change": "paused"})


async def resume_endpoint(tx: Transaction, actor: Actor, *, endpoint_id: str, send_held: bool = True) -> int:
    """Send again, after a pause or after the endpoint was switched off because of its failures.

    Args:
        send_held: Also send what was held meanwhile; otherwise it stays held and can be replayed one by one.

    Returns:
        How many held deliveries were queued.
    """
    endpoint = await _lock(tx, actor, endpoint_id)
    if endpoint.status == EndpointStatus.ENABLED:
        return 0
    endpoint.status = EndpointStatus.ENABLED
    endpoint.failures_in_row, endpoint.failing_since = 0, None
    released = await release_held(tx, endpoint) if send_held else 0
    _audit(tx, actor, AuditKind.WEBHOOK_CHANGED, endpoint, {"change": "resumed", "released": released})
    return released


async def delete_endpoint(tx: Transaction, actor: Actor, *, endpoint_id: str) -> None:
    """Remove it from the screens and give up what waits. Its log stays for as long as logs are kept."""
    endpoint = await _lock(tx, actor, endpoint_id)
    endpoint.deleted_at, endpoint.status = tx.now, EndpointStatus.PAUSED
    endpoint.sealed_secret = endpoint.sealed_previous_secret = ""
    endpoint.previous_secret_until = None
    await cancel_waiting(tx, endpoint)
    _audit(tx, actor, AuditKind.WEBHOOK_CHANGED, endpoint, {"change": "deleted", "name": endpoint.name})


async def rotate_secret(tx: Transaction, actor: Actor, *, endpoint_id: str, sealed_secret: str) -> None:
    """Sign with a new secret. The old one signs beside it for 24 h, so that no receiver refuses an event."""
    endpoint = await _lock(tx, actor, endpoint_id)
    endpoint.sealed_previous_secret, endpoint.sealed_secret = endpoint.sealed_secret, sealed_secret
    endpoint.previous_secret_until = tx.now + SECRET_OVERLAP
    _audit(tx, actor, AuditKind.WEBHOOK_CHANGED, endpoint, {"change": "secret_rotated"})


def _organizer(actor: Actor) -> int:
    if actor.organizer_id is None:
        raise NotFound("endpoint")
    return actor.organizer_id


async def _lock(tx: Transaction, actor: Actor, endpoint_id: str) -> WebhookEndpoint:
    statement = (
        select(WebhookEndpoint)
        .where(
            col(WebhookEndpoint.public_id) == endpoint_id,
            col(WebhookEndpoint.organizer_id) == _organizer(actor),
            col(WebhookEndpoint.deleted_at).is_(None),
        )
        .with_for_update()
    )
    endpoint = (await tx.session.execute(statement)).scalar_one_or_none()
    if endpoint is None:
        raise NotFound("endpoint")
    return endpoint


async def _count(tx: Transaction, organizer_id: int) -> int:
    statement = (
        sa.select(sa.func.count())
        .select_from(WebhookEndpoint)
        .where(col(WebhookEndpoint.organizer_id) == organizer_id, col(WebhookEndpoint.deleted_at).is_(None))
    )
    return (await tx.session.execute(statement)).scalar_one()


def _checked_url(url: str, check_url: Callable[[str], None]) -> str:
    text = one_line(url, field="url", limit=500)
    try:
        check_url(text)
    except BlockedAddress as blocked:
        raise BadInput(blocked.reason, field="url", code="blocked_address") from blocked
    return text


def _known_types(event_filter: Sequence[str]) -> list[str]:
    known = {str(event_type) for event_type in EventType}
    if isinstance(event_filter, str) or any(not isinstance(t, str) or t not in known for t in event_filter):
        raise BadInput("Choose event types from the list.", field="event_filter")
    return sorted(set(event_filter))


def _audit(
    tx: Transaction, actor: Actor, kind: AuditKind, endpoint: WebhookEndpoint, data: dict[str, Any]
) -> None:
    timeline.audit(
        tx, actor, kind=kind, organizer_id=endpoint.organizer_id, subject=endpoint.public_id, data=data
    )
    tx.touch(topics.webhooks(endpoint.organizer_id))
