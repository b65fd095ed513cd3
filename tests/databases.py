"""Fresh databases with the product's schema: files copied from one, PostgreSQL databases made from a template.

Migrations run once in a process, not once a test.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pytest

from kagibag_app.storage import schema
from tests.servers.postgres import PostgresCluster

SQLITE = "sqlite"
BOTH = [SQLITE, pytest.param("postgres", marks=pytest.mark.postgres)]
"""Parameters of a fixture whose tests run on each kind of database."""


@lru_cache(maxsize=1)
def migrated_file() -> Path:
    """Return an empty migrated SQLite file of this process, to be copied and never written."""
    path = Path(os.environ["KAGIBAG_TEST_RUN"]) / f"migrated-{os.getpid()}.db"
    schema.upgrade(f"sqlite+aiosqlite:///{path}")
    return path


def sqlite_url(folder: Path) -> str:
    """Put a fresh database into a folder and return its URL."""
    target = folder / "kagibag.db"
    shutil.copy(migrated_file(), target)
    return f"sqlite+aiosqlite:///{target}"


@contextmanager
def fresh_database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """Yield the URL of a fresh database of the kind that ``request.param`` names."""
    if request.param == SQLITE:
        yield sqlite_url(folder)
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    url = cluster.create_database(cluster.template("kagibag_migrated", schema.upgrade))
    yield url
    cluster.drop_database(url)
