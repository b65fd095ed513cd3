"""Column types that hold on SQLite and PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlmodel import Field, SQLModel


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware UTC datetime; naive values are refused, SQLite's naive answers get their zone back."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Store in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime was stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JSON_DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

# Text that sorts by its bytes: a beginning is one range of a B-tree, in the same order on every database.
BYTEWISE = sa.String().with_variant(postgresql.VARCHAR(collation="C"), "postgresql")


def moment(*, index: bool = False) -> Any:
    """A required UTC time."""
    return Field(sa_type=UtcDateTime, nullable=False, index=index)


def maybe_moment(*, index: bool = False) -> Any:
    """An optional UTC time."""
    return Field(default=None, sa_type=UtcDateTime, nullable=True, index=index)


def document() -> Any:
    """A JSON object, empty by default."""
    return Field(default_factory=dict, sa_type=JSON_DOCUMENT, nullable=False)


def document_list() -> Any:
    """A JSON array, empty by default."""
    return Field(default_factory=list, sa_type=JSON_DOCUMENT, nullable=False)


def minor(default: int | None = 0) -> Any:
    """An amount in minor units (64 bit)."""
    if default is None:
        return Field(sa_type=sa.BigInteger, nullable=False)
    return Field(default=default, sa_type=sa.BigInteger, nullable=False)


def table_of(model: type[SQLModel]) -> sa.Table:
    """Return a model's table, for reads that take plain columns: each costs half of one through the mapped class."""
    return cast("sa.Table", model.__table__)  # pyright: ignore[reportAttributeAccessIssue] - set by SQLModel
