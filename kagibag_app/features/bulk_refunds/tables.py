"""Tables of runs and their orders."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from kagibag_app.features.bulk_refunds.rules import BulkStatus, OrderState
from kagibag_app.storage.columns import document, maybe_moment, minor, moment


class BulkRun(SQLModel, table=True):
    """Refunds of many orders, previewed, then run.

    ``chosen`` is the filter of the list of orders (``reports.rules.filter_document``), ``words`` says it to a person.
    ``version`` rises with every decision of a person. ``acting_id`` and ``acting``: who set it going last, in whose name
    its orders are refunded. ``turn`` names the job that may work on it: an older one does nothing more. ``balance``:
    what Stripe held at the preview, available and pending minor units by account and currency; an account that could
    not be asked is missing. ``note``: why it paused by itself.
    """

    __tablename__ = "bulk_runs"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (sa.Index("ix_bulk_runs_list", "organizer_id", "id"),)

    id: int = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int = Field(foreign_key="organizers.id")
    status: str = BulkStatus.PREPARING
    version: int = 1
    chosen: dict[str, str] = document()
    words: str
    ends_tickets: bool = True
    keeps_seats: bool = False
    cancels_orders: bool = False
    with_checked_in: bool = False
    message: str = Field(default="", sa_type=sa.Text)
    balance: dict[str, Any] = document()
    made_by: str
    acting_id: int = Field(foreign_key="users.id")
    acting: str
    turn: int = 1
    note: str = ""
    made_at: datetime = moment()
    previewed_at: datetime | None = maybe_moment()
    started_at: datetime | None = maybe_moment()
    paused_at: datetime | None = maybe_moment()
    finished_at: datetime | None = maybe_moment()


class BulkOrder(SQLModel, table=True):
    """One order of a run. ``amount_minor``: what goes back, as it was seen at the preview, then as it was sent.

    ``code`` and ``reason``: why it was left out or failed. ``refund_id``: its newest refund. ``requested``: a buyer's
    request waits for a decision, which the refund settles. ``first_by_id``: the member who approved it first, when it is
    more than that member may give back alone.
    """

    __tablename__ = "bulk_orders"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.UniqueConstraint("run_id", "order_id"),
        sa.Index("ix_bulk_orders_state", "run_id", "state", "id"),
    )

    id: int = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="bulk_runs.id")
    organizer_id: int
    order_id: int = Field(foreign_key="orders.id")
    account: str
    currency: str
    amount_minor: int = minor(None)
    tickets: int
    checked_in: int
    requested: bool
    state: str = OrderState.WAITING
    code: str = ""
    reason: str = Field(default="", sa_type=sa.Text)
    refund_id: int | None = Field(default=None, foreign_key="refunds.id", index=True)
    first_by_id: int | None = None
    moved_at: datetime | None = maybe_moment()
