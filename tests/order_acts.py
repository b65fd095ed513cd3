"""What members do to an order's money, in the fewest words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import col

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.service import CancelOutcome
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.refunds.views import OrderRefundOptions
from kagibag_app.kit.actor import Actor
from tests.refund_desk import Desk

WHOLE: dict[str, Any] = {"tiers": [{"days_before": 1, "percent": 100}]}


def acting_as(actor: Actor, role: Role) -> Actor:
    """Return the same member in another role."""
    return replace(actor, role=role)


async def refund(
    desk: Desk,
    order: Order,
    tickets: Sequence[Ticket] | None = None,
    amount_minor: Any = None,
    **changes: Any,
) -> Refund:
    """Refund as the manager who looks at the order now: all that is left when nothing is chosen."""
    fields: dict[str, Any] = {
        "order": order.public_id,
        "version": (await desk.shop.order(order)).version,
        "tickets": None if tickets is None else [t.public_id for t in tickets],
        "amount_minor": amount_minor,
    }
    actor = changes.pop("actor", desk.manager)
    made = await desk.shop.store.run(lambda tx: refunds.refund_order(tx, actor, **(fields | changes)))
    return await desk.refund(made)


async def cancel(desk: Desk, order: Order, **changes: Any) -> CancelOutcome:
    """Cancel as the manager who looks at the order now."""
    fields: dict[str, Any] = {
        "order": order.public_id,
        "version": (await desk.shop.order(order)).version,
        "message": "The hall was flooded.",
    }
    actor = changes.pop("actor", desk.manager)
    return await desk.shop.store.run(lambda tx: refunds.cancel_order(tx, actor, **(fields | changes)))


async def options(desk: Desk, order: Order) -> OrderRefundOptions:
    """Return what the dialogs show before the click."""
    async with desk.shop.store.read() as session:
        found = await queries.refund_options(session, order.organizer_id, order.id)
    assert found is not None
    return found


async def put(desk: Desk, order: Order, **values: Any) -> None:
    """Change an order behind the services' backs."""
    async with desk.shop.store.transaction() as tx:
        await tx.session.execute(sa.update(Order).where(col(Order.id) == order.id).values(**values))


@asynccontextmanager
async def statements(desk: Desk) -> AsyncIterator[list[str]]:
    """Note every statement that a read sends inside the block."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            seen.append(statement)

    engine = desk.shop.store.reader.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
