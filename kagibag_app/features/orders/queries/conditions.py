"""Which orders a filter means, and in which order they stand: shared by the list, its counts, export and neighbours.

A statement depends on its shape alone (which filters are set, not to what), so that each shape is built once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders.rules import OrderFilter, OrderSort, StatusFilter, condition_of
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.promotions.tables import Promotion
from kagibag_app.storage.columns import UtcDateTime

Condition = sa.ColumnElement[bool]

_LAST: dict[str, Any] = {
    "placed_at": datetime.max.replace(tzinfo=UTC), "id": 2**31 - 1, "currency": "ZZZZ", "total_minor": 2**62,
}  # fmt: skip
_FIRST: dict[str, Any] = {
    "placed_at": datetime.min.replace(tzinfo=UTC), "id": -1, "currency": "", "total_minor": -1,
}  # fmt: skip


class Shape(NamedTuple):
    """What decides the text of a statement.

    Attributes:
        searched: The orders that a search found are handed over as ``ids``.
    """

    postgresql: bool
    status: StatusFilter
    event: bool
    placed_from: bool
    placed_until: bool
    source: bool
    promotion: bool
    searched: bool
    sort: OrderSort


def shape_of(
    session: AsyncSession, organizer_id: int, chosen: OrderFilter, found: Sequence[int] | None
) -> tuple[Shape, dict[str, Any]]:
    """Return the shape of a filter and the values for it.

    Args:
        found: Keys of the orders that a search found; ``None`` without a search.
    """
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    shape = Shape(
        postgresql=on_postgresql,
        status=chosen.status,
        event=bool(chosen.event),
        placed_from=chosen.placed_from is not None,
        placed_until=chosen.placed_until is not None,
        source=bool(chosen.source),
        promotion=bool(chosen.promotion),
        searched=found is not None,
        sort=chosen.sort,
    )
    values = {
        "organizer": organizer_id,
        "event": chosen.event,
        "placed_from": chosen.placed_from,
        "placed_until": chosen.placed_until,
        "source": chosen.source,
        "promotion": chosen.promotion,
    }
    if found is not None:
        values["ids"] = list(found) if on_postgresql else json.dumps(list(found), separators=(",", ":"))
    return shape, values


def within(shape: Shape) -> list[Condition]:
    """Return the conditions of every filter but the status."""
    organizer = sa.bindparam("organizer", type_=sa.Integer)
    conditions: list[Condition] = [col(Order.organizer_id) == organizer]
    if shape.event:
        conditions.append(col(Order.event_id) == _key(Event, "event"))
    if shape.promotion:
        conditions.append(col(Order.promotion_id) == _key(Promotion, "promotion"))
    if shape.placed_from:
        conditions.append(col(Order.placed_at) >= sa.bindparam("placed_from", type_=UtcDateTime()))
    if shape.placed_until:
        conditions.append(col(Order.placed_at) < sa.bindparam("placed_until", type_=UtcDateTime()))
    if shape.source:
        conditions.append(col(Order.source) == sa.bindparam("source", type_=sa.String))
    if shape.searched:
        conditions.append(_among(shape))
    return conditions


def having(choice: StatusFilter) -> list[Condition]:
    """Return the condition of a choice of the status filter."""
    condition = condition_of(choice)
    if condition is None:
        return []
    name, value = condition
    column = col(getattr(Order, name))
    # The words stand in the statement: a partial index is used only where its own condition is read in it.
    said: list[Condition] = [column == sa.literal_column(f"'{value}'")]
    return said if name == "status" else [*said, column != sa.literal_column("'none'")]


def keys(shape: Shape) -> tuple[Any, ...]:
    """Return what the list is sorted by; the last key is the order's own."""
    if shape.sort.by_total:
        return col(Order.currency), col(Order.total_minor), col(Order.id)
    return col(Order.placed_at), col(Order.id)


def ordered(shape: Shape, columns: Sequence[Any], *, backwards: bool) -> list[Any]:
    """Return keys as the list is ordered, or its reverse."""
    descending = shape.sort.descending != backwards
    return [key.desc() if descending else key.asc() for key in columns]


def beyond(shape: Shape, position: Sequence[Any], *, backwards: bool) -> Condition:
    """Return that an order stands behind a position of the list, or ahead of it."""
    descending = shape.sort.descending != backwards
    here, there = sa.tuple_(*keys(shape)), sa.tuple_(*position)
    return here < there if descending else here > there


def position_of(shape: Shape, *, or_start: bool) -> list[sa.ColumnElement[Any]]:
    """Return the position of the order that ``anchor`` names by its public id.

    Args:
        or_start: Where there is no such order: the place ahead of the whole list. Otherwise nowhere.
    """
    names = ("currency", "total_minor", "id") if shape.sort.by_total else ("placed_at", "id")
    start = _LAST if shape.sort.descending else _FIRST
    found: list[sa.ColumnElement[Any]] = []
    for name in names:
        column: Any = col(getattr(Order, name))
        key = anchored(column)
        found.append(
            sa.func.coalesce(key, sa.literal(start[name], column.type), type_=column.type)
            if or_start
            else key
        )
    return found


def anchored(column: Any) -> sa.ScalarSelect[Any]:
    """Return a column of the organizer's order that ``anchor`` names."""
    order = sa.alias(Order.__table__, name="anchor_order")  # type: ignore[attr-defined]
    return (
        sa.select(order.c[column.key])
        .where(
            order.c.public_id == sa.bindparam("anchor", type_=sa.String),
            order.c.organizer_id == sa.bindparam("organizer", type_=sa.Integer),
        )
        .scalar_subquery()
    )


def _key(table: type[Event] | type[Promotion], name: str) -> sa.ScalarSelect[Any]:
    return (
        sa.select(col(table.id))
        .where(
            col(table.public_id) == sa.bindparam(name, type_=sa.String),
            col(table.organizer_id) == sa.bindparam("organizer", type_=sa.Integer),
        )
        .scalar_subquery()
    )


def _among(shape: Shape) -> Condition:
    if shape.postgresql:
        ids = sa.bindparam("ids", type_=postgresql.ARRAY(sa.Integer))
        return col(Order.id) == sa.any_(ids)
    each = sa.func.json_each(sa.bindparam("ids", type_=sa.String)).table_valued("value")
    return col(Order.id).in_(sa.select(each.c.value))
