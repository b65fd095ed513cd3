"""Engines: one that writes, one that only reads."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

BUSY_TIMEOUT_MS = 5_000


def is_sqlite(url: str) -> bool:
    """Say whether the URL names SQLite."""
    return make_url(url).get_backend_name() == "sqlite"


def write_engine(url: str) -> AsyncEngine:
    """Return the engine of every change.

    SQLite: WAL, synchronous FULL, foreign keys, and each transaction takes the write lock at its start,
    because a deferred one that reads first can fail at once with SQLITE_BUSY_SNAPSHOT.
    """
    if not is_sqlite(url):
        return _postgresql(url, max_overflow=10)
    engine = create_async_engine(url, pool_size=4, max_overflow=0)
    _sqlite_settings(engine, begin="BEGIN IMMEDIATE")
    return engine


def read_engine(url: str) -> AsyncEngine:
    """Return the engine of screens and exports: it can't write and never takes the write lock."""
    if not is_sqlite(url):
        # As on SQLite: what one screen or audit reads in several queries belongs together. The driver's own BEGIN says
        # both, so that no statement of its own has to.
        engine = _postgresql(url, max_overflow=20, isolation_level="REPEATABLE READ")
        return engine.execution_options(postgresql_readonly=True)
    engine = create_async_engine(url, pool_size=6, max_overflow=10)
    _sqlite_settings(engine, begin="BEGIN DEFERRED", query_only=True)
    return engine


def _postgresql(url: str, **settings: Any) -> AsyncEngine:
    # A statement that was prepared is planned once for all its values: a search for a usual part of a name needs another
    # plan than one for a rare part, and a small event another than a large one.
    return create_async_engine(
        url,
        pool_size=10,
        pool_pre_ping=True,
        connect_args={"prepare_threshold": None},
        **settings,
    )


def _sqlite_settings(engine: AsyncEngine, *, begin: str, query_only: bool = False) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        if not query_only:
            cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        if query_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)
