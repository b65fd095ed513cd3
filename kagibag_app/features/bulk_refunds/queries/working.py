"""What the jobs ask: which order is next, how much is under way, and what became of the refunds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.bulk_refunds.rules import AHEAD, WATCHED, BulkStatus, OrderState
from kagibag_app.features.bulk_refunds.tables import BulkOrder, BulkRun
from kagibag_app.features.refunds.rules import ACCEPTED, RefundStatus
from kagibag_app.features.refunds.tables import Refund, RefundPace

_GONE = (RefundStatus.FAILED, RefundStatus.CANCELED)
_NOT_SENT = (RefundStatus.CREATED, RefundStatus.SUBMITTING)


@dataclass(frozen=True, slots=True)
class Moved:
    """An order of a run whose refund has got further than the order knows.

    Attributes:
        successor: The refund that took the place of the one it knows; ``None`` when that one is the newest.
    """

    row: BulkOrder
    status: RefundStatus
    failure_code: str
    failure_message: str
    successor: int | None


async def system_next(session: AsyncSession, run_id: int) -> int | None:
    """Return the key of the next order of a run that waits."""
    return await session.scalar(
        sa.select(col(BulkOrder.id))
        .where(col(BulkOrder.run_id) == run_id, col(BulkOrder.state) == OrderState.WAITING)
        .order_by(col(BulkOrder.id))
        .limit(1)
    )


async def system_unsent(session: AsyncSession, run_id: int) -> int:
    """Return how many refunds of a run were made and have not been sent, those that Stripe turned away included."""
    return (
        await session.scalar(
            sa.select(sa.func.count())
            .select_from(BulkOrder)
            .join(Refund, col(Refund.id) == col(BulkOrder.refund_id))
            .where(
                col(BulkOrder.run_id) == run_id, col(BulkOrder.state) == OrderState.QUEUED,
                col(Refund.status).in_(_NOT_SENT),
            )
        )
        or 0
    )  # fmt: skip


async def system_queued(session: AsyncSession, run_id: int) -> bool:
    """Say whether refunds of a run are on their way."""
    found = await session.scalar(
        sa.select(col(BulkOrder.id))
        .where(col(BulkOrder.run_id) == run_id, col(BulkOrder.state) == OrderState.QUEUED)
        .limit(1)
    )
    return found is not None


async def system_is_ahead(session: AsyncSession, account: str, now: datetime) -> bool:
    """Say whether an account's turns are given out so far ahead that no more are needed now (UTC)."""
    next_at = await session.scalar(
        sa.select(col(RefundPace.next_at)).where(col(RefundPace.account) == account)
    )
    return next_at is not None and next_at - now > AHEAD


async def system_moved(session: AsyncSession, run_id: int, states: Sequence[OrderState]) -> list[Moved]:
    """Return the orders of a run in these states whose refund has got further."""
    newer = sa.alias(Refund.__table__, name="newer")  # type: ignore[attr-defined]
    state, status = col(BulkOrder.state), col(Refund.status)
    rows = await session.execute(
        sa.select(
            BulkOrder, status, col(Refund.failure_code), col(Refund.failure_message), newer.c.id.label("successor")
        )
        .join(Refund, col(Refund.id) == col(BulkOrder.refund_id))
        .outerjoin(newer, newer.c.retry_of == col(Refund.id))
        .where(
            col(BulkOrder.run_id) == run_id,
            state.in_(states),
            sa.or_(
                newer.c.id.is_not(None),
                sa.and_(state != OrderState.REFUNDED, status.in_(ACCEPTED)),
                sa.and_(state != OrderState.FAILED, status.in_(_GONE)),
            ),
        )
        .order_by(col(BulkOrder.id))
    )  # fmt: skip
    return [
        Moved(row, RefundStatus(word), code, text, successor) for row, word, code, text, successor in rows
    ]


async def system_followed(session: AsyncSession, finished_after: datetime) -> list[int]:
    """Return the keys of finished runs of any organizer whose refunds may still change."""
    watched = sa.exists().where(
        col(BulkOrder.run_id) == col(BulkRun.id),
        col(BulkOrder.state).in_(WATCHED),
        col(BulkOrder.refund_id).is_not(None),
    )
    return list(
        await session.scalars(
            sa.select(col(BulkRun.id))
            .where(
                col(BulkRun.status) == BulkStatus.FINISHED, col(BulkRun.finished_at) > finished_after, watched
            )
            .order_by(col(BulkRun.id))
        )
    )


async def system_accounts(session: AsyncSession, run_id: int) -> list[str]:
    """Return the Stripe accounts that would pay for a run."""
    return list(
        await session.scalars(
            sa.select(col(BulkOrder.account))
            .where(col(BulkOrder.run_id) == run_id, col(BulkOrder.amount_minor) > 0)
            .distinct()
            .order_by(col(BulkOrder.account))
        )
    )
