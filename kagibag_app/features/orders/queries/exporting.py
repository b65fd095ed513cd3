"""Exactly the filtered list, in its order, however long: for exports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders.queries.conditions import (
    Shape,
    beyond,
    having,
    keys,
    ordered,
    shape_of,
    within,
)
from kagibag_app.features.orders.queries.finding import find
from kagibag_app.features.orders.queries.listing import code_of_order, tickets_of_order
from kagibag_app.features.orders.rules import OrderFilter, mask_email
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.orders.views import ExportRow

# What another feature adds: left empty here.
_OF_PAYMENTS = ("card_brand", "card_last4", "payment_intent_id")


async def export_rows(
    session: AsyncSession,
    organizer_id: int,
    chosen: OrderFilter,
    *,
    show_emails: bool = True,
    batch: int = 1000,
) -> AsyncIterator[list[ExportRow]]:
    """Yield the filtered list in batches, each by one statement that goes on behind the last row before.

    What orders don't know is empty: ``payments.queries.export_rows`` adds it.

    Raises:
        BadInput: The search is longer than any number or address.
    """
    found = await find(session, organizer_id, chosen.search, show_emails=show_emails)
    shape, values = shape_of(session, organizer_id, chosen, found.ids)
    values["size"] = batch
    more = True
    while more:
        rows = (await session.execute(_batch(shape, "key_0" in values), values)).all()
        if rows:
            yield [_row(row, show_emails) for row in rows]
            last = ExportRow(*rows[-1])
            position = (
                (last.currency, last.total_minor, last.order_id)
                if shape.sort.by_total
                else (last.placed_at, last.order_id)
            )
            values |= {f"key_{index}": key for index, key in enumerate(position)}
        more = len(rows) == batch


@lru_cache(maxsize=512)
def _batch(shape: Shape, behind: bool) -> sa.Executable:
    by = keys(shape)
    wanted = [*within(shape), *having(shape.status)]
    if behind:
        position = [sa.bindparam(f"key_{index}", type_=key.type) for index, key in enumerate(by)]
        wanted.append(beyond(shape, position, backwards=False))
    ids = (
        sa.select(col(Order.id).label("id"))
        .where(*wanted)
        .order_by(*ordered(shape, by, backwards=False))
        .limit(sa.bindparam("size", type_=sa.Integer))
        .subquery("page")
    )
    names = ("currency", "total_minor", "id") if shape.sort.by_total else ("placed_at", "id")
    columns = [col(getattr(Order, name)) for name in names]
    return (
        sa.select(
            col(Order.number), col(Order.placed_at), col(Order.paid_at), col(Order.status),
            col(Order.refund_state), col(Order.dispute_state), col(Order.source), col(Event.title),
            col(Order.buyer_name), col(Order.buyer_email), tickets_of_order(), col(Order.currency),
            col(Order.subtotal_minor), col(Order.discount_minor), col(Order.total_minor),
            col(Order.refunded_minor), sa.func.coalesce(code_of_order(), ""),
            *(sa.literal_column("''").label(name) for name in _OF_PAYMENTS), col(Order.id),
        )
        .join_from(ids, Order, col(Order.id) == ids.c.id)
        .join(Event, col(Event.id) == col(Order.event_id))
        .order_by(*ordered(shape, columns, backwards=False))
    )  # fmt: skip


def _row(row: Any, show_emails: bool) -> ExportRow:
    made = ExportRow._make(row)
    return made if show_emails else made._replace(buyer_email=mask_email(made.buyer_email))
