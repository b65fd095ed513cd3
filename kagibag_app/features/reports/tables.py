"""Tables of exports."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from kagibag_app.features.reports.rules import ExportStatus
from kagibag_app.storage.columns import document, maybe_moment, moment


class Export(SQLModel, table=True):
    """One member's wish for a file of the list as it is filtered, and what became of it.

    ``chosen`` is the filter (``rules.filter_document``), ``words`` says it to a person. ``run`` names the run that may
    write: one that lost its place to another changes nothing more. ``rows_total`` is unknown until the orders are
    counted. ``file`` is the public id of its stored file, ``reason`` why there is none.
    """

    __tablename__ = "exports"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (sa.Index("ix_exports_member", "organizer_id", "user_id", "id"),)

    id: int = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int = Field(foreign_key="organizers.id")
    user_id: int = Field(foreign_key="users.id")
    format: str
    status: str = ExportStatus.QUEUED
    chosen: dict[str, str] = document()
    words: str
    name: str
    zone: str
    rows_done: int = 0
    rows_total: int | None = None
    run: str = ""
    file: str = ""
    reason: str = ""
    created_at: datetime = moment(index=True)
    started_at: datetime | None = maybe_moment()
    finished_at: datetime | None = maybe_moment()
