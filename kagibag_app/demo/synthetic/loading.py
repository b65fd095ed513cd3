"""The quick ways into a database: many rows at a time, through the plain driver."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from kagibag_app.demo.synthetic.sheets import Row, Sheet
from kagibag_app.settings import SettingsError
from kagibag_app.storage.engine import BUSY_TIMEOUT_MS
from kagibag_app.storage.schema import sync_url

# Pages of 4 kB that stay in memory: every batch touches each index in thousands of places.
_CACHE_KB = 1_000_000


class Loader(Protocol):
    """One connection that loads. Values are those of ``sheets.plain``."""

    def transaction(self) -> Any:
        """Return a context: committed as a whole, or nothing of it happened."""
        ...

    def number(self, sheets: Iterable[Sheet]) -> None:
        """Set the key of each sheet's next row; called inside a transaction."""
        ...

    def load(self, sheet: Sheet, rows: Sequence[Row]) -> None:
        """Write rows."""
        ...

    def read(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        ...

    def run(self, statement: str) -> None:
        """Run a statement."""
        ...

    def finish(self) -> None:
        """Let the planner know what is there now; outside any transaction."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


def connect(url: str) -> Loader:
    """Return the loader of a database that SQLAlchemy's URL names.

    Raises:
        SettingsError: It can't be reached.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return SqliteLoader(make_url(sync_url(url)).database or "")
    return PostgresLoader(sync_url(url).replace("postgresql+psycopg://", "postgresql://", 1))


def _keyed(sheet: Sheet) -> bool:
    return sheet.keyed


class SqliteLoader:
    """SQLite. Nobody else may work on the file: see ``storage.lock``."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            # A process that dies loses nothing; a machine that dies may lose the file of this one command.
            "synchronous=OFF",
            f"cache_size=-{_CACHE_KB}",
            "temp_store=MEMORY",
            # Rows come in the order of what they refer to; the tests check what is not checked here.
            "foreign_keys=OFF",
            "wal_autocheckpoint=100000",
        ):
            self._connection.execute(f"PRAGMA {pragma}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Take the write lock at once."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()

    def number(self, sheets: Iterable[Sheet]) -> None:
        """Go on behind the largest key there is."""
        for sheet in filter(_keyed, sheets):
            ((last,),) = self.read(f"SELECT coalesce(max(id), 0) FROM {sheet.table}")  # noqa: S608 - our own names
            sheet.next_id = last + 1

    def load(self, sheet: Sheet, rows: Sequence[Row]) -> None:
        """Write rows with one prepared statement."""
        names, marks = ", ".join(sheet.columns), ", ".join("?" * len(sheet.columns))
        self._connection.executemany(f"INSERT INTO {sheet.table} ({names}) VALUES ({marks})", rows)  # noqa: S608

    def read(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self._connection.execute(query).fetchall()

    def run(self, statement: str) -> None:
        """Run a statement."""
        self._connection.execute(statement)

    def finish(self) -> None:
        """Count, and put what stands in the log into the file."""
        self._connection.execute("PRAGMA analysis_limit=2000")
        self._connection.execute("ANALYZE")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


class PostgresLoader:
    """PostgreSQL. Others may work beside: keys are taken from the sequences."""

    def __init__(self, url: str) -> None:
        try:
            self._connection = psycopg.connect(url, autocommit=True)
        except psycopg.OperationalError as error:
            raise SettingsError(f"The database can't be reached: {error}") from error
        # Times are written without their zone.
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute("SET synchronous_commit = off")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit as a whole."""
        with self._connection.transaction():
            yield

    def number(self, sheets: Iterable[Sheet]) -> None:
        """Go on behind the last key that anybody was given."""
        for sheet in filter(_keyed, sheets):
            # Whoever inserts meanwhile waits until the sequence is moved: nobody takes a key between.
            self.run(f"LOCK TABLE {sheet.table} IN SHARE ROW EXCLUSIVE MODE")
            ((last,),) = self.read(
                f"SELECT greatest(coalesce(max(id), 0), (SELECT last_value FROM {sheet.table}_id_seq)) FROM {sheet.table}"  # noqa: S608
            )
            sheet.next_id = last + 1

    def load(self, sheet: Sheet, rows: Sequence[Row]) -> None:
        """Stream rows in and move the sequence behind them."""
        names = sql.SQL(", ").join(map(sql.Identifier, sheet.columns))
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(sheet.table), names)
        with self._connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
            if sheet.keyed:
                cursor.execute("SELECT setval(%s, %s)", (f"{sheet.table}_id_seq", sheet.next_id - 1))

    def read(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self._connection.execute(query.encode()).fetchall()

    def run(self, statement: str) -> None:
        """Run a statement."""
        self._connection.execute(statement.encode())

    def finish(self) -> None:
        """Count, and mark the pages that everybody can see."""
        self._connection.execute("VACUUM (ANALYZE)")

    def close(self) -> None:
        """End the connection."""
        self._connection.close()
