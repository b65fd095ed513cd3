"""Every read of outgoing webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.webhooks.rules import DeliveryStatus, EndpointStatus
from kagibag_app.features.webhooks.tables import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from kagibag_app.features.webhooks.views import (
    AttemptRow,
    DeliveryDetail,
    DeliveryPage,
    DeliveryRow,
    EndpointHealth,
    EndpointView,
    FailingEndpoint,
)
from kagibag_app.kit.text import masked

PAGE = 50
RECENT = timedelta(hours=24)
_D = DeliveryStatus


async def endpoints(session: AsyncSession, organizer_id: int, *, now: datetime) -> tuple[EndpointView, ...]:
    """Return the organization's endpoints with how each does, oldest first."""
    rows = (
        await session.execute(
            sa.select(WebhookEndpoint)
            .where(
                col(WebhookEndpoint.organizer_id) == organizer_id, col(WebhookEndpoint.deleted_at).is_(None)
            )
            .order_by(col(WebhookEndpoint.id))
        )
    ).scalars()
    counts = await _counts(session, organizer_id, now)
    return tuple(_endpoint_view(row, counts.get(row.id or 0, {}), now) for row in rows)


async def failing_endpoints(session: AsyncSession, organizer_id: int) -> list[FailingEndpoint]:
    """Return the endpoints that do not answer as they should, or were switched off for it, oldest first."""
    rows = await session.execute(
        sa.select(
            col(WebhookEndpoint.public_id), col(WebhookEndpoint.name), col(WebhookEndpoint.failing_since),
            col(WebhookEndpoint.status) == EndpointStatus.AUTO_DISABLED,
        )
        .where(
            col(WebhookEndpoint.organizer_id) == organizer_id,
            col(WebhookEndpoint.deleted_at).is_(None),
            sa.or_(
                col(WebhookEndpoint.failing_since).is_not(None),
                col(WebhookEndpoint.status) == EndpointStatus.AUTO_DISABLED,
            ),
        )
        .order_by(col(WebhookEndpoint.id))
    )  # fmt: skip
    return [FailingEndpoint(*row) for row in rows]


async def endpoint(
    session: AsyncSession, organizer_id: int, endpoint_id: str, *, now: datetime
) -> EndpointView | None:
    """Return one endpoint, ``None`` when the organization has none of that public id."""
    return next(
        (e for e in await endpoints(session, organizer_id, now=now) if e.public_id == endpoint_id), None
    )


async def deliveries(
    session: AsyncSession,
    organizer_id: int,
    endpoint_id: str,
    *,
    statuses: Sequence[DeliveryStatus] = (),
    search: str = "",
    after: str = "",
    limit: int = PAGE,
) -> DeliveryPage:
    """Return one page of an endpoint's log, newest first.

    Args:
        endpoint_id: The endpoint's public id.
        statuses: Only these; all when empty.
        search: Part of an order number or the whole event id.
        after: ``next_cursor`` of the page before.
        limit: Rows, at most 50.
    """
    limit = max(1, min(limit, PAGE))
    statement = _delivery_rows(organizer_id).where(col(WebhookEndpoint.public_id) == endpoint_id)
    if statuses:
        statement = statement.where(col(WebhookDelivery.status).in_(statuses))
    if term := search.strip():
        statement = statement.where(
            sa.or_(
                col(WebhookEvent.order_number).icontains(term, autoescape=True),
                col(WebhookEvent.public_id) == term,
            )
        )
    if after:
        cursor = sa.select(col(WebhookDelivery.id)).where(
            col(WebhookDelivery.public_id) == after, col(WebhookDelivery.organizer_id) == organizer_id
        )
        statement = statement.where(col(WebhookDelivery.id) < cursor.scalar_subquery())
    statement = statement.order_by(col(WebhookDelivery.id).desc()).limit(limit + 1)
    rows = tuple(_delivery_row(*found) for found in await session.execute(statement))
    return DeliveryPage(rows[:limit], rows[limit - 1].public_id if len(rows) > limit else "")


async def delivery(
    session: AsyncSession, organizer_id: int, delivery_id: str, *, readable: bool = True
) -> DeliveryDetail | None:
    """Return a delivery with its request body and every try, ``None`` when the organization has none.

    Args:
        readable: False leaves out what was sent, which names the buyer, and what was answered.
    """
    statement = _delivery_rows(organizer_id).where(col(WebhookDelivery.public_id) == delivery_id)
    found = (await session.execute(statement)).first()
    if found is None:
        return None
    row, event, target, _ = found
    attempts = (
        await session.execute(
            sa.select(WebhookAttempt)
            .where(col(WebhookAttempt.delivery_id) == row.id)
            .order_by(col(WebhookAttempt.number).desc())
        )
    ).scalars()
    return DeliveryDetail(
        row=_delivery_row(*found),
        endpoint_id=target.public_id,
        url=target.url,
        request_body=event.body if readable else "",
        attempts=tuple(
            AttemptRow(
                a.number,
                a.at,
                a.duration_ms,
                a.status_code,
                a.error if readable else masked(a.error),
                a.excerpt if readable else "",
            )
            for a in attempts
        ),
    )


async def status_counts(
    session: AsyncSession, organizer_id: int, endpoint_id: str
) -> dict[DeliveryStatus, int]:
    """Return how many deliveries of an endpoint stand where, for the tabs above its log."""
    rows = await session.execute(
        sa.select(col(WebhookDelivery.status), sa.func.count())
        .join(WebhookEndpoint, col(WebhookEndpoint.id) == col(WebhookDelivery.endpoint_id))
        .where(
            col(WebhookDelivery.organizer_id) == organizer_id, col(WebhookEndpoint.public_id) == endpoint_id
        )
        .group_by(col(WebhookDelivery.status))
    )
    return {DeliveryStatus(status): count for status, count in rows}


def _delivery_rows(
    organizer_id: int,
) -> sa.Select[WebhookDelivery, WebhookEvent, WebhookEndpoint, WebhookAttempt]:
    newest = sa.alias(WebhookAttempt.__table__, name="newest")  # type: ignore[attr-defined]
    last_number = (
        sa.select(sa.func.max(newest.c.number))
        .where(newest.c.delivery_id == col(WebhookDelivery.id))
        .correlate(WebhookDelivery)
        .scalar_subquery()
    )
    return (
        sa.select(WebhookDelivery, WebhookEvent, WebhookEndpoint, WebhookAttempt)
        .join(WebhookEvent, col(WebhookEvent.id) == col(WebhookDelivery.event_id))
        .join(WebhookEndpoint, col(WebhookEndpoint.id) == col(WebhookDelivery.endpoint_id))
        .outerjoin(
            WebhookAttempt,
            sa.and_(
                col(WebhookAttempt.delivery_id) == col(WebhookDelivery.id),
                col(WebhookAttempt.number) == last_number,
            ),
        )
        .where(col(WebhookDelivery.organizer_id) == organizer_id, col(WebhookEndpoint.deleted_at).is_(None))
    )


def _delivery_row(
    row: WebhookDelivery, event: WebhookEvent, _target: WebhookEndpoint, last: WebhookAttempt | None
) -> DeliveryRow:
    return DeliveryRow(
        public_id=row.public_id,
        event_id=event.public_id,
        event_type=event.type,
        order_number=event.order_number,
        status=DeliveryStatus(row.status),
        attempts=row.attempts,
        last_status=last.status_code if last else 0,
        last_error=last.error if last else "",
        last_duration_ms=last.duration_ms if last else 0,
        created_at=row.created_at,
        next_try_at=row.next_try_at,
        delivered_at=row.delivered_at,
    )


async def _counts(session: AsyncSession, organizer_id: int, now: datetime) -> dict[int, dict[str, int]]:
    open_or_recent = sa.or_(
        col(WebhookDelivery.status).in_((_D.QUEUED, _D.DELIVERING, _D.RETRYING, _D.HELD)),
        col(WebhookDelivery.created_at) >= now - RECENT,
    )
    rows = await session.execute(
        sa.select(col(WebhookDelivery.endpoint_id), col(WebhookDelivery.status), sa.func.count())
        .where(col(WebhookDelivery.organizer_id) == organizer_id, open_or_recent)
        .group_by(col(WebhookDelivery.endpoint_id), col(WebhookDelivery.status))
    )
    counts: dict[int, dict[str, int]] = {}
    for endpoint_id, status, count in rows:
        counts.setdefault(endpoint_id, {})[status] = count
    return counts


def _endpoint_view(row: WebhookEndpoint, counts: dict[str, int], now: datetime) -> EndpointView:
    until = row.previous_secret_until
    return EndpointView(
        public_id=row.public_id,
        name=row.name,
        url=row.url,
        event_filter=tuple(row.event_filter),
        status=EndpointStatus(row.status),
        created_at=row.created_at,
        created_by=row.created_by,
        rotating_until=until if until is not None and until > now else None,
        health=EndpointHealth(
            delivered=counts.get(_D.DELIVERED, 0),
            waiting=counts.get(_D.QUEUED, 0) + counts.get(_D.DELIVERING, 0),
            retrying=counts.get(_D.RETRYING, 0),
            exhausted=counts.get(_D.EXHAUSTED, 0),
            held=counts.get(_D.HELD, 0),
            failing_since=row.failing_since,
        ),
    )
