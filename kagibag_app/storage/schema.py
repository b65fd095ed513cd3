"""Brings a database to the schema of this version, and says whether it is there."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def alembic_config(url: str) -> Config:
    """Return Alembic's configuration for a database.

    Args:
        url: SQLAlchemy URL; an asynchronous SQLite driver is replaced by the plain one.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", sync_url(url).replace("%", "%%"))
    return config


def sync_url(url: str) -> str:
    """Return the URL with a synchronous driver, for migrations (psycopg speaks both)."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        parsed = parsed.set(drivername="sqlite")
    return parsed.render_as_string(hide_password=False)


def upgrade(url: str) -> None:
    """Migrate to the newest schema; creates the SQLite file's folder."""
    database = make_url(url)
    if database.get_backend_name() == "sqlite" and database.database:
        Path(database.database).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(alembic_config(url), "head")


def newest() -> str | None:
    """Return the revision that this version's tables need."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


async def is_current(session: AsyncSession) -> bool:
    """Say whether the database has this version's schema."""
    connection = await session.connection()
    found = await connection.run_sync(_revision)
    return found == newest()


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
