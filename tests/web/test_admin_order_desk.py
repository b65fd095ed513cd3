"""What is done at the desk to an order: mails again, notes, tickets at the door and void, the buyer's address."""

from __future__ import annotations

from typing import Any

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.messages.rules import SEND_EMAIL, MessageStatus, Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.web.admin.order.desk_state import OrderDeskState
from kagibag_app.web.session.guards import NOT_ALLOWED
from tests.services.stripe_snapshots import captured
from tests.web.attendee_desk import Desk
from tests.web.harness import Tab, member, organizer
from tests.web.order_screen import at_desk, opened, people, settle, shown, tickets

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


async def test_a_ticket_is_checked_in_and_out_again(desk: Desk) -> None:
    order, tab = await sold(desk)
    first, _ = await tickets(desk, order)
    await tab.call(OrderDeskState.open_ticket, first.public_id)
    assert (await at_desk(tab)).ticket_ask.code == first.code
    await tab.call(OrderDeskState.check_in, first.public_id)
    assert ((await shown(tab)).tickets[0].status, (await at_desk(tab)).ticket_ask.id) == ("checked_in", "")
    await tab.call(OrderDeskState.check_in, first.public_id)
    assert tab.toasts == ["Checked in", "Not checked in"]
    await tab.call(OrderDeskState.undo_check_in, first.public_id)
    assert (await shown(tab)).tickets[0].status == "valid"
    assert tab.toasts[2:] == ["Check-in undone"]


async def test_a_ticket_becomes_void_with_its_reason_after_asking(desk: Desk) -> None:
    order, tab = await sold(desk, Role.MANAGER)
    first, _ = await tickets(desk, order)
    await tab.call(OrderDeskState.void, {"reason": "lost"})
    assert (await tickets(desk, order))[0].status == "valid"
    await tab.call(OrderDeskState.ask_void, first.public_id)
    await tab.call(OrderDeskState.void, {"reason": " "})
    state = await at_desk(tab)
    assert (state.problem != "", state.ticket_ask.voiding) == (True, True)
    await tab.call(OrderDeskState.void, {"reason": "lost", "put_back": "on"})
    line = (await shown(tab)).tickets[0]
    assert (line.status, line.remark, state.ticket_ask.id, state.problem) == ("void", "lost", "", "")
    assert tab.toasts == [f"Ticket {first.code} is void"]


async def test_a_ticket_link_is_mailed_again(desk: Desk) -> None:
    order, tab = await sold(desk)
    first, _ = await tickets(desk, order)
    before = len(await desk.shop.rows(EmailMessage))
    await tab.call(OrderDeskState.resend_ticket, first.public_id)
    assert tab.toasts == ["Ticket link on its way"]
    mails = await desk.shop.rows(EmailMessage)
    assert (len(mails), mails[-1].recipient) == (before + 1, order.buyer_email)


async def test_the_address_is_corrected_and_the_screen_shows_it(desk: Desk) -> None:
    order, tab = await sold(desk)
    await tab.call(OrderDeskState.correct_email, {"email": "right@example.com"})
    assert (await desk.shop.order(order)).buyer_email == order.buyer_email
    await tab.call(OrderDeskState.open_email)
    state = await at_desk(tab)
    assert state.email_ask.typed == order.buyer_email
    await tab.call(OrderDeskState.correct_email, {"email": "nowhere"})
    assert (state.problem != "", state.email_ask.order, state.busy) == (True, order.public_id, "")
    await tab.call(OrderDeskState.correct_email, {"email": "right@example.com"})
    now = await desk.shop.order(order)
    assert (now.buyer_email, now.link_version) == ("right@example.com", order.link_version + 1)
    assert ((await shown(tab)).face.email, state.email_ask.order) == ("right@example.com", "")
    assert tab.toasts == ["Address corrected"]


async def test_a_note_is_written_and_whoever_is_ticked_is_told(desk: Desk) -> None:
    order, tab = await sold(desk)
    colleague = await people(desk, Role.OWNER, email="dana@example.test")
    tab = await opened(desk, order.number)
    (mate,) = [mate for mate in (await shown(tab)).mates if mate.role == "Owner"]
    before = len(await desk.shop.rows(EmailMessage))
    await tab.call(OrderDeskState.add_note, {"text": "Arrives late.", f"mention-{mate.id}": "on"})
    state = await at_desk(tab)
    assert (state.note_error, state.note_round) == ("", 1)
    assert (await shown(tab)).timeline[0].said == "Arrives late."
    mails = await desk.shop.rows(EmailMessage)
    assert [mail.recipient for mail in mails[before:]] == [colleague.email]


@pytest.mark.parametrize(
    "form", [{}, {"text": "  "}, {"text": "x" * 2001}, {"text": "Hi", "mention-usr_x": "on"}]
)
async def test_a_note_that_cannot_be_added_says_why(desk: Desk, form: dict[str, str]) -> None:
    _, tab = await sold(desk)
    await tab.call(OrderDeskState.add_note, form)
    state = await at_desk(tab)
    assert (state.note_error != "", state.note_round) == (True, 0)
    assert await entries(desk, EntryKind.NOTE_ADDED) == []


async def test_a_live_reload_leaves_open_dialogs_and_typed_text(desk: Desk) -> None:
    from kagibag_app.web.admin.order.state import OrderDetailState

    order, tab = await sold(desk)
    await tab.call(OrderDeskState.open_email)
    await tab.call(OrderDeskState.correct_email, {"email": "nowhere"})
    await tab.push(OrderDetailState.refresh)
    state = await at_desk(tab)
    assert (state.email_ask.order, state.problem != "") == (order.public_id, True)
    await tab.call(OrderDeskState.close, False)
    assert (state.email_ask.order, state.problem) == ("", "")


async def test_roles_that_may_not_are_refused_and_nothing_changes(desk: Desk) -> None:
    order, _ = await sold(desk)
    first, _ = await tickets(desk, order)
    await settle(desk, MessageStatus.KEPT)
    before = await desk.shop.rows(EmailMessage)
    viewer = await opened(desk, order.number, await people(desk, Role.VIEWER))
    denied: list[tuple[Any, tuple[Any, ...]]] = [
        (OrderDeskState.resend_confirmation, ()),
        (OrderDeskState.check_in, (first.public_id,)),
        (OrderDeskState.undo_check_in, (first.public_id,)),
        (OrderDeskState.resend_ticket, (first.public_id,)),
        (OrderDeskState.ask_void, (first.public_id,)),
        (OrderDeskState.void, ({"reason": "x"},)),
        (OrderDeskState.open_email, ()),
        (OrderDeskState.correct_email, ({"email": "a@example.com"},)),
        (OrderDeskState.add_note, ({"text": "x"},)),
    ]
    for handler, arguments in denied:
        await viewer.call(handler, *arguments)
    assert viewer.toasts == [NOT_ALLOWED] * len(denied)
    support = await opened(desk, order.number)
    await support.call(OrderDeskState.ask_void, first.public_id)
    assert support.toasts == [NOT_ALLOWED]
    assert [mail.public_id for mail in await desk.shop.rows(EmailMessage)] == [m.public_id for m in before]
    assert (await desk.shop.rows(Ticket, order_id=order.id))[0].status == "valid"


async def test_another_organizers_ticket_or_order_is_not_found(desk: Desk) -> None:
    order, _ = await sold(desk)
    first, _ = await tickets(desk, order)
    stranger = await member(desk.runtime, await organizer(desk.runtime, "other"), Role.OWNER)
    tab = await opened(desk, order.number, stranger)
    for handler, argument in (
        (OrderDeskState.check_in, first.public_id),
        (OrderDeskState.resend_ticket, first.public_id),
        (OrderDeskState.ask_void, first.public_id),
        (OrderDeskState.open_ticket, first.public_id),
    ):
        await tab.call(handler, argument)
    await tab.call(OrderDeskState.add_note, {"text": "x"})
    assert len(tab.toasts) == 4
    assert (await desk.shop.rows(Ticket, order_id=order.id))[0].status == "valid"
    assert await entries(desk, EntryKind.NOTE_ADDED) == []
