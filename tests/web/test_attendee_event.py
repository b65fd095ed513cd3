"""Buying: the event page and the way to Stripe's page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kagibag_app.features.payments.rules import SETTLE_CHECKOUT
from kagibag_app.features.payments.tables import Payment
from kagibag_app.web.attendee.checkout.state import CheckoutState
from kagibag_app.web.attendee.event.state import EventState
from tests.web.attendee_desk import Desk, open_desk
from tests.web.harness import Tab

BUYER = {"name": "Maren Okafor", "email": "maren.okafor@example.com"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An event on sale."""
    async with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
async def tab(desk: Desk) -> Tab:
    """A tab that shows the event."""
    opened = desk.tab("/e/", desk.event.slug)
    await opened.call(EventState.load)
    return opened


def row(tab: Tab, name: str) -> Any:
    """A ticket type as the page shows it."""
    return next(kind for kind in tab.vars["types"] if kind.name == name)


async def test_the_total_follows_every_press_when_tickets_are_chosen(desk: Desk, tab: Tab) -> None:
    await tab.call(EventState.more, desk.floor.public_id)
    await tab.call(EventState.more, desk.floor.public_id)
    await tab.call(EventState.more, desk.balcony.public_id)

    assert row(tab, "General admission").quantity == 2
    assert tab.vars["summary"].pay_label == "Pay $142.00"
    await tab.call(EventState.less, desk.balcony.public_id)
    assert tab.vars["summary"].total == "$84.00"


async def test_no_more_can_be_chosen_when_the_last_seat_is_in_the_cart(desk: Desk, tab: Tab) -> None:
    for _ in range(5):
        await tab.call(EventState.more, desk.balcony.public_id)

    assert row(tab, "Balcony seat").quantity == 3
    assert row(tab, "Balcony seat").at_most
    assert row(tab, "Balcony seat").left == "3 left"


async def test_a_code_shows_its_discount_at_once_when_it_is_applied(desk: Desk, tab: Tab) -> None:
    await desk.shop.code("HARBOUR15")
    await tab.call(EventState.more, desk.floor.public_id)
    await tab.call(EventState.apply_code, {"code": " harbour15 "})

    assert tab.vars["code"] == "HARBOUR15"
    assert [line.amount for line in tab.vars["lines"]][-2:] == ["−$6.30", "$35.70"]
    await tab.call(EventState.remove_code, "HARBOUR15")
    assert tab.vars["summary"].total == "$42.00"


async def test_a_wrong_code_leaves_the_order_as_it_was_when_another_applies(desk: Desk, tab: Tab) -> None:
    await desk.shop.code("HARBOUR15")
    await tab.call(EventState.more, desk.floor.public_id)
    await tab.call(EventState.apply_code, {"code": "HARBOUR15"})
    await tab.call(EventState.apply_code, {"code": "GUESS"})

    assert tab.vars["code_error"] == "This code is not valid for this event."
    assert tab.vars["summary"].total == "$35.70"


async def test_mistakes_stand_beside_their_field_when_the_form_is_sent(desk: Desk, tab: Tab) -> None:
    await tab.call(EventState.more, desk.floor.public_id)
    await tab.call(EventState.place, {"name": "", "email": "maren@example"})
    assert tab.vars["name_error"] == "Type the name for the tickets."
    assert tab.vars["email_error"] == "The part after @ looks incomplete."
    await tab.call(EventState.place, {"name": "Maren", "email": "maren@example"})

    assert tab.vars["name_error"] == ""
    assert tab.vars["email_error"] == "The part after @ looks incomplete."
    assert not tab.vars["busy"]
    assert await desk.orders() == []


async def test_paying_leads_to_the_checkout_page_when_the_order_is_placed(desk: Desk, tab: Tab) -> None:
    await tab.call(EventState.more, desk.floor.public_id)
    await tab.call(EventState.place, BUYER)

    [order] = await desk.orders()
    assert order.total_minor == 4200
    assert tab.redirects[0].startswith(f"/checkout/{order.public_id}.")


async def test_two_presses_place_one_order_when_the_first_is_not_answered_yet(desk: Desk, tab: Tab) -> None:
    await tab.call(EventState.more, desk.floor.public_id)
    await tab.call(EventState.place, BUYER)
    await tab.call(EventState.place, BUYER)

    assert len(await desk.orders()) == 1


async def test_coming_back_offers_the_held_order_when_it_is_still_unpaid(desk: Desk, tab: Tab) -> None:
    for _ in range(3):
        await tab.call(EventState.more, desk.balcony.public_id)
    await tab.call(EventState.place, BUYER)
    await tab.call(EventState.load)

    assert tab.vars["unpaid"].startswith("3 tickets are held for you until ")
    assert tab.vars["problem"] == ""
    await tab.call(EventState.resume)
    assert tab.redirects[0] == tab.redirects[1]


async def test_a_new_visit_orders_anew_when_the_last_order_is_paid(desk: Desk, tab: Tab) -> None:
    for _ in range(2):
        await tab.call(EventState.more, desk.guest.public_id)
        await tab.call(EventState.place, BUYER)
        await tab.call(EventState.load)

    assert len(await desk.orders()) == 2


async def test_a_free_order_goes_straight_to_its_tickets_when_nothing_is_to_pay(desk: Desk, tab: Tab) -> None:
    await tab.call(EventState.more, desk.guest.public_id)
    assert tab.vars["summary"].pay_label == "Get tickets"
    await tab.call(EventState.place, BUYER)

    assert tab.redirects[0].startswith("/order/")
    assert await desk.shop.rows(Payment) == []


async def test_a_choice_leaves_the_order_and_is_named_when_somebody_else_takes_the_seats(
    desk: Desk, tab: Tab
) -> None:
    await tab.call(EventState.more, desk.balcony.public_id)
    await desk.placed(balcony=3)
    await tab.push(EventState.refresh)

    assert row(tab, "Balcony seat").state == "Sold out"
    assert "Nothing was charged" in tab.vars["problem"]
    assert tab.vars["summary"].empty


async def test_a_draft_looks_like_no_event_when_its_address_is_guessed(desk: Desk) -> None:
    await desk.shop.event("secret-plans")
    for slug in ("secret-plans", "nothing-here"):
        tab = desk.tab("/e/", slug)
        await tab.call(EventState.load)
        assert tab.vars["phase"] == "missing"
        assert tab.vars.get("event") is None or tab.vars["event"].title == ""


async def test_a_ticket_type_of_another_event_is_not_taken_when_it_is_sent(desk: Desk, tab: Tab) -> None:
    await tab.call(EventState.more, "tt_guessed")

    assert all(kind.quantity == 0 for kind in tab.vars["types"])


async def test_the_page_goes_to_stripe_once_when_its_address_arrives(desk: Desk) -> None:
    placed = await desk.placed(floor=1)
    tab = desk.tab("/checkout/", desk.link(placed))
    await tab.call(CheckoutState.load)
    assert tab.vars["face"].stage == "opening"
    await _set_page(desk, "https://pay.example/cs_1")
    await tab.push(CheckoutState.refresh)
    await tab.push(CheckoutState.refresh)

    assert tab.redirects == ["https://pay.example/cs_1"]
    assert tab.vars["face"].stage == "held"


async def test_the_tickets_are_still_held_when_the_buyer_cancels_at_stripe(desk: Desk) -> None:
    placed = await desk.placed(floor=1)
    await _set_page(desk, "https://pay.example/cs_1")
    tab = desk.tab("/checkout/", desk.link(placed), back="cancelled")
    await tab.call(CheckoutState.load)

    assert tab.redirects == []
    assert tab.vars["face"].stage == "held"
    await tab.call(CheckoutState.go)
    assert tab.redirects == ["https://pay.example/cs_1"]


async def test_stripe_is_asked_once_when_the_buyer_is_back_before_its_event(desk: Desk) -> None:
    placed = await desk.placed(floor=1)
    await _set_page(desk, "https://pay.example/cs_1")
    tab = desk.tab("/checkout/", desk.link(placed), back="paid")
    await tab.call(CheckoutState.load)
    await tab.call(CheckoutState.load)

    assert tab.vars["face"].stage == "confirming"
    [job] = await desk.jobs(SETTLE_CHECKOUT)
    assert job.payload == {"payment_public_id": (await desk.payment(placed)).public_id}


async def test_the_order_opens_by_itself_when_the_payment_arrives(desk: Desk) -> None:
    placed = await desk.paid(floor=1)
    tab = desk.tab("/checkout/", desk.link(placed), back="paid")
    await tab.call(CheckoutState.load)

    assert set(tab.redirects) == {f"/order/{desk.link(placed)}"}


async def _set_page(desk: Desk, url: str) -> None:
    async with desk.runtime.store.transaction() as tx:
        payment = (await desk.shop.rows(Payment))[-1]
        row = await tx.session.get_one(Payment, payment.id)
        row.session_id, row.session_url = "cs_1", url
