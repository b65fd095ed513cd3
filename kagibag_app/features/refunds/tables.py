"""Tables of refund requests and refunds."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from kagibag_app.features.refunds.rules import RefundStatus, RequestStatus
from kagibag_app.storage.columns import document, maybe_moment, minor, moment

_ACTIVE = sa.text("active")
_SUBMITTING = sa.text("status = 'submitting'")
_TO_ALLOCATE = sa.text("needs_allocation")
_AT_STRIPE = sa.text("stripe_refund_id IS NOT NULL")


class RefundRequest(SQLModel, table=True):
    """Somebody asks for money back: the buyer, or a member whose own refund needs a second person.

    ``outcome`` is the policy's answer that both sides saw. ``proposal``: who approved it first, what, and when, while
    it waits for a second person; the buyer never sees it. ``made_by``: the member who made it; its tickets are not
    held then, and the buyer learns of it only once money goes back. ``cancels_order``: so does the refund it becomes.
    """

    __tablename__ = "refund_requests"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (sa.Index("ix_requests_queue", "organizer_id", "status", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int = Field(foreign_key="organizers.id")
    order_id: int = Field(foreign_key="orders.id", index=True)
    status: str = RequestStatus.OPEN
    version: int = 1
    reason_category: str
    reason_text: str = Field(default="", sa_type=sa.Text)
    currency: str
    amount_minor: int = minor(None)
    approved_minor: int | None = Field(default=None, sa_type=sa.BigInteger)
    outcome: dict[str, Any] = document()
    created_at: datetime = moment()
    decided_at: datetime | None = maybe_moment()
    decided_by_id: int | None = None
    decided_by: str = ""
    decision_message: str = Field(default="", sa_type=sa.Text)
    reply_text: str = Field(default="", sa_type=sa.Text)
    replied_at: datetime | None = maybe_moment()
    proposal: dict[str, Any] = document()
    made_by_id: int | None = None
    made_by: str = ""
    cancels_order: bool = False


class RefundRequestTicket(SQLModel, table=True):
    """A ticket in a request; ``active`` while the request holds it, unique then."""

    __tablename__ = "refund_request_tickets"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.Index(
            "uq_request_ticket_active",
            "ticket_id",
            unique=True,
            sqlite_where=_ACTIVE,
            postgresql_where=_ACTIVE,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="refund_requests.id", index=True)
    ticket_id: int = Field(foreign_key="tickets.id", index=True)
    line_item_id: int = Field(foreign_key="line_items.id")
    amount_minor: int = minor(None)
    active: bool = True


class RefundNote(SQLModel, table=True):
    """A member's private note on a request."""

    __tablename__ = "refund_notes"  # pyright: ignore[reportAssignmentType]

    id: int | None = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="refund_requests.id", index=True)
    organizer_id: int
    author_id: int | None = None
    author: str
    text: str = Field(sa_type=sa.Text)
    at: datetime = moment()


class Refund(SQLModel, table=True):
    """At most one refund at Stripe. Its key derives from ``public_id`` and never changes.

    ``maybe_sent_at`` is stored before a request leaves; the age of the key counts from it. Only the very try that
    stored it takes it back, when it ended in proof that nothing had arrived: so a row is ``created`` exactly
    while nothing can be at Stripe. A retry after a definite failure is a new row that names the old one in
    ``retry_of``. ``synced_at``: when the newest recorded look at Stripe began. ``told_at``: when the organizer
    was told that it takes long. ``flagged``: a person should look. ``cancels_order``: its order becomes cancelled
    when Stripe accepts it. ``alone_by_id``: the member who let it go without a second person. ``keeps_tickets``: its
    tickets stay valid. ``keeps_seats``: the seats of the tickets that it ends stay off sale, whatever the policy
    says. ``needs_allocation``: it was made at Stripe, and nobody has said which tickets it was about: its amount is
    shared over the lines until somebody does. ``returned_by``: how the money went back when that was not by Stripe;
    ``bank_reference`` is the reference then.
    """

    __tablename__ = "refunds"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.CheckConstraint("amount_minor > 0", name="ck_refund_amount"),
        sa.Index(
            "uq_refund_submitting",
            "payment_id",
            unique=True,
            sqlite_where=_SUBMITTING,
            postgresql_where=_SUBMITTING,
        ),
        sa.Index(
            "uq_refund_stripe",
            "account",
            "stripe_refund_id",
            unique=True,
            sqlite_where=_AT_STRIPE,
            postgresql_where=_AT_STRIPE,
        ),
        sa.Index("ix_refunds_status", "organizer_id", "status"),
        sa.Index(
            "ix_refunds_to_allocate",
            "organizer_id",
            sqlite_where=_TO_ALLOCATE,
            postgresql_where=_TO_ALLOCATE,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int = Field(foreign_key="organizers.id")
    order_id: int = Field(foreign_key="orders.id", index=True)
    payment_id: int = Field(foreign_key="payments.id", index=True)
    request_id: int | None = Field(default=None, foreign_key="refund_requests.id", index=True)
    account: str
    amount_minor: int = minor(None)
    currency: str
    source: str
    status: str = RefundStatus.CREATED
    raw_status: str = ""
    idempotency_key: str = Field(unique=True)
    stripe_refund_id: str | None = None
    failure_code: str = ""
    failure_message: str = ""
    pending_reason: str = ""
    bank_reference: str = ""
    retry_of: int | None = Field(default=None, foreign_key="refunds.id", unique=True)
    requested_by: str = ""
    tries: int = 0
    flagged: bool = False
    cancels_order: bool = False
    keeps_tickets: bool = False
    keeps_seats: bool = False
    alone_by_id: int | None = None
    needs_allocation: bool = False
    returned_by: str = ""
    created_at: datetime = moment()
    maybe_sent_at: datetime | None = maybe_moment()
    next_try_at: datetime | None = maybe_moment()
    told_at: datetime | None = maybe_moment()
    synced_at: datetime | None = maybe_moment()
    accepted_at: datetime | None = maybe_moment()
    settled_at: datetime | None = maybe_moment()


class RefundAllocation(SQLModel, table=True):
    """How much of a refund belongs to one line item."""

    __tablename__ = "refund_allocations"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (sa.UniqueConstraint("refund_id", "line_item_id"),)

    id: int | None = Field(default=None, primary_key=True)
    refund_id: int = Field(foreign_key="refunds.id", index=True)
    line_item_id: int = Field(foreign_key="line_items.id", index=True)
    amount_minor: int = minor(None)


class RefundTicket(SQLModel, table=True):
    """A ticket that a refund without a request ends: void when Stripe accepts it. A request names its own."""

    __tablename__ = "refund_tickets"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (sa.UniqueConstraint("refund_id", "ticket_id"),)

    id: int | None = Field(default=None, primary_key=True)
    refund_id: int = Field(foreign_key="refunds.id")
    ticket_id: int = Field(foreign_key="tickets.id", index=True)


class RefundReviewer(SQLModel, table=True):
    """A tab that shows a request to a member; it counts for a short while after ``seen_at``."""

    __tablename__ = "refund_reviewers"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (sa.Index("ix_refund_reviewers_request", "organizer_id", "request_id"),)

    id: int | None = Field(default=None, primary_key=True)
    organizer_id: int = Field(foreign_key="organizers.id")
    request_id: int = Field(foreign_key="refund_requests.id")
    user_id: int = Field(foreign_key="users.id")
    name: str
    tab: str = Field(unique=True)
    seen_at: datetime = moment()


class RefundPace(SQLModel, table=True):
    """How fast the refunds of runs go to one Stripe account (see ``rules.pacing``): one row for all processes."""

    __tablename__ = "refund_paces"  # pyright: ignore[reportAssignmentType]

    account: str = Field(primary_key=True)
    interval_ms: int
    next_at: datetime = moment()
    slowed_at: datetime | None = maybe_moment()
