"""The order page: who may open it, and refunds as their buyer asks for and follows them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RequestStatus
from kagibag_app.features.refunds.tables import RefundRequest
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.storage.secrets import LinkPurpose
from kagibag_app.web.attendee.checkout.state import CheckoutState
from kagibag_app.web.attendee.find_order.state import FindOrderState
from kagibag_app.web.attendee.order.state import OrderState
from kagibag_app.web.attendee.ticket.state import TicketState
from tests.web.attendee_desk import Desk, open_desk
from tests.web.harness import Tab

WHY = {"category": "cannot_attend", "reason": "My shift moved."}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An event on sale."""
    async with open_desk(tmp_path) as opened:
        yield opened


async def opened(desk: Desk, placed: Any) -> Tab:
    """A tab that shows an order."""
    tab = desk.tab("/order/", desk.link(placed))
    await tab.call(OrderState.load)
    return tab


def picks(tab: Tab) -> list[Any]:
    """The tickets that the form offers."""
    return tab.vars["ask"].picks


def texts(value: Any) -> str:
    """Everything that a tab was sent, as one text."""
    return repr([update.delta for update in value.sent])


async def test_the_page_shows_tickets_and_prices_when_the_order_is_paid(desk: Desk) -> None:
    tab = await opened(desk, await desk.paid(floor=2, balcony=1))

    assert [ticket.holder for ticket in tab.vars["tickets"]][-1] == "Maren Okafor, ticket 3 of 3"
    assert all(ticket.qr_path.startswith("M") for ticket in tab.vars["tickets"])
    assert [line.amount for line in tab.vars["lines"]] == ["$84.00", "$58.00", "$142.00"]
    assert tab.vars["paid_with"] == "Visa •••• 4242, in US dollars"


@pytest.mark.parametrize("page", [OrderState, CheckoutState])
@pytest.mark.parametrize("spoil", ["tag", "shape", "version", "purpose", "long"])
async def test_nothing_of_the_order_is_sent_when_the_link_is_not_good(
    desk: Desk, spoil: str, page: Any
) -> None:
    placed = await desk.paid(floor=1)
    good = desk.link(placed)
    links = desk.runtime.links
    token = {
        "tag": good[:-2] + ("AA" if not good.endswith("AA") else "BB"),
        "shape": placed.id,
        "version": desk.link(placed, version=7),
        "purpose": links.token(LinkPurpose.TICKET, placed.id, placed.link_version),
        "long": good + "A" * 500,
    }[spoil]
    tab = desk.tab("/order/", token)
    await tab.call(page.load)

    assert tab.vars["phase"] == "missing"
    assert placed.number not in texts(tab)
    assert "maren" not in texts(tab).lower()


async def test_an_old_link_closes_the_page_when_the_email_was_corrected(desk: Desk) -> None:
    placed = await desk.paid(floor=1)
    tab = await opened(desk, placed)
    async with desk.runtime.store.transaction() as tx:
        await tx.session.execute(sa.update(Order).values(link_version=col(Order.link_version) + 1))
    await tab.push(OrderState.refresh)

    assert tab.vars["phase"] == "missing"
    assert tab.vars["order"].number == ""
    assert tab.vars["tickets"] == []


async def test_the_amount_is_shown_before_sending_when_tickets_are_chosen(desk: Desk) -> None:
    tab = await opened(desk, await desk.paid(floor=2))
    first, second = picks(tab)
    await tab.call(OrderState.choose, first.id, True)
    assert tab.vars["ask"].button == "Request $40.00 back"
    await tab.call(OrderState.choose, second.id, True)

    assert [line.amount for line in tab.vars["ask"].lines] == ["$84.00", "−$4.00", "$80.00"]
    await tab.call(OrderState.choose, first.id, False)
    assert tab.vars["ask"].button == "Request $40.00 back"


async def test_chosen_tickets_stay_chosen_when_the_connection_was_lost(desk: Desk) -> None:
    tab = await opened(desk, await desk.paid(floor=2))
    await tab.call(OrderState.choose, picks(tab)[0].id, True)
    await tab.call(OrderState.load)

    assert [pick.checked for pick in picks(tab)] == [True, False]
    assert tab.vars["ask"].button == "Request $40.00 back"


async def test_one_request_is_made_when_the_button_is_pressed_twice(desk: Desk) -> None:
    tab = await opened(desk, await desk.paid(floor=2))
    await tab.call(OrderState.choose, picks(tab)[0].id, True)
    await tab.call(OrderState.request_refund, WHY)
    await tab.call(OrderState.request_refund, WHY)

    [request] = await desk.shop.rows(RefundRequest)
    assert (request.amount_minor, request.reason_text) == (4000, "My shift moved.")
    [shown] = tab.vars["refunds"]
    assert [step.state for step in shown.steps] == ["done", "now", "todo", "todo"]
    assert shown.can_withdraw
    assert [pick.why_not for pick in picks(tab)] == ["A refund was asked for.", ""]


async def test_a_request_is_withdrawn_once_it_is_confirmed(desk: Desk) -> None:
    tab = await opened(desk, await desk.paid(floor=1))
    await tab.call(OrderState.request_refund, WHY)
    await tab.call(OrderState.ask_withdraw, tab.vars["refunds"][0].id)
    assert (await desk.shop.rows(RefundRequest))[0].status == RequestStatus.OPEN
    await tab.call(OrderState.withdraw)

    assert (await desk.shop.rows(RefundRequest))[0].status == RequestStatus.WITHDRAWN
    assert tab.vars["withdrawing"] == ""
    assert len(picks(tab)) == 1


async def test_the_question_stays_open_when_the_page_connects_again(desk: Desk) -> None:
    tab = await opened(desk, await desk.paid(floor=1))
    await tab.call(OrderState.request_refund, WHY)
    asked = tab.vars["refunds"][0].id
    await tab.call(OrderState.ask_withdraw, asked)
    await tab.call(OrderState.load)
    assert tab.vars["withdrawing"] == asked
    await tab.call(OrderState.withdraw)
    await tab.call(OrderState.ask_withdraw, asked)
    await tab.call(OrderState.load)
    assert tab.vars["withdrawing"] == ""


async def test_a_payment_page_that_was_left_leads_nowhere(desk: Desk) -> None:
    placed = await desk.paid(floor=1)
    tab = desk.tab("/checkout/", desk.link(placed))
    await tab.call(CheckoutState.load)
    tab.path = "/order/" + desk.link(placed)
    await tab.call(OrderState.load)
    led = list(tab.redirects)
    await tab.push(CheckoutState.refresh)
    assert tab.redirects == led


async def test_a_declined_request_can_be_answered_once(desk: Desk) -> None:
    tab = await opened(desk, await desk.paid(floor=1))
    await tab.call(OrderState.request_refund, WHY)
    [request] = await desk.shop.rows(RefundRequest)
    owner = Actor(ActorKind.MEMBER, organizer_id=desk.shop.organizer_id, role=Role.OWNER, name="Dana")
    await desk.runtime.store.run(
        lambda tx: refunds.decline(
            tx, owner, request_id=request.public_id, version=request.version, message="Too late for us."
        )
    )
    await tab.push(OrderState.refresh)
    [shown] = tab.vars["refunds"]
    assert (shown.answer, shown.can_reply) == ("Too late for us.", True)
    await tab.call(OrderState.reply, {"request": shown.id, "text": "Please look again."})

    assert (await desk.shop.rows(RefundRequest))[0].status == RequestStatus.OPEN
    assert not tab.vars["refunds"][0].can_reply


async def test_another_orders_request_stays_when_its_id_is_sent(desk: Desk) -> None:
    theirs = await opened(desk, await desk.paid(floor=1))
    await theirs.call(OrderState.request_refund, WHY)
    tab = await opened(desk, await desk.paid(floor=1))
    await tab.call(OrderState.ask_withdraw, theirs.vars["refunds"][0].id)
    await tab.call(OrderState.withdraw)

    assert (await desk.shop.rows(RefundRequest))[0].status == RequestStatus.OPEN
    assert "not found" in tab.vars["withdraw_error"]


async def test_another_orders_ticket_is_not_refunded_when_its_id_is_sent(desk: Desk) -> None:
    theirs = await opened(desk, await desk.paid(floor=1))
    tab = await opened(desk, await desk.paid(floor=2))
    await tab.call(OrderState.choose, picks(theirs)[0].id, True)
    await tab.call(OrderState.request_refund, WHY)

    assert await desk.shop.rows(RefundRequest) == []


async def test_a_free_order_explains_that_nothing_was_paid(desk: Desk) -> None:
    tab = await opened(desk, await desk.placed(guest=1))

    assert picks(tab) == []
    assert tab.vars["ask"].instead.startswith("Nothing was paid")
    assert tab.vars["paid_with"] == "Nothing to pay"


async def test_an_unpaid_order_offers_the_payment_as_the_next_step(desk: Desk) -> None:
    placed = await desk.placed(floor=1)
    tab = await opened(desk, placed)
    assert (tab.vars["order"].next_step, tab.vars["tickets"]) == ("pay", [])
    await tab.call(OrderState.pay)

    assert tab.redirects[-1] == f"/checkout/{desk.link(placed)}"


async def test_a_ticket_opens_alone_by_a_link_that_is_not_in_the_page(desk: Desk) -> None:
    tab = await opened(desk, await desk.paid(floor=2))
    ticket = tab.vars["tickets"][0]
    await tab.call(OrderState.open_ticket, ticket.id)
    token = tab.redirects[-1].removeprefix("/ticket/")
    assert token not in texts(tab)
    alone = desk.tab("/ticket/", token)
    await alone.call(TicketState.load)

    assert alone.vars["ticket"].code == ticket.code
    assert tab.vars["tickets"][1].code not in texts(alone)


async def test_a_ticket_link_opens_no_order(desk: Desk) -> None:
    placed = await desk.paid(floor=1)
    [ticket] = await desk.shop.rows(Ticket)
    token = desk.runtime.links.token(LinkPurpose.TICKET, ticket.public_id, placed.link_version)
    tab = desk.tab("/order/", token)
    await tab.call(OrderState.load)

    assert tab.vars["phase"] == "missing"


async def test_the_links_are_mailed_when_the_address_has_orders(desk: Desk) -> None:
    placed = await desk.paid(floor=1)
    tab = desk.browser.tab("/orders/find")
    await tab.call(FindOrderState.load)
    await tab.call(
        FindOrderState.send, {"email": " Maren.Okafor@Example.com ", "number": placed.number.lower()}
    )

    [mail] = await desk.shop.rows(EmailMessage, template=Template.ORDER_LINKS)
    assert mail.recipient == "maren.okafor@example.com"
    assert tab.vars["asked"] == "Maren.Okafor@Example.com"


async def test_the_answer_is_the_same_when_the_address_has_none(desk: Desk) -> None:
    tab = desk.browser.tab("/orders/find")
    await tab.call(FindOrderState.load)
    await tab.call(FindOrderState.send, {"email": "nobody@example.com", "number": ""})

    assert tab.vars["asked"] == "nobody@example.com"
    assert tab.toasts == []


async def test_an_address_gets_few_mails_when_they_are_asked_for_again_and_again(desk: Desk) -> None:
    await desk.paid(floor=1)
    tab = desk.browser.tab("/orders/find")
    await tab.call(FindOrderState.load)
    for _ in range(6):
        await tab.call(FindOrderState.send, {"email": "maren.okafor@example.com", "number": ""})

    assert len(await desk.shop.rows(EmailMessage, template=Template.ORDER_LINKS)) == 3
    assert tab.toasts == []


async def test_the_buyer_reads_what_the_organizer_wrote_with_a_cancellation(desk: Desk) -> None:
    placed = await desk.placed(guest=1)
    tab = await opened(desk, placed)
    assert tab.vars["order"].message == ""
    owner = Actor(ActorKind.MEMBER, organizer_id=desk.shop.organizer_id, role=Role.OWNER, name="Dana")
    order = await desk.shop.order(placed)
    await desk.runtime.store.run(
        lambda tx: refunds.cancel_order(
            tx, owner, order=order.public_id, version=order.version, message="The hall was flooded."
        )
    )
    await tab.push(OrderState.refresh)
    assert (tab.vars["order"].status, tab.vars["order"].message) == ("cancelled", "The hall was flooded.")


async def test_a_tab_that_opens_another_order_knows_which_one_it_holds(desk: Desk) -> None:
    first, second = await desk.paid(floor=1), await desk.paid(floor=2)
    tab = await opened(desk, first)
    assert tab.vars["opened"] == tab.path

    tab.path, tab.query = f"/order/{desk.link(second)}", {"token": desk.link(second)}
    # What the browser still holds is about another address: the page shows none of it, see ``phase_of``.
    assert (tab.vars["opened"], tab.vars["phase"]) != (tab.path, "shown")
    await tab.call(OrderState.load)
    assert (tab.vars["opened"], tab.vars["phase"], tab.vars["order"].number) == (
        tab.path,
        "shown",
        second.number,
    )
