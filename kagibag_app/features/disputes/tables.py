"""Tables of disputes."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from kagibag_app.storage.columns import document, maybe_moment, minor, moment


class Dispute(SQLModel, table=True):
    """A buyer disputes a charge with the bank. ``evidence_due_at`` is absent when no answer is possible."""

    __tablename__ = "disputes"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.UniqueConstraint("account", "stripe_id"),
        sa.Index("ix_disputes_list", "organizer_id", "status", "evidence_due_at"),
    )

    id: int = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int = Field(foreign_key="organizers.id")
    order_id: int = Field(foreign_key="orders.id", index=True)
    payment_id: int = Field(foreign_key="payments.id", index=True)
    account: str
    stripe_id: str
    kind: str
    status: str
    raw_status: str
    reason: str
    network_reason_code: str = ""
    amount_minor: int = minor(None)
    currency: str
    evidence_due_at: datetime | None = maybe_moment()
    submission_count: int = 0
    has_evidence: bool = False
    past_due: bool = False
    is_charge_refundable: bool = False
    opened_at: datetime = moment()
    closed_at: datetime | None = maybe_moment()


class DisputeEvent(SQLModel, table=True):
    """One step of a dispute; ``dedupe_key`` lets each happen once however often Stripe repeats itself."""

    __tablename__ = "dispute_events"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (sa.UniqueConstraint("dispute_id", "dedupe_key"),)

    id: int = Field(default=None, primary_key=True)
    dispute_id: int = Field(foreign_key="disputes.id", index=True)
    kind: str
    dedupe_key: str
    at: datetime = moment()
    data: dict[str, Any] = document()
