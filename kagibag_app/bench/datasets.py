"""Databases with synthetic orders, made once and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from kagibag_app.demo.synthetic import making
from kagibag_app.settings import Settings, SettingsError
from kagibag_app.storage import schema
from kagibag_app.storage.engine import is_sqlite

SEED = 7
PASSWORD = "bench bench bench"  # noqa: S105 - of people who don't exist, in a database of its own


@dataclass(frozen=True, slots=True)
class Dataset:
    """A database with one synthetic organizer in it.

    Attributes:
        url: SQLAlchemy's.
        organizer_id: Its only organizer.
    """

    url: str
    orders: int
    organizer_id: int
    seed: int = SEED

    @property
    def sqlite(self) -> bool:
        """Whether it is a file."""
        return is_sqlite(self.url)


def name_of(orders: int, seed: int = SEED) -> str:
    """Return what a data set is called: what decides its rows, and the schema that they are in."""
    return f"kagibag_bench_{orders}_{seed}_{schema.newest()}_{making.EDITION}"


def prepared(
    database: str,
    cache: Path,
    orders: int,
    *,
    seed: int = SEED,
    progress: Callable[[int], None] = lambda _: None,
) -> Dataset:
    """Return a data set; it is made, or made whole, where it is not there yet.

    Args:
        database: URL of a PostgreSQL server, which gets a database for each data set; empty, ``sqlite`` or any
            URL of SQLite: a file in ``cache``.

    Raises:
        SettingsError: The server can't be reached.
    """
    url = _url(database, cache, name_of(orders, seed))
    schema.upgrade(url)
    made = making.make(url, orders=orders, seed=seed, password=PASSWORD, progress=progress)
    return Dataset(url, made.orders, made.organizer_id, seed)


def _url(database: str, cache: Path, name: str) -> str:
    url = "sqlite://" if database in ("", "sqlite") else Settings(database_url=database).database
    if is_sqlite(url):
        cache.mkdir(parents=True, exist_ok=True)
        return f"sqlite+aiosqlite:///{(cache / name).resolve()}.db"
    address = make_url(url)
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(plain, autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.OperationalError as error:
        raise SettingsError(f"The database server can't be reached: {error}") from error
    return address.set(database=name).render_as_string(hide_password=False)
