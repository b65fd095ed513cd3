"""What tests of the order's screen share: a member's tab and what it shows."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.messages.rules import MessageStatus
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.web.admin.order.desk_state import OrderDeskState
from kagibag_app.web.admin.order.money_state import OrderMoneyState
from kagibag_app.web.admin.order.state import OrderDetailState
from tests.web.attendee_desk import Desk
from tests.web.harness import Person, Tab, member


async def people(desk: Desk, role: Role = Role.SUPPORT, **more: str) -> Person:
    """A member of the desk's organizer."""
    return await member(desk.runtime, desk.shop.organizer_id, role, **more)


async def opened(desk: Desk, number: str, person: Person | None = None, **query: str) -> Tab:
    """A tab that shows an order."""
    tab = desk.browser.tab(
        f"/admin/orders/{number}", person=person or await people(desk), query={"number": number, **query}
    )
    await tab.call(OrderDetailState.load)
    return tab


async def shown(tab: Tab) -> Any:
    """What the tab's screen holds."""
    return await tab.state(OrderDetailState)


async def at_desk(tab: Tab) -> Any:
    """The dialogs and fields of the desk."""
    return await tab.state(OrderDeskState)


async def about_money(tab: Tab) -> Any:
    """The dialogs that move money."""
    return await tab.state(OrderMoneyState)


async def tickets(desk: Desk, order: Order) -> list[Ticket]:
    """An order's tickets as they are now."""
    return await desk.shop.rows(Ticket, order_id=order.id)


async def settle(desk: Desk, status: MessageStatus) -> None:
    """Let every mail be sent, kept or failed."""
    async with desk.runtime.store.transaction() as tx:
        await tx.session.execute(sa.update(EmailMessage).values(status=status))
