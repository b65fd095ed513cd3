"""What tests of the list of orders do: open it, look at it, change an order behind its back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.orders.tables import Order
from kagibag_app.web.admin.orders.rows import OrderLine
from kagibag_app.web.admin.orders.state import OrdersState
from tests.web.attendee_desk import Desk
from tests.web.harness import Person, Tab, member

ZONE = "America/New_York"


async def people(desk: Desk, role: Role = Role.SUPPORT) -> Person:
    """A member of the desk's organizer."""
    return await member(desk.runtime, desk.shop.organizer_id, role)


async def opened(desk: Desk, person: Person | None = None, **query: str) -> Tab:
    """A tab that shows the list."""
    tab = desk.browser.tab("/admin/orders", person=person or await people(desk), query=query)
    await tab.call(OrdersState.load)
    return tab


async def shown(tab: Tab) -> Any:
    """What the tab's list holds."""
    return await tab.state(OrdersState)


async def numbers(tab: Tab) -> list[str]:
    """The numbers of the rows that a tab shows, from the top."""
    return [line.number for line in (await shown(tab)).lines]


def marks(line: OrderLine) -> list[str]:
    """What the badges of a row say."""
    return [mark.label for mark in line.marks]


async def change(desk: Desk, order_id: str, **values: Any) -> None:
    """Set columns of an order, as another feature's service would."""
    async with desk.runtime.store.transaction() as tx:
        await tx.session.execute(sa.update(Order).where(col(Order.public_id) == order_id).values(**values))


async def copies(desk: Desk, count: int, *, first: int = 0, **values: Any) -> None:
    """Add orders like the one that was placed first, each an hour older than the one before, numbered from ``first``."""
    async with desk.runtime.store.transaction() as tx:
        like = (await tx.session.scalars(sa.select(Order))).first()
        assert like is not None
        for index in range(first, first + count):
            unlike = {
                "public_id": f"ord_{index}",
                "number": f"KB-0000-{index:04}",
                "request_key": None,
                "placed_at": tx.now - timedelta(hours=index + 1),
            }
            tx.session.add(Order(**like.model_dump(exclude={"id"}) | unlike | values))
