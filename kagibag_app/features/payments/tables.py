"""Tables of payments and of the Stripe inbox."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from kagibag_app.features.payments.rules import EventOutcome, PaymentStatus
from kagibag_app.storage.columns import document, maybe_moment, minor, moment

_OPEN = sa.text("is_open")


class Payment(SQLModel, table=True):
    """One Checkout session and its payment intent. At most one of an order's payments is open.

    ``committed_minor`` is the sum of its refunds that are neither failed nor canceled; a conditional update
    keeps it at or below ``captured_minor``. The key of every Stripe call derives from ``public_id``.
    ``opening_at``: when a request to open the page may first have reached Stripe; its parameters are fixed
    from then on. ``synced_at``: when the newest look at Stripe began; an older look changes nothing.
    """

    __tablename__ = "payments"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.Index("uq_payment_open", "order_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        sa.Index("ix_payments_intent", "account", "payment_intent_id"),
        sa.Index("ix_payments_session", "account", "session_id"),
        sa.Index("ix_payments_charge", "account", "charge_id"),
    )

    id: int = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int = Field(index=True)
    order_id: int = Field(foreign_key="orders.id", index=True)
    account: str
    status: str = PaymentStatus.REQUIRES_PAYMENT
    is_open: bool = True
    currency: str
    amount_minor: int = minor(None)
    captured_minor: int = minor()
    committed_minor: int = minor()
    open_chargeback: bool = False
    session_id: str = ""
    session_url: str = Field(default="", sa_type=sa.Text)
    session_expires_at: datetime | None = maybe_moment()
    payment_intent_id: str = ""
    charge_id: str = ""
    card_brand: str = ""
    card_last4: str = ""
    failure_code: str = ""
    failure_message: str = ""
    raw_status: str = ""
    created_at: datetime = moment()
    opening_at: datetime | None = maybe_moment()
    synced_at: datetime | None = maybe_moment()
    captured_at: datetime | None = maybe_moment()


class PaymentAttempt(SQLModel, table=True):
    """One failed try to pay: a declined card, an unanswered question of the bank. ``key`` lets each be noted once."""

    __tablename__ = "payment_attempts"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (sa.UniqueConstraint("payment_id", "key"),)

    id: int = Field(default=None, primary_key=True)
    payment_id: int = Field(foreign_key="payments.id")
    key: str
    code: str = ""
    message: str = ""
    method: str = ""
    at: datetime = moment()


class StripeEvent(SQLModel, table=True):
    """The inbox: every validly signed event once, with what became of it.

    ``object_type`` and ``object_id`` name what is fetched to apply it, ``payment_intent_id`` the payment it
    belongs to, where the event says so.
    """

    __tablename__ = "stripe_events"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.Index("ix_stripe_events_object", "account", "object_id", "outcome"),
        sa.Index("ix_stripe_events_payment", "account", "payment_intent_id", "outcome"),
    )

    id: int = Field(default=None, primary_key=True)
    stripe_id: str = Field(unique=True)
    type: str
    account: str
    livemode: bool
    object_type: str
    object_id: str
    payment_intent_id: str = ""
    created: datetime = moment()
    received_at: datetime = moment()
    settled_at: datetime | None = maybe_moment()
    payload: dict[str, Any] = document()
    outcome: str = Field(default=EventOutcome.PENDING, index=True)
    times_seen: int = 1
    attempts: int = 0
    error: str = ""
