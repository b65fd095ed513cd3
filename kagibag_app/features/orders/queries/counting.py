"""How many orders each choice of the list's status filter would show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.orders.queries.conditions import Shape, having, shape_of, within
from kagibag_app.features.orders.queries.finding import find
from kagibag_app.features.orders.rules import COUNT_CAP, OrderFilter, OrderSort, StatusFilter, condition_of
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.orders.views import OrderPage, StatusCount

_STATES = ("status", "refund_state", "dispute_state")


async def order_counts(
    session: AsyncSession, organizer_id: int, chosen: OrderFilter, *, show_emails: bool = True
) -> list[StatusCount]:
    """Return the count of every choice of the status filter, all other filters kept; each stops at the cap.

    Raises:
        BadInput: The search is longer than any number or address.
    """
    found = await find(session, organizer_id, chosen.search, show_emails=show_emails)
    shape, values = shape_of(session, organizer_id, chosen, found.ids)
    return await _counts(session, shape, values)


async def counted(session: AsyncSession, shape: Shape, values: dict[str, Any], page: OrderPage) -> OrderPage:
    """Return a page with the counts of its filter."""
    counts = await _counts(session, shape, values)
    total = next(count for count in counts if count.status == shape.status)
    return replace(page, counts=counts, total=total.count, total_capped=total.capped)


async def count_orders(
    session: AsyncSession, organizer_id: int, chosen: OrderFilter, *, show_emails: bool = True
) -> int:
    """Return exactly how many orders a filter finds. It reads them all: for an export, not for a screen.

    Raises:
        BadInput: The search is longer than any number or address.
    """
    found = await find(session, organizer_id, chosen.search, show_emails=show_emails)
    shape, values = shape_of(session, organizer_id, chosen, found.ids)
    counted_rows = sa.select(sa.func.count()).select_from(Order)
    return await session.scalar(counted_rows.where(*within(shape), *having(shape.status)), values) or 0


async def _counts(session: AsyncSession, shape: Shape, values: dict[str, Any]) -> list[StatusCount]:
    neutral = shape._replace(status=StatusFilter.ALL, sort=OrderSort.NEWEST)
    if shape.searched:
        groups = (await session.execute(_groups(neutral), values)).all()
        counts = {choice: sum(_held(choice, groups)) for choice in StatusFilter}
    else:
        rows = (await session.execute(_capped(neutral), values)).all()
        counts = {StatusFilter(choice): count for choice, count in rows}
    return [
        StatusCount(choice, min(counts[choice], COUNT_CAP), counts[choice] > COUNT_CAP)
        for choice in StatusFilter
    ]


@lru_cache(maxsize=256)
def _capped(shape: Shape) -> sa.Executable:
    def one(choice: StatusFilter) -> Any:
        some = sa.select(sa.literal_column("1")).select_from(Order)
        some = some.where(*within(shape), *having(choice)).limit(sa.literal_column(str(COUNT_CAP + 1)))
        return sa.select(sa.literal_column(f"'{choice}'"), sa.func.count()).select_from(some.subquery())

    return sa.union_all(*(one(choice) for choice in StatusFilter))


@lru_cache(maxsize=256)
def _groups(shape: Shape) -> sa.Executable:
    columns = [col(getattr(Order, name)) for name in _STATES]
    return sa.select(*columns, sa.func.count()).where(*within(shape)).group_by(*columns)


def _held(choice: StatusFilter, groups: Iterable[Any]) -> Iterable[int]:
    condition = condition_of(choice)
    for *states, count in groups:
        if condition is None or states[_STATES.index(condition[0])] == condition[1]:
            yield count
