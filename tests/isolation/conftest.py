"""The database with both organizers: made once in a test run, copied for each test that writes."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kagibag_app.runtime import Runtime
from kagibag_app.storage import schema
from kagibag_app.web import limits
from tests.databases import BOTH, SQLITE, migrated_file
from tests.isolation.calling import naming
from tests.isolation.organizers import Two, prepare, recall
from tests.isolation.spying import Spy, read, words
from tests.servers.postgres import PostgresCluster, locked
from tests.web.harness import small_runtime


@dataclass(frozen=True)
class Place:
    """A copy of the database, and what is known of it."""

    url: str
    two: Two


@dataclass(frozen=True)
class House:
    """Both organizers, with the runtime that serves them."""

    runtime: Runtime
    two: Two
    spy: Spy

    @property
    def named(self) -> Mapping[str, str]:
        """What names one thing of the other's each, by column."""
        return naming(
            {column: text for column, text in self.two.found[1].texts.items() if words(text) & self.spy.words}
        )

    async def rows(self) -> Mapping[str, list[Mapping[str, Any]]]:
        """Return every row of the database."""
        async with self.runtime.store.read() as session:
            return await read(session)

    @staticmethod
    def unlimited() -> None:
        """Begin to count tries anew."""
        limits.count_in("")


def _known(kind: str) -> Path:
    return Path(os.environ["KAGIBAG_TEST_RUN"]) / f"two-organizers-{kind}.known"


def _fill(url: str, known: Path) -> None:
    schema.upgrade(url)
    prepare(url, known)


def _sqlite_copy(folder: Path) -> Place:
    known = _known(SQLITE)
    made = known.with_suffix(".db")
    with locked(known.with_suffix(".lock")):
        if not known.exists():
            shutil.copy(migrated_file(), made)
            prepare(f"sqlite+aiosqlite:///{made}", known)
    copy = folder / "kagibag.db"
    shutil.copy(made, copy)
    return Place(f"sqlite+aiosqlite:///{copy}", recall(known))


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    """On SQLite."""
    return _sqlite_copy(tmp_path)


@pytest.fixture(params=BOTH)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """On each kind of database."""
    if request.param == SQLITE:
        yield _sqlite_copy(tmp_path)
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    known = _known("postgres")
    url = cluster.create_database(cluster.template("two_organizers", lambda url: _fill(url, known)))
    yield Place(url, recall(known))
    cluster.drop_database(url)


@pytest.fixture
async def house(place: Place, tmp_path: Path) -> AsyncIterator[House]:
    """On each kind of database."""
    async with _opened(place, tmp_path) as opened:
        yield opened


@pytest.fixture
async def sqlite_house(sqlite_place: Place, tmp_path: Path) -> AsyncIterator[House]:
    """On SQLite."""
    async with _opened(sqlite_place, tmp_path) as opened:
        yield opened


async def _nothing() -> None: ...


@asynccontextmanager
async def _opened(place: Place, folder: Path) -> AsyncIterator[House]:
    async with small_runtime(folder, database_url=place.url) as runtime:
        runtime.mailer = cast(Any, SimpleNamespace(delivers=True))
        runtime.webhook_sender = cast(Any, SimpleNamespace(check_url=lambda url: None, close=_nothing))
        async with runtime.store.read() as session:
            spied = await place.two.spy(session)
        yield House(runtime, place.two, spied)
