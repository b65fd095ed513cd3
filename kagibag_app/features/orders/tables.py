"""Tables of orders."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from kagibag_app.features.orders.rules import DisputeState, OrderStatus, RefundState, Seat, TicketStatus
from kagibag_app.storage.columns import BYTEWISE, document, maybe_moment, minor, moment

_REFUNDED = sa.text("refund_state <> 'none'")
_DISPUTED = sa.text("dispute_state <> 'none'")
_PROMOTED = sa.text("promotion_id IS NOT NULL")
# What the list is filtered and sorted by: the filter, then the list's order, then what a second filter asks for, which is
# so decided without a look at the order. Measured in docs/decisions/0011-the-list-of-a-million-orders.md.
_LIST_INDEXES = (
    sa.Index("ix_orders_list", "organizer_id", "placed_at", "id"),
    sa.Index("ix_orders_event", "organizer_id", "event_id", "placed_at", "id", "source"),
    sa.Index("ix_orders_status", "organizer_id", "status", "placed_at", "id", "source"),
    sa.Index("ix_orders_event_status", "organizer_id", "event_id", "status", "placed_at", "id", "source"),
    sa.Index("ix_orders_source", "organizer_id", "source", "placed_at", "id"),
    sa.Index("ix_orders_source_status", "organizer_id", "source", "status", "placed_at", "id"),
    sa.Index(
        "ix_orders_total", "organizer_id", "currency", "total_minor", "id", "placed_at", "status", "source"
    ),
    sa.Index(
        "ix_orders_event_total", "organizer_id", "event_id", "currency", "total_minor", "id", "placed_at", "status",
        "source",
    ),
    sa.Index(
        "ix_orders_refund_state", "organizer_id", "refund_state", "placed_at", "id", "event_id", "source",
        "promotion_id", sqlite_where=_REFUNDED, postgresql_where=_REFUNDED,
    ),
    sa.Index(
        "ix_orders_dispute_state", "organizer_id", "dispute_state", "placed_at", "id", "event_id", "source",
        "promotion_id", sqlite_where=_DISPUTED, postgresql_where=_DISPUTED,
    ),
    sa.Index(
        "ix_orders_promotion", "organizer_id", "promotion_id", "placed_at", "id", "event_id", "source",
        sqlite_where=_PROMOTED, postgresql_where=_PROMOTED,
    ),
    sa.Index(
        "ix_orders_promotion_status", "organizer_id", "promotion_id", "status", "placed_at", "id", "event_id",
        "source", sqlite_where=_PROMOTED, postgresql_where=_PROMOTED,
    ),
)  # fmt: skip


class Order(SQLModel, table=True):
    """One purchase. ``refunded_minor``, ``refund_state`` and ``dispute_state`` are recomputed, never typed.

    ``version`` counts the state entries on its timeline; ``link_version`` makes old access links useless.
    ``refund_policy`` is the event's as it was at purchase. ``email_key`` is the buyer's email casefolded.
    ``promotion_id`` repeats its applied promotion's, which never changes: the list is filtered by it.
    ``request_key`` is the digest of the checkout that placed it: sent twice, it is still one order.
    ``cancel_asked_at``: a member wants it cancelled, which waits for Stripe to close the payment page.
    ``cancel_message``: what the buyer is told once it is cancelled.
    """

    __tablename__ = "orders"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.CheckConstraint(
            "total_minor >= 0 AND subtotal_minor - discount_minor = total_minor", name="ck_total"
        ),
        sa.Index("ix_orders_email", "email_key", "organizer_id"),
        sa.Index("ix_orders_expiry", "status", "hold_until"),
        *_LIST_INDEXES,
    )

    id: int = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int = Field(foreign_key="organizers.id")
    event_id: int = Field(foreign_key="events.id")
    number: str = Field(unique=True)
    buyer_name: str
    buyer_email: str
    email_key: str
    currency: str
    subtotal_minor: int = minor(None)
    discount_minor: int = minor()
    total_minor: int = minor(None)
    source: str
    promotion_id: int | None = None
    status: str = OrderStatus.PENDING
    refunded_minor: int = minor()
    refund_state: str = RefundState.NONE
    dispute_state: str = DisputeState.NONE
    refund_policy: dict[str, Any] = document()
    locale: str = "en"
    request_key: str | None = Field(default=None, unique=True)
    version: int = 0
    link_version: int = 1
    placed_at: datetime = moment()
    hold_until: datetime | None = maybe_moment()
    paid_at: datetime | None = maybe_moment()
    cancelled_at: datetime | None = maybe_moment()
    cancel_asked_at: datetime | None = maybe_moment()
    cancel_message: str = Field(default="", sa_type=sa.Text)
    updated_at: datetime = moment()


class LineItem(SQLModel, table=True):
    """One ticket's line: name and price as they were at purchase, and what the seat takes of capacity."""

    __tablename__ = "line_items"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.CheckConstraint("net_minor >= 0 AND list_minor - discount_minor = net_minor", name="ck_net"),
    )

    id: int = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int
    order_id: int = Field(foreign_key="orders.id", index=True)
    ticket_type_id: int = Field(foreign_key="ticket_types.id", index=True)
    position: int
    type_name: str
    list_minor: int = minor(None)
    discount_minor: int = minor()
    net_minor: int = minor(None)
    seat: str = Seat.HELD


class Ticket(SQLModel, table=True):
    """What lets one person in; one per line item of a paid order.

    ``refund_in_progress`` is pushed by refunds from approval on: check-in is refused meanwhile.
    ``checked_in_by``: the name of who let its holder in; ``checked_in_door``: what they call the door, if they do.
    """

    __tablename__ = "tickets"  # pyright: ignore[reportAssignmentType]

    id: int = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int
    order_id: int = Field(foreign_key="orders.id", index=True)
    line_item_id: int = Field(foreign_key="line_items.id", unique=True)
    code: str = Field(unique=True)
    status: str = TicketStatus.VALID
    refund_in_progress: bool = False
    issued_at: datetime = moment()
    checked_in_at: datetime | None = maybe_moment()
    checked_in_by: str = ""
    checked_in_door: str = Field(default="", sa_column_kwargs={"server_default": ""})
    voided_at: datetime | None = maybe_moment()
    void_reason: str = ""


class AppliedPromotion(SQLModel, table=True):
    """A promotion as it was at purchase, and what it took off."""

    __tablename__ = "applied_promotions"  # pyright: ignore[reportAssignmentType]

    id: int = Field(default=None, primary_key=True)
    organizer_id: int
    order_id: int = Field(foreign_key="orders.id", index=True)
    promotion_id: int = Field(foreign_key="promotions.id", index=True)
    code: str
    kind: str
    value: int = minor(None)
    adjustment_minor: int = minor(None)


class OrderSearch(SQLModel, table=True):
    """What orders are found by: values folded as ``rules.search`` says, compared byte by byte on every database.

    Written by the orders service alone. Rows are added and removed, never changed: the index of parts
    (``order_search_grams`` on SQLite, a GIN index on PostgreSQL) follows them.
    """

    __tablename__ = "order_search"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.Index("ix_order_search_order", "order_id", "kind"),
        {"sqlite_with_rowid": False},
    )

    organizer_id: int = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    value: str = Field(primary_key=True, sa_type=BYTEWISE)  # pyright: ignore[reportArgumentType]
    order_id: int = Field(primary_key=True)


class SavedView(SQLModel, table=True):
    """A member's name for a filter of the list. ``query`` is the query string of the list's address."""

    __tablename__ = "saved_views"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (sa.UniqueConstraint("organizer_id", "user_id", "name"),)

    id: int = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int = Field(foreign_key="organizers.id")
    user_id: int = Field(foreign_key="users.id", index=True)
    name: str
    query: str = Field(default="", sa_type=sa.Text)
    created_at: datetime = moment()
