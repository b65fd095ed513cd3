"""What waits for the organizer, as the navigation counts it on every page."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.disputes import queries as disputes
from kagibag_app.features.refunds import queries as refunds

# Made once: building a statement costs as much as asking it.
_ORGANIZER: sa.BindParameter[int] = sa.bindparam("organizer")
_COUNTS = sa.select(refunds.decisions_wanted(_ORGANIZER), disputes.responses_wanted(_ORGANIZER))


@dataclass(frozen=True, slots=True)
class NavCounts:
    """Refund requests that need a decision, and disputes that need a response."""

    refunds: int = 0
    disputes: int = 0


async def nav_counts(session: AsyncSession, organizer_id: int) -> NavCounts:
    """Count what waits for a decision or a response, in one statement."""
    return NavCounts(*(await session.execute(_COUNTS, {"organizer": organizer_id})).one())
