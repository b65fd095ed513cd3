"""What is done at the desk to an order: mails again, notes, tickets at the door and void, the buyer's address."""

from __future__ import annotations

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.messages.rules import SEND_EMAIL, MessageStatus, Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.web.admin.order.desk_state import OrderDeskState
from tests.services.stripe_snapshots import captured
from tests.web.attendee_desk import Desk
from tests.web.harness import Tab
from tests.web.order_screen import at_desk, opened, people, settle, shown

pytest_plugins = ["tests.web.desk_fixtures"]

ON_ITS_WAY = "Confirmation on its way again"


async def sold(desk: Desk, role: Role = Role.SUPPORT, count: int = 2) -> tuple[Order, Tab]:
    """A paid order on a member's screen."""
    order, _ = await captured(desk.shop, slug="paid", count=count)
    return order, await opened(desk, order.number, await people(desk, role))


async def entries(desk: Desk, kind: EntryKind) -> list[TimelineEntry]:
    """The timeline's entries of a kind."""
    return await desk.shop.rows(TimelineEntry, kind=kind)


async def test_confirmation_is_sent_again_once_a_press(desk: Desk) -> None:
    _, tab = await sold(desk)
    await tab.call(OrderDeskState.resend_confirmation)
    assert tab.toasts == ["The confirmation was not sent again"]
    await settle(desk, MessageStatus.KEPT)
    await tab.call(OrderDeskState.resend_confirmation)
    assert tab.toasts[1:] == [ON_ITS_WAY]
    first, second = await desk.shop.rows(EmailMessage)
    assert (second.template, second.recipient, second.params) == (
        Template.CONFIRMATION,
        first.recipient,
        first.params,
    )
    assert len(await desk.jobs(SEND_EMAIL)) == 2
    assert (len((await shown(tab)).mails), (await at_desk(tab)).busy) == (2, "")


async def test_an_order_without_confirmation_says_why_there_is_none(desk: Desk) -> None:
    placed = await desk.placed(floor=1)
    tab = await opened(desk, placed.number)
    await tab.call(OrderDeskState.resend_confirmation)
    assert tab.toasts == ["The confirmation was not sent again"]
    assert await desk.shop.rows(EmailMessage) == []
