"""What waits for the organizer, as the navigation counts it on every page."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.disputes import queries as disputes
from kagibag_app.features.disputes.rules import DisputeFilter, DisputeStatus
from kagibag_app.features.refunds import queries as refunds

NEEDS_RESPONSE = frozenset({DisputeStatus.NEEDS_RESPONSE, DisputeStatus.INQUIRY_NEEDS_RESPONSE})


@dataclass(frozen=True, slots=True)
class NavCounts:
    """Refund requests that need a decision, and disputes that need a response."""

    refunds: int = 0
    disputes: int = 0


async def nav_counts(session: AsyncSession, organizer_id: int) -> NavCounts:
    """Count what waits for a decision or a response."""
    return NavCounts(
        await refunds.needs_decision(session, organizer_id), await _unanswered(session, organizer_id)
    )


async def _unanswered(session: AsyncSession, organizer_id: int) -> int:
    """Open disputes are few; those that the bank reviews already need nothing from anybody."""
    waiting, after = 0, ""
    while True:
        page = await disputes.dispute_page(session, organizer_id, show=DisputeFilter.OPEN, after=after)
        waiting += sum(row.status in NEEDS_RESPONSE for row in page.rows)
        if not page.after:
            return waiting
        after = page.after
