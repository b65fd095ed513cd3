"""The ledger: append-only, corrected only by new entries."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from kagibag_app.storage.columns import minor, moment


class LedgerEntry(SQLModel, table=True):
    """One movement at Stripe: settlement amount as Stripe booked it, presentment amount as the buyer saw it."""

    __tablename__ = "ledger_entries"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.UniqueConstraint("account", "balance_transaction", "kind", "ordinal"),
        sa.Index("ix_ledger_order", "order_id", "id"),
        # All that the figures of a period add up, so that no entry itself is read for them.
        sa.Index(
            "ix_ledger_days", "organizer_id", "at", "kind", "settlement_currency", "settlement_minor",
            "presentment_currency", "presentment_minor",
        ),
    )  # fmt: skip

    id: int = Field(default=None, primary_key=True)
    organizer_id: int
    order_id: int | None = None
    account: str
    balance_transaction: str
    kind: str
    ordinal: int = 0
    settlement_minor: int = minor(None)
    settlement_currency: str
    presentment_minor: int | None = Field(default=None, sa_type=sa.BigInteger)
    presentment_currency: str = ""
    cause: str
    at: datetime = moment()
