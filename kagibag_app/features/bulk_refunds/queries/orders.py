"""The orders of a run, for its page and its report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.bulk_refunds.queries.runs import organizer_run
from kagibag_app.features.bulk_refunds.rules import OrderState
from kagibag_app.features.bulk_refunds.tables import BulkOrder
from kagibag_app.features.bulk_refunds.views import OrderRow
from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.refunds.tables import Refund

PAGE = 50


async def order_rows(
    session: AsyncSession,
    organizer_id: int,
    public_id: object,
    *,
    states: Sequence[OrderState] = (),
    newest: bool = False,
    page: int = 1,
    limit: int = PAGE,
) -> list[OrderRow]:
    """Return a page of a run's orders.

    Args:
        states: Only these; all when empty.
        newest: What moved last comes first; else in the order in which they are refunded.
        page: From 1; ``limit``: rows a page, up to 100.

    Raises:
        NotFound: There is no such run there.
    """
    run = await organizer_run(session, organizer_id, public_id)
    limit = min(max(limit, 1), 100)
    by = [col(BulkOrder.moved_at).desc(), col(BulkOrder.id).desc()] if newest else [col(BulkOrder.id)]
    query = _rows(run.id).order_by(*by).limit(limit).offset((max(page, 1) - 1) * limit)
    if states:
        query = query.where(col(BulkOrder.state).in_(states))
    return [_row(row) for row in await session.execute(query)]


async def report_rows(session: AsyncSession, organizer_id: int, public_id: object) -> list[OrderRow]:
    """Return every order of a run, in the order in which they are refunded.

    Raises:
        NotFound: There is no such run there.
    """
    run = await organizer_run(session, organizer_id, public_id)
    return [_row(row) for row in await session.execute(_rows(run.id).order_by(col(BulkOrder.id)))]


def _rows(run_id: int) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            col(Order.number), col(Order.buyer_name), col(Event.title), BulkOrder,
            sa.func.coalesce(col(Refund.public_id), "").label("refund"),
            sa.func.coalesce(col(Refund.stripe_refund_id), "").label("stripe_id"),
        )
        .select_from(BulkOrder)
        .join(Order, col(Order.id) == col(BulkOrder.order_id))
        .join(Event, col(Event.id) == col(Order.event_id))
        .outerjoin(Refund, col(Refund.id) == col(BulkOrder.refund_id))
        .where(col(BulkOrder.run_id) == run_id)
    )  # fmt: skip


def _row(row: Any) -> OrderRow:
    number, buyer, event, kept, refund, stripe_id = row
    return OrderRow(
        number=number, buyer=buyer, event=event, currency=kept.currency, amount_minor=kept.amount_minor,
        tickets=kept.tickets, checked_in=kept.checked_in, requested=kept.requested, state=OrderState(kept.state),
        reason=kept.reason, refund=refund, stripe_id=stripe_id, moved_at=kept.moved_at,
    )  # fmt: skip
