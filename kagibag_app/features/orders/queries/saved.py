"""A member's saved views of the list."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.orders.tables import SavedView
from kagibag_app.features.orders.views import SavedViewRow


async def saved_views(session: AsyncSession, organizer_id: int, user_id: int) -> list[SavedViewRow]:
    """Return the views that a member saved for an organizer, the oldest first."""
    rows = await session.execute(
        sa.select(col(SavedView.public_id), col(SavedView.name), col(SavedView.query))
        .where(col(SavedView.organizer_id) == organizer_id, col(SavedView.user_id) == user_id)
        .order_by(col(SavedView.id))
    )
    return [SavedViewRow(*row) for row in rows]
