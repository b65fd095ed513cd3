"""Tables of what happened. Rows are only ever added."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from kagibag_app.storage.columns import document, moment


class TimelineEntry(SQLModel, table=True):
    """One change of an order. A state entry carries the order's version after it.

    ``unexpected`` marks a jump that Stripe made outside our own table of moves.
    """

    __tablename__ = "timeline_entries"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.Index("ix_timeline_order", "order_id", "id"),
        sa.Index(
            "uq_timeline_version",
            "order_id",
            "version",
            unique=True,
            sqlite_where=sa.text("version IS NOT NULL"),
            postgresql_where=sa.text("version IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    organizer_id: int = Field(index=True)
    order_id: int
    at: datetime = moment()
    actor_kind: str
    actor_id: int | None = None
    actor_name: str = ""
    kind: str
    old_state: str = ""
    new_state: str = ""
    version: int | None = None
    unexpected: bool = False
    data: dict[str, Any] = document()


class AuditEntry(SQLModel, table=True):
    """One act outside any order. ``organizer_id`` is absent for acts of the installation."""

    __tablename__ = "audit_entries"  # pyright: ignore[reportAssignmentType]

    id: int | None = Field(default=None, primary_key=True)
    organizer_id: int | None = Field(default=None, index=True)
    at: datetime = moment()
    actor_kind: str
    actor_id: int | None = None
    actor_name: str = ""
    kind: str
    subject: str = ""
    data: dict[str, Any] = document()
