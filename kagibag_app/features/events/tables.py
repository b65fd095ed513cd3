"""Tables of events and ticket types."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from kagibag_app.features.events.rules import EventStatus
from kagibag_app.storage.columns import document, maybe_moment, minor, moment


class Event(SQLModel, table=True):
    """Something people come to. ``refund_policy`` is the document of ``refunds.rules.RefundPolicy``."""

    __tablename__ = "events"  # pyright: ignore[reportAssignmentType]

    id: int = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int = Field(foreign_key="organizers.id", index=True)
    title: str
    slug: str = Field(unique=True)
    summary: str = ""
    venue: str
    address: str = ""
    zone: str
    currency: str
    starts_at: datetime = moment()
    ends_at: datetime = moment()
    doors_at: datetime | None = maybe_moment()
    status: str = EventStatus.DRAFT
    refund_policy: dict[str, Any] = document()
    created_at: datetime = moment()


class TicketType(SQLModel, table=True):
    """What is sold, with its counters: sold + held never exceeds capacity (the database checks too)."""

    __tablename__ = "ticket_types"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.CheckConstraint("sold >= 0 AND held >= 0 AND sold + held <= capacity", name="ck_capacity"),
    )

    id: int = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int
    event_id: int = Field(foreign_key="events.id", index=True)
    name: str
    description: str = ""
    price_minor: int = minor(None)
    capacity: int
    per_order_limit: int = 10
    sales_start: datetime | None = maybe_moment()
    sales_end: datetime | None = maybe_moment()
    sold: int = 0
    held: int = 0
    position: int = 0
