"""What SQLite's planner knows of how many rows there are. PostgreSQL looks by itself."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.storage.transaction import Store, Transaction

# Orders known to the planner may differ by this factor from those that are there.
TOLERATED = 4
# Rows looked at in each index: a moment's work however large it is.
SAMPLE = 10_000


async def refresh(store: Store) -> bool:
    """Count anew when the last count is far from what is there.

    Without it, or with that of an empty database, SQLite takes whichever index comes first, and walks along a million
    orders for the few of a small event.

    Returns:
        Whether it was needed; never on PostgreSQL.
    """
    if not store.sqlite:
        return False
    async with store.read() as session:
        known, there = await _known(session), await session.scalar(sa.text("SELECT max(id) FROM orders")) or 0
    if known <= there * TOLERATED and there <= known * TOLERATED:
        return False
    await store.run(_count)
    return True


async def _known(session: AsyncSession) -> int:
    if not await session.scalar(sa.text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")):
        return 0
    said = await session.scalar(
        sa.text("SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = 'orders'")
    )
    return said or 0


async def _count(tx: Transaction) -> None:
    await tx.session.execute(sa.text(f"PRAGMA analysis_limit = {SAMPLE}"))
    await tx.session.execute(sa.text("ANALYZE"))
