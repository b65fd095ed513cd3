"""Tables of outgoing webhooks."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from kagibag_app.features.webhooks.rules import DeliveryStatus, EndpointStatus
from kagibag_app.storage.columns import document_list, maybe_moment, moment


class WebhookEndpoint(SQLModel, table=True):
    """Where an organizer wants to be told. ``event_filter`` empty: everything. Secrets are sealed."""

    __tablename__ = "webhook_endpoints"  # pyright: ignore[reportAssignmentType]

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int = Field(index=True)
    name: str
    url: str
    event_filter: list[str] = document_list()
    sealed_secret: str
    sealed_previous_secret: str = ""
    previous_secret_until: datetime | None = maybe_moment()
    status: str = EndpointStatus.ENABLED
    failures_in_row: int = 0
    failing_since: datetime | None = maybe_moment()
    created_by: str = ""
    created_at: datetime = moment()
    deleted_at: datetime | None = maybe_moment()


class WebhookEvent(SQLModel, table=True):
    """One thing that happened, with the payload every endpoint gets. ``dedupe_key`` makes it happen once.

    ``order_number`` is copied from the payload, for the log and its search.
    """

    __tablename__ = "webhook_events"  # pyright: ignore[reportAssignmentType]

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int = Field(index=True)
    order_id: int | None = Field(default=None, index=True)
    order_number: str = ""
    type: str
    dedupe_key: str = Field(unique=True)
    body: str = Field(sa_type=sa.Text)
    created_at: datetime = moment()


class WebhookDelivery(SQLModel, table=True):
    """One event on its way to one endpoint.

    ``attempts`` counts since the last replay. ``job_number`` names the one outbox row that may act on
    it: a row from before a hold or a replay finds another number and ends.
    """

    __tablename__ = "webhook_deliveries"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.UniqueConstraint("endpoint_id", "event_id"),
        sa.Index("ix_deliveries_endpoint", "endpoint_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int = Field(index=True)
    endpoint_id: int = Field(foreign_key="webhook_endpoints.id")
    event_id: int = Field(foreign_key="webhook_events.id")
    status: str = DeliveryStatus.QUEUED
    attempts: int = 0
    job_number: int = 1
    next_try_at: datetime | None = maybe_moment()
    created_at: datetime = moment()
    delivered_at: datetime | None = maybe_moment()


class WebhookAttempt(SQLModel, table=True):
    """One try of a delivery, with what came back. ``number`` goes on counting through replays."""

    __tablename__ = "webhook_attempts"  # pyright: ignore[reportAssignmentType]

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="webhook_deliveries.id", index=True)
    number: int
    at: datetime = moment()
    duration_ms: int = 0
    status_code: int = 0
    error: str = ""
    excerpt: str = Field(default="", sa_type=sa.Text)
