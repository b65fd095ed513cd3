"""The schema: up, down and up again, the same as the tables, on each kind of database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

import kagibag_app.tables  # noqa: F401 - puts every table into the metadata
from kagibag_app.kit.clock import Clock
from kagibag_app.live.bus import MemoryBus
from kagibag_app.storage import schema
from kagibag_app.storage.transaction import Store
from tests.servers.postgres import PostgresCluster


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind; the folder of the file is not there yet."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'new' / 'kagibag.db'}"
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    url = cluster.create_database()
    yield url
    cluster.drop_database(url)


@contextlib.contextmanager
def _connection(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(schema.sync_url(url))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


# SQLite keeps its index of parts in these; PostgreSQL's is an index of the table.
GRAMS = {f"order_search_grams{part}" for part in ("", "_config", "_data", "_idx")}


def _tables(url: str) -> set[str]:
    with _connection(url) as connection:
        return set(sa.inspect(connection).get_table_names()) - {"alembic_version"}


def _expected(url: str) -> set[str]:
    return set(SQLModel.metadata.tables) | (GRAMS if url.startswith("sqlite") else set())


async def _is_current(url: str) -> bool:
    store = Store(url, MemoryBus(), Clock())
    try:
        async with store.read() as session:
            return await schema.is_current(session)
    finally:
        await store.close()


async def test_the_schema_goes_up_down_and_up_again_and_fits_the_tables(empty_url: str) -> None:
    schema.upgrade(empty_url)
    config = schema.alembic_config(empty_url)
    command.check(config)
    assert _tables(empty_url) == _expected(empty_url)
    assert await _is_current(empty_url)
    command.downgrade(config, "base")
    assert _tables(empty_url) == set()
    assert not await _is_current(empty_url)
    schema.upgrade(empty_url)
    command.check(config)
    schema.upgrade(empty_url)
    assert await _is_current(empty_url)


@pytest.mark.postgres
def test_a_migration_waits_five_seconds_for_a_lock_and_no_longer(postgres_cluster: PostgresCluster) -> None:
    url = postgres_cluster.create_database()
    schema.upgrade(url)
    config = schema.alembic_config(url)
    with _connection(url) as reader:
        reader.execute(sa.text("SELECT 1 FROM orders"))
        with pytest.raises(OperationalError, match="lock timeout"):
            command.downgrade(config, "base")
    assert _tables(url) == _expected(url)
    postgres_cluster.drop_database(url)


def test_a_password_with_a_percent_sign_reaches_the_driver() -> None:
    config = schema.alembic_config("postgresql+psycopg://u:p%25w@db/k")
    assert config.get_main_option("sqlalchemy.url") == "postgresql+psycopg://u:p%25w@db/k"
    assert schema.sync_url("sqlite+aiosqlite:////a/b.db") == "sqlite:////a/b.db"
