"""The fixture ``shop``: an organizer on a fresh database of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.kit.clock import Clock
from kagibag_app.kit.ids import public_id
from kagibag_app.live.bus import MemoryBus
from kagibag_app.storage.transaction import Store
from tests.databases import BOTH, fresh_database
from tests.services.shop import Shop


@pytest.fixture(params=BOTH)
def shop_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database of each kind."""
    with fresh_database(request, tmp_path) as url:
        yield url


@pytest.fixture
async def shop(shop_url: str) -> AsyncIterator[Shop]:
    """An organizer that has sold nothing yet."""
    bus, clock = MemoryBus(), Clock()
    store = Store(shop_url, bus, clock)
    made = Shop(store, clock, 0)
    bus.listen(lambda topics: made.topics.extend(sorted(topics)))
    async with store.transaction() as tx:
        organizer = Organizer(
            public_id=public_id("org"), name="Lantern Row", slug="lantern-row", currency="USD",
            zone="America/New_York", created_at=tx.now,
        )  # fmt: skip
        tx.session.add(organizer)
        await tx.session.flush()
        assert organizer.id is not None
        made.organizer_id = organizer.id
    yield made
    await store.close()
