"""The floors: SQL written by hand, through the plain driver and through the asynchronous one that the product uses.

A floor is a generator: it yields statements with their parameters and is sent their rows, so that the same code goes
through both drivers.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Generator
from functools import lru_cache
from pathlib import Path
from typing import Any

import aiosqlite
import psycopg
from sqlalchemy.engine import make_url

from kagibag_app.bench.datasets import Dataset
from kagibag_app.storage.schema import sync_url

Statement = tuple[str, dict[str, Any]]
Rows = list[tuple[Any, ...]]
Floor = Callable[[], Generator[Statement, Rows, Any]]

_PARAMETER = re.compile(r"(?<![:\w]):(\w+)")


@lru_cache(maxsize=1024)
def _for_postgresql(statement: str) -> bytes:
    return _PARAMETER.sub(r"%(\1)s", statement.replace("%", "%%")).encode()


class PlainDriver:
    """sqlite3 or psycopg, synchronous."""

    def __init__(self, dataset: Dataset) -> None:
        self.sqlite = dataset.sqlite
        self._connection: Any
        if self.sqlite:
            self._connection = sqlite3.connect(_file(dataset), isolation_level=None)
            self._connection.execute("PRAGMA query_only=ON")
        else:
            self._connection = psycopg.connect(_address(dataset), autocommit=True)

    def rows(self, statement: str, values: dict[str, Any]) -> Rows:
        """Return the rows of a statement."""
        sent = statement if self.sqlite else _for_postgresql(statement)
        return self._connection.execute(sent, values).fetchall()

    def answer(self, floor: Floor) -> tuple[Any, int]:
        """Return what a floor answers, and in how many statements."""
        asking, rows, statements = floor(), None, 0
        try:
            while True:
                statement = asking.send(rows)  # pyright: ignore[reportArgumentType] - a generator begins with nothing
                statements += 1
                rows = self.rows(*statement)
        except StopIteration as ended:
            return ended.value, statements

    async def timed(self, floor: Floor) -> float:
        """Return the seconds that a floor takes."""
        began = time.perf_counter()
        self.answer(floor)
        return time.perf_counter() - began

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


class AsyncDriver:
    """aiosqlite or psycopg, asynchronous."""

    def __init__(self, connection: Any, *, sqlite: bool) -> None:
        self._connection, self._sqlite = connection, sqlite

    @classmethod
    async def open(cls, dataset: Dataset) -> AsyncDriver:
        """Connect."""
        if not dataset.sqlite:
            connection = await psycopg.AsyncConnection.connect(_address(dataset), autocommit=True)
            return cls(connection, sqlite=False)
        opened = await aiosqlite.connect(_file(dataset), isolation_level=None)
        await opened.execute("PRAGMA query_only=ON")
        return cls(opened, sqlite=True)

    async def timed(self, floor: Floor) -> float:
        """Return the seconds that a floor takes."""
        began = time.perf_counter()
        asking, rows = floor(), None
        try:
            while True:
                statement, values = asking.send(rows)  # pyright: ignore[reportArgumentType]
                sent = statement if self._sqlite else _for_postgresql(statement)
                cursor = await self._connection.execute(sent, values)
                rows = await cursor.fetchall()
                if self._sqlite:
                    await cursor.close()
        except StopIteration:
            return time.perf_counter() - began

    async def close(self) -> None:
        """End the connection."""
        await self._connection.close()


def _file(dataset: Dataset) -> str:
    return str(Path(make_url(dataset.url).database or ""))


def _address(dataset: Dataset) -> str:
    return sync_url(dataset.url).replace("postgresql+psycopg://", "postgresql://", 1)
