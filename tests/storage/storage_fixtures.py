"""The fixture ``queue``: a store with an empty outbox, on each kind of database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kagibag_app.kit.clock import Clock
from kagibag_app.storage import engine
from tests.databases import sqlite_url
from tests.storage.database import Queue, connect

pytest_plugins = ["tests.product"]


@pytest.fixture
async def queue(database_url: str) -> AsyncIterator[Queue]:
    """One process's store and the database's outbox."""
    made = connect(database_url, Clock())
    yield made
    await made.store.close()


@pytest.fixture
async def sqlite_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Queue]:
    """The same on SQLite alone, which gives up after a fifth of a second."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 200)
    made = connect(sqlite_url(tmp_path), Clock())
    yield made
    await made.store.close()
