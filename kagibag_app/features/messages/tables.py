"""The log of emails."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from kagibag_app.features.messages.rules import MessageStatus
from kagibag_app.storage.columns import document, maybe_moment, moment


class EmailMessage(SQLModel, table=True):
    """One mail: template and parameters, rendered when it is sent or read, so that no link is stored."""

    __tablename__ = "email_messages"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (sa.Index("ix_messages_organizer", "organizer_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int
    order_id: int | None = Field(default=None, index=True)
    recipient: str
    template: str
    params: dict[str, Any] = document()
    status: str = MessageStatus.QUEUED
    attempts: int = 0
    error: str = ""
    created_at: datetime = moment()
    sent_at: datetime | None = maybe_moment()
