"""Keeps what orders are found by. Nobody else writes it; rows are added and removed, never changed."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from kagibag_app.features.orders.rules import (
    BY_PART,
    STRIPE_KINDS,
    SearchKind,
    code_value,
    order_values,
    stripe_value,
)
from kagibag_app.features.orders.tables import Order, OrderSearch
from kagibag_app.storage.transaction import Transaction


async def index_order(tx: Transaction, order: Order) -> None:
    """Let a new order be found by its number and its buyer."""
    values = order_values(number=order.number, email=order.buyer_email, name=order.buyer_name)
    await _add(tx, order.organizer_id, order.id, values)


async def index_tickets(tx: Transaction, order: Order, codes: Iterable[str]) -> None:
    """Let an order be found by the codes of its tickets."""
    await _add(tx, order.organizer_id, order.id, [(SearchKind.TICKET, code_value(code)) for code in codes])


async def index_stripe_id(
    tx: Transaction, *, organizer_id: int, order_id: int, kind: SearchKind, value: str
) -> None:
    """Let an order be found by one of Stripe's ids; an id that is known or empty changes nothing.

    Args:
        kind: ``INTENT``, ``CHARGE``, ``REFUND`` or ``DISPUTE``.
    """
    if kind not in STRIPE_KINDS:
        raise ValueError(f"{kind} is no id of Stripe's")
    if value:
        await _add(tx, organizer_id, order_id, [(kind, stripe_value(value))])


async def reindex_buyer(tx: Transaction, order: Order) -> None:
    """Let an order be found by its buyer as corrected, and no more by the old name and address."""
    await tx.session.execute(
        sa.delete(OrderSearch).where(
            col(OrderSearch.order_id) == order.id, col(OrderSearch.kind).in_(BY_PART)
        )
    )
    await index_order(tx, order)


async def _add(
    tx: Transaction, organizer_id: int, order_id: int, values: Iterable[tuple[SearchKind, str]]
) -> None:
    rows = [
        {"organizer_id": organizer_id, "kind": kind, "value": value, "order_id": order_id}
        for kind, value in values
    ]
    if not rows:
        return
    insert = postgresql.insert if tx.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    await tx.session.execute(insert(OrderSearch).values(rows).on_conflict_do_nothing())
