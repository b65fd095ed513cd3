"""The command palette: what it offers to whom, and the orders that it finds."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.orders.tables import Ticket
from kagibag_app.web import routes
from kagibag_app.web.admin.palette.commands import COMMANDS, commands_for
from kagibag_app.web.admin.palette.state import ORDERS_SHOWN, PaletteState
from tests.web.attendee_desk import Desk
from tests.web.harness import Tab, member

pytest_plugins = ["tests.web.desk_fixtures"]


async def _opened(desk: Desk, role: Role = Role.MANAGER) -> Tab:
    tab = desk.browser.tab("/admin/orders", person=await member(desk.runtime, desk.shop.organizer_id, role))
    await tab.call(PaletteState.begin, True)
    return tab


async def _typed(tab: Tab, text: str) -> list[Any]:
    await tab.call(PaletteState.find, text)
    return tab.vars["entries"]


def test_everything_leads_to_a_page_of_the_product() -> None:
    known = [re.sub(r"\[\w+\]", "[^/]+", module.ROUTE) for module in routes.pages()]
    for command in COMMANDS:
        path = command.href.partition("?")[0]
        assert any(re.fullmatch(route, path) for route in known), command.label
    assert len({(command.label, command.href) for command in COMMANDS}) == len(COMMANDS)


@pytest.mark.parametrize(
    ("role", "acts"),
    [
        (Role.VIEWER, set()),
        (Role.SUPPORT, {"Check in a ticket", "Export orders"}),
        (
            Role.MANAGER,
            {
                "Check in a ticket", "Create an event", "Export orders", "Refund an order", "Refund many orders",
                "Add a webhook endpoint",
            },
        ),
        (Role.OWNER, {command.label for command in COMMANDS if command.group == "act"}),
    ],
)  # fmt: skip
async def test_each_role_is_offered_what_it_may(desk: Desk, role: Role, acts: set[str]) -> None:
    entries = (await _opened(desk, role)).vars["entries"]
    assert {entry.label for entry in entries if entry.kind == "act"} == acts
    assert {"Home", "Orders", "Disputes"} <= {entry.label for entry in entries}
    assert ("Team" in {entry.label for entry in entries}) is (role is Role.OWNER)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("ref", "Refund requests"), ("invite", "Invite somebody"), ("colleague", "Invite somebody"),
        ("check-in", "Check-in"), ("REFUND an", "Refund an order"), ("csv", "Export orders"), ("", "Home"),
    ],
)  # fmt: skip
def test_words_are_found_by_their_beginnings_names_first(typed: str, first: str) -> None:
    assert commands_for(Role.OWNER, typed)[0].label == first


async def test_orders_are_found_by_number_address_name_and_ticket(desk: Desk) -> None:
    shop = desk.shop
    event = await shop.event("palette", title="Paper Boats")
    seat = await shop.ticket_type(event)
    await shop.open(event)
    order = await shop.paid(
        event, {seat.public_id: 1}, buyer_name="Ilse Brandt", buyer_email="ilse@brandt.example"
    )
    ticket = (await shop.rows(Ticket, order_id=order.id))[0]
    tab = await _opened(desk)
    for text in (
        order.number,
        order.number.lower().replace("-", ""),
        "ilse@brandt.example",
        "brandt",
        ticket.code,
    ):
        (entry,) = [entry for entry in await _typed(tab, text) if entry.kind == "order"]
        assert (entry.label, entry.about, entry.href) == (
            f"{order.number} Ilse Brandt", "Paper Boats · $42.00", f"/admin/orders/{order.number}",
        )  # fmt: skip
        assert tab.vars["answered"] == text
    assert await _typed(tab, "nobody is called that") == []
    # Who does not see addresses finds one only when it is known whole.
    viewer = await _opened(desk, Role.VIEWER)
    assert [entry for entry in await _typed(viewer, "ilse@bran") if entry.kind == "order"] == []
    assert len([e for e in await _typed(viewer, "ilse@brandt.example") if e.kind == "order"]) == 1


async def test_many_orders_lead_to_their_list(desk: Desk) -> None:
    shop = desk.shop
    event = await shop.event("palette")
    seat = await shop.ticket_type(event)
    await shop.open(event)
    for number in range(ORDERS_SHOWN + 1):
        await shop.buy(
            event, {seat.public_id: 1}, buyer_name="Ilse Brandt", buyer_email=f"b{number}@x.example"
        )
    entries = await _typed(await _opened(desk), "ilse brandt")
    assert [entry.kind for entry in entries] == ["order"] * ORDERS_SHOWN + ["all"]
    assert entries[-1].href == "/admin/orders?q=ilse%20brandt"


async def test_what_can_be_no_search_is_said(desk: Desk) -> None:
    tab = await _opened(desk)
    await tab.call(PaletteState.find, "x" * 300)
    assert len(tab.toasts) == 1
