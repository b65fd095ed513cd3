"""Tables of orders."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from kagibag_app.features.orders.rules import DisputeState, OrderStatus, RefundState, Seat, TicketStatus
from kagibag_app.storage.columns import document, maybe_moment, minor, moment


class Order(SQLModel, table=True):
    """One purchase. ``refunded_minor``, ``refund_state`` and ``dispute_state`` are recomputed, never typed.

    ``version`` counts the state entries on its timeline; ``link_version`` makes old access links useless.
    ``refund_policy`` is the event's as it was at purchase. ``email_key`` is the buyer's email casefolded.
    ``request_key`` is the digest of the checkout that placed it: sent twice, it is still one order.
    """

    __tablename__ = "orders"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.CheckConstraint(
            "total_minor >= 0 AND subtotal_minor - discount_minor = total_minor", name="ck_total"
        ),
        sa.Index("ix_orders_list", "organizer_id", "placed_at", "id"),
        sa.Index("ix_orders_email", "organizer_id", "email_key"),
        sa.Index("ix_orders_expiry", "status", "hold_until"),
    )

    id: int = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int = Field(foreign_key="organizers.id")
    event_id: int = Field(foreign_key="events.id", index=True)
    number: str = Field(unique=True)
    buyer_name: str
    buyer_email: str
    email_key: str
    currency: str
    subtotal_minor: int = minor(None)
    discount_minor: int = minor()
    total_minor: int = minor(None)
    source: str
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
