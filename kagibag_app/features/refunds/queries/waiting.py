"""What of refunds waits for a person, in the order in which it has waited: requests, and refunds that went wrong."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.refunds.rules import RefundStatus, RequestStatus
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.features.refunds.views import WaitingRefund

_Q = RequestStatus
_ABOUT = (col(Order.number), col(Order.buyer_name), col(Event.title))


async def waiting_refunds(
    session: AsyncSession, organizer_id: int, *, limit: int = 20
) -> list[WaitingRefund]:
    """Return requests that wait for a decision or whose refund failed, and refunds that nobody has settled.

    Args:
        limit: At most so many of each: failed, asked for, waiting for a second person, made at Stripe.
    """
    found: list[WaitingRefund] = []
    for status in (_Q.FAILED, _Q.AWAITING_SECOND, _Q.OPEN):
        found += await _requests(session, organizer_id, status, limit)
    successor = aliased(Refund)
    unsettled = sa.and_(
        col(Refund.status) == RefundStatus.FAILED,
        col(Refund.request_id).is_(None),
        ~sa.exists().where(col(successor.retry_of) == col(Refund.id)),
    )
    found += await _refunds(session, organizer_id, "refund_failed", unsettled, limit)
    found += await _refunds(session, organizer_id, "to_allocate", col(Refund.needs_allocation), limit)
    return found


async def _requests(
    session: AsyncSession, organizer_id: int, status: RequestStatus, limit: int
) -> list[WaitingRefund]:
    amount = sa.func.coalesce(col(RefundRequest.approved_minor), col(RefundRequest.amount_minor))
    rows = await session.execute(
        sa.select(
            col(RefundRequest.public_id), amount, col(RefundRequest.currency), col(RefundRequest.created_at), *_ABOUT
        )
        .join(Order, col(Order.id) == col(RefundRequest.order_id))
        .join(Event, col(Event.id) == col(Order.event_id))
        .where(col(RefundRequest.organizer_id) == organizer_id, col(RefundRequest.status) == status)
        .order_by(col(RefundRequest.id))
        .limit(limit)
    )  # fmt: skip
    return [WaitingRefund(status.value, *row) for row in rows]


async def _refunds(
    session: AsyncSession, organizer_id: int, kind: str, which: Any, limit: int
) -> list[WaitingRefund]:
    columns: tuple[Any, ...] = (
        col(Refund.public_id), col(Refund.amount_minor), col(Refund.currency), col(Refund.created_at),
    )  # fmt: skip
    rows = await session.execute(
        sa.select(*columns, *_ABOUT, col(Refund.failure_message))
        .join(Order, col(Order.id) == col(Refund.order_id))
        .join(Event, col(Event.id) == col(Order.event_id))
        .where(col(Refund.organizer_id) == organizer_id, which)
        .order_by(col(Refund.id))
        .limit(limit)
    )
    return [WaitingRefund(kind, *row) for row in rows]
