"""The planner's statistics on SQLite: counted when they are far off, and only then."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from kagibag_app.kit.clock import Clock
from kagibag_app.live.bus import MemoryBus
from kagibag_app.storage import statistics
from kagibag_app.storage.transaction import Store
from tests.databases import sqlite_url


async def test_sqlite_counts_anew_when_its_last_count_is_far_off(tmp_path: Path) -> None:
    store = Store(sqlite_url(tmp_path), MemoryBus(), Clock())
    try:
        assert not await statistics.refresh(store)
        async with store.transaction() as tx:
            await tx.session.execute(sa.text("ANALYZE"))
            await tx.session.execute(
                sa.text(
                    "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('orders', 'ix_orders_list', '900 900 1')"
                )
            )
        assert await statistics.refresh(store)
        assert not await statistics.refresh(store)
    finally:
        await store.close()
