"""Who has a request open."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.refunds.tables import RefundRequest, RefundReviewer

# Twice the interval at which open pages speak up, and some: a tab that was closed is forgotten after it.
STILL_THERE = timedelta(seconds=75)


async def reviewers(
    session: AsyncSession, organizer_id: int, request_id: str, *, now: datetime
) -> dict[int, str]:
    """Return who has a request open, names by user id.

    Args:
        now: UTC.
    """
    rows = await session.execute(
        sa.select(col(RefundReviewer.user_id), col(RefundReviewer.name))
        .join(RefundRequest, col(RefundRequest.id) == col(RefundReviewer.request_id))
        .where(
            col(RefundReviewer.organizer_id) == organizer_id,
            col(RefundRequest.public_id) == request_id,
            col(RefundReviewer.seen_at) > now - STILL_THERE,
        )
        .order_by(col(RefundReviewer.name))
    )
    return {row.user_id: row.name for row in rows}
