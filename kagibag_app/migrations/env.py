"""Alembic's environment: the URL comes from the caller, the tables from ``kagibag_app.tables``."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel import AutoString, SQLModel

import kagibag_app.tables  # noqa: F401 - puts every table into the metadata
from kagibag_app.settings import Settings
from kagibag_app.storage.columns import UtcDateTime
from kagibag_app.storage.schema import sync_url

config = context.config


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    # A migration is history: it names the database's types, and must not change when our own do.
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    if kind == "type" and isinstance(item, sa.JSON):
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


def _include(_item: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    # The indexes of parts are each one database's own: a migration makes them, no table names them.
    own = ("order_search_grams", "ix_order_search_parts", "ix_order_search_newest")
    return not (kind in ("table", "index") and (name or "").startswith(own))


def _run(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET lock_timeout = '5s'")
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        render_item=_render,
        include_object=_include,
    )
    with context.begin_transaction():
        context.run_migrations()


given = config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    engine = sa.create_engine(config.get_main_option("sqlalchemy.url") or sync_url(Settings().database))
    with engine.connect() as fresh:
        _run(fresh)
    engine.dispose()
