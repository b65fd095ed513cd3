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
from tests.servers.postgres import PostgresCluster
from tests.services.shop import Shop, create_tables


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def shop_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database of each kind with all tables."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'shop.db'}"
        create_tables(url)
        yield url
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    url = cluster.create_database(cluster.template("kagibag_shop", create_tables))
    yield url
    cluster.drop_database(url)


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
