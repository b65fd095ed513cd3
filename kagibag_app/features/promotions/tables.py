"""Tables of promotions."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from kagibag_app.features.promotions.rules import UseState
from kagibag_app.storage.columns import document_list, maybe_moment, minor, moment


class Promotion(SQLModel, table=True):
    """A code. ``value``: basis points (1500 = 15 %) or minor units of ``currency``. Once used never deleted."""

    __tablename__ = "promotions"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (sa.UniqueConstraint("organizer_id", "code"),)

    id: int = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int = Field(foreign_key="organizers.id")
    code: str
    kind: str
    value: int = minor(None)
    currency: str = ""
    event_id: int | None = Field(default=None, foreign_key="events.id")
    ticket_type_ids: list[int] = document_list()
    starts_at: datetime | None = maybe_moment()
    ends_at: datetime | None = maybe_moment()
    max_uses: int | None = None
    max_uses_per_email: int | None = None
    uses: int = 0
    active: bool = True
    created_at: datetime = moment()


class PromotionUse(SQLModel, table=True):
    """One order's use of a promotion; ``uses`` counts those not released."""

    __tablename__ = "promotion_uses"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.UniqueConstraint("promotion_id", "order_id"),
        sa.Index("ix_promotion_uses_email", "promotion_id", "email_key"),
    )

    id: int = Field(default=None, primary_key=True)
    promotion_id: int = Field(foreign_key="promotions.id")
    order_id: int = Field(index=True)
    email_key: str
    state: str = UseState.HELD
    created_at: datetime = moment()
