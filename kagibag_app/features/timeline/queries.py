"""Reads of the record."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.features.timeline.views import PUBLIC_KINDS, TimelineRow, row

LIMIT = 200


async def for_order(
    session: AsyncSession, organizer_id: int, *, order_id: int, zone: str, public: bool = False
) -> list[TimelineRow]:
    """Return an order's entries, newest first, at most 200.

    Args:
        zone: IANA zone the times are shown in.
        public: Only what the buyer may see.
    """
    query = (
        sa.select(TimelineEntry)
        .where(col(TimelineEntry.organizer_id) == organizer_id, col(TimelineEntry.order_id) == order_id)
        .order_by(col(TimelineEntry.id).desc())
        .limit(LIMIT)
    )
    if public:
        query = query.where(col(TimelineEntry.kind).in_(sorted(PUBLIC_KINDS)))
    entries = (await session.execute(query)).scalars().all()
    return [
        row(
            id=entry.id or 0,
            kind=entry.kind,
            at=entry.at,
            actor_kind=entry.actor_kind,
            actor_name=entry.actor_name,
            old_state=entry.old_state,
            new_state=entry.new_state,
            data=entry.data,
            unexpected=entry.unexpected,
            zone=zone,
        )
        for entry in entries
    ]
