"""Reads of the record."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.features.timeline.views import PUBLIC_KINDS, TimelinePage, TimelineRow
from kagibag_app.storage.columns import table_of

LIMIT = 200

_T = table_of(TimelineEntry)
_OF_ORDER = (
    sa.select(
        _T.c.id, _T.c.kind, _T.c.at, _T.c.actor_kind, _T.c.actor_name, _T.c.old_state, _T.c.new_state, _T.c.data,
        _T.c.unexpected,
    )
    .where(_T.c.organizer_id == sa.bindparam("organizer"), _T.c.order_id == sa.bindparam("order"))
    .order_by(_T.c.id.desc())
    .limit(sa.bindparam("limit"))
)  # fmt: skip
_PUBLIC = _OF_ORDER.where(_T.c.kind.in_(sorted(PUBLIC_KINDS)))


async def for_order(
    session: AsyncSession,
    organizer_id: int,
    *,
    order_id: int,
    limit: int = LIMIT,
    public: bool = False,
    show_emails: bool = True,
) -> TimelinePage:
    """Return an order's newest entries, the newest first.

    Args:
        limit: How many at most.
        public: Only what the buyer may see.
        show_emails: False masks addresses in every text.
    """
    wanted = {"organizer": organizer_id, "order": order_id, "limit": limit + 1}
    found = (await session.execute(_PUBLIC if public else _OF_ORDER, wanted)).all()
    rows = [TimelineRow(*entry, show_emails=show_emails) for entry in found[:limit]]
    return TimelinePage(rows, more=len(found) > limit)


async def change(session: AsyncSession, *, order_id: int, version: int) -> TimelineEntry | None:
    """Return the entry of the change that gave an order this version."""
    return await session.scalar(
        sa.select(TimelineEntry).where(
            col(TimelineEntry.order_id) == order_id, col(TimelineEntry.version) == version
        )
    )
