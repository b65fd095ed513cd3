"""Invariants of what goes in and out: Stripe's events, webhooks, mails."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.messages.rules import Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.rules import APPLY_STRIPE_EVENT, EventOutcome
from kagibag_app.features.payments.tables import StripeEvent
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.features.webhooks.rules import EventType, matches
from kagibag_app.features.webhooks.tables import WebhookDelivery, WebhookEndpoint, WebhookEvent
from kagibag_app.jobs.audit.findings import Finding, finding
from kagibag_app.storage.outbox import OutboxRow, OutboxStatus

DELIVERIES_KEPT = timedelta(days=90)
# An endpoint's time is that of its transaction's begin: what was emitted before it committed could not see it.
JUST_MADE = timedelta(seconds=30)


async def inbox(session: AsyncSession) -> Finding:
    """6: a Stripe event is stored once, and one that has had no effect yet has a job that will give it one."""
    twice = await session.scalars(
        sa.select(col(StripeEvent.stripe_id)).group_by(col(StripeEvent.stripe_id)).having(sa.func.count() > 1)
    )
    job = sa.exists().where(
        col(OutboxRow.kind) == APPLY_STRIPE_EVENT,
        # A dead job is not forgotten: it is shown with its error and can be run again.
        col(OutboxRow.status) != OutboxStatus.DONE,
        sa.cast(OutboxRow.payload["event_id"].as_string(), sa.Integer) == col(StripeEvent.id),  # type: ignore[index]
    )
    forgotten = await session.scalars(
        sa.select(col(StripeEvent.stripe_id)).where(
            col(StripeEvent.outcome).in_((EventOutcome.PENDING, EventOutcome.FAILED)), ~job
        )
    )
    settled = await session.scalars(
        sa.select(col(StripeEvent.stripe_id)).where(
            col(StripeEvent.outcome).in_((EventOutcome.APPLIED, EventOutcome.STALE)),
            col(StripeEvent.settled_at).is_(None),
        )
    )
    return finding(
        6, "Stripe events take effect once and are never forgotten", {*twice, *forgotten, *settled}
    )


async def order_paid(session: AsyncSession, now: datetime) -> Finding:
    """7: each paid order has one ``order.paid`` event, a young one a delivery for each endpoint that matched then."""
    events = (
        sa.select(col(WebhookEvent.order_id).label("order_id"), sa.func.count().label("count"))
        .where(col(WebhookEvent.type) == EventType.ORDER_PAID)
        .group_by(col(WebhookEvent.order_id))
        .subquery()
    )
    expected = sa.case((col(Order.paid_at).is_not(None), 1), else_=0)
    wrong = await session.scalars(
        sa.select(col(Order.number))
        .outerjoin(events, events.c.order_id == col(Order.id))
        .where(sa.func.coalesce(events.c.count, 0) != expected)
    )
    return finding(
        7,
        "paid orders have one order.paid, delivered or on its way",
        {*wrong, *await _undelivered(session, now)},
    )


async def _undelivered(session: AsyncSession, now: datetime) -> set[str]:
    """Return ids of young events that lack the delivery to an endpoint which wanted them."""
    made_before = sa.and_(
        col(WebhookEndpoint.created_at) < col(WebhookEvent.created_at),
        sa.or_(
            col(WebhookEndpoint.deleted_at).is_(None),
            col(WebhookEndpoint.deleted_at) > col(WebhookEvent.created_at),
        ),
    )
    delivered = sa.exists().where(
        col(WebhookDelivery.event_id) == col(WebhookEvent.id),
        col(WebhookDelivery.endpoint_id) == col(WebhookEndpoint.id),
    )
    rows = await session.execute(
        sa.select(
            col(WebhookEvent.public_id),
            col(WebhookEndpoint.event_filter),
            col(WebhookEvent.type),
            col(WebhookEvent.created_at),
            col(WebhookEndpoint.created_at),
        )
        .join(WebhookEndpoint, col(WebhookEndpoint.organizer_id) == col(WebhookEvent.organizer_id))
        .where(col(WebhookEvent.created_at) > now - DELIVERIES_KEPT, made_before, ~delivered)
    )
    return {
        event
        for event, wanted, kind, emitted_at, made_at in rows
        if matches(wanted, kind) and emitted_at - made_at > JUST_MADE
    }


async def refund_mails(session: AsyncSession) -> Finding:
    """8: a mail that says "refunded" names a refund whose success was on the timeline before."""
    refund = EmailMessage.params["refund_public_id"].as_string()  # type: ignore[index]
    succeeded = sa.exists().where(
        col(TimelineEntry.order_id) == col(EmailMessage.order_id),
        col(TimelineEntry.kind) == EntryKind.REFUND_SUCCEEDED,
        col(TimelineEntry.at) <= col(EmailMessage.created_at),
        TimelineEntry.data["refund"].as_string() == refund,  # type: ignore[index]
    )
    rows = await session.scalars(
        sa.select(col(EmailMessage.public_id)).where(
            col(EmailMessage.template) == Template.REFUNDED, ~succeeded
        )
    )
    return finding(8, "mails say refunded only after a refund succeeded", rows)
