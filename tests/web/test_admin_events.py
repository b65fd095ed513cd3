"""The screens of events: a draft is added, filled, published and bought from; changed and cancelled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.events import service as events
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.web.admin.event.state import EventState
from kagibag_app.web.admin.events.state import EventsState
from tests.web.attendee_desk import Desk, open_desk
from tests.web.harness import Tab, member, organizer
from tests.web.test_admin_refunds import people

YEAR = 2090
FORM = {
    "title": "Spring fair", "slug": "spring-fair", "venue": "Town hall", "address": "", "summary": "", "zone": "Europe/Berlin",
    "currency": "EUR", "starts_at": f"{YEAR}-05-15T19:30", "ends_at": f"{YEAR}-05-15T23:00", "doors_at": "",
}  # fmt: skip
TYPE = {
    "name": "Floor", "description": "", "price": "12.50", "capacity": "100", "per_order_limit": "6", "sales_start": "",
    "sales_end": "",
}  # fmt: skip


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An event on sale."""
    async with open_desk(tmp_path) as opened:
        yield opened


async def editor(desk: Desk, slug: str, role: Role = Role.MANAGER) -> Tab:
    """A tab with an event."""
    tab = desk.browser.tab(f"/admin/events/{slug}", person=await people(desk, role), query={"slug": slug})
    await tab.call(EventState.load)
    return tab


async def row_of(desk: Desk, slug: str) -> Any:
    """The event's row as it is now."""
    (found,) = await desk.shop.rows(Event, slug=slug)
    return found


async def test_an_event_is_added_filled_published_and_bought(desk: Desk) -> None:
    tab = desk.browser.tab("/admin/events", person=await people(desk))
    await tab.call(EventsState.load)
    assert [item.status for item in tab.vars["coming"]] == ["published"]
    await tab.call(EventsState.start)
    await tab.call(EventsState.create, FORM | {"starts_at": f"{YEAR}-05-16T00:30"})
    assert tab.vars["errors"] == {"ends_at": "An event ends after it starts."}
    await tab.call(EventsState.create, FORM)
    assert tab.redirects == ["/admin/events/spring-fair"]

    page = await editor(desk, "spring-fair")
    assert page.vars["face"].draft
    assert page.vars["form"].starts_at == FORM["starts_at"]
    await page.call(EventState.ask, "publish")
    await page.call(EventState.answer)
    assert page.vars["ask_error"].startswith("Add a ticket type")
    for name, price in (("Floor", "12.50"), ("Balcony", "20"), ("Child", "0")):
        await page.call(EventState.edit, "")
        await page.call(EventState.save_type, TYPE | {"name": name, "price": price})
    assert [(item.name, item.price) for item in page.vars["types"]] == [
        ("Floor", "€12.50"), ("Balcony", "€20.00"), ("Child", "Free"),
    ]  # fmt: skip
    await page.call(EventState.move, page.vars["types"][2].id, True)
    assert [item.name for item in page.vars["types"]] == ["Floor", "Child", "Balcony"]
    await page.call(EventState.ask, "publish")
    await page.call(EventState.answer)
    assert page.vars["face"].page == "/e/spring-fair"
    event = await row_of(desk, "spring-fair")
    order = await desk.shop.paid(event, {page.vars["types"][0].id: 2})
    assert (order.total_minor, order.currency) == (2500, "EUR")
    await page.push(EventState.refresh)
    assert page.vars["types"][0].sold == "2 of 100"


async def test_what_is_wrong_with_a_ticket_type_is_said_at_its_field(desk: Desk) -> None:
    slug = desk.event.slug
    (kind, *_) = await desk.shop.rows(TicketType)
    await desk.shop.store.run(lambda tx: events.take_sold(tx, counts={kind.id: 3}))
    page = await editor(desk, slug)
    for wrong, field in (
        ({"price": "1,5"}, "price"), ({"capacity": "x"}, "capacity"), ({"capacity": "2"}, "capacity"), ({"name": ""}, "name"),
        ({"sales_start": "2091-02-30T10:00"}, "sales_start"), ({"per_order_limit": "0"}, "per_order_limit"),
    ):  # fmt: skip
        await page.call(EventState.edit, kind.public_id)
        await page.call(EventState.save_type, TYPE | wrong)
        assert list(page.vars["type_errors"]) == [field], wrong
    (after, *_) = await desk.shop.rows(TicketType)
    assert (after.capacity, after.name) == (kind.capacity, kind.name)


async def test_an_event_is_cancelled_after_asking_and_its_orders_are_looked_at_from_there(desk: Desk) -> None:
    placed = await desk.paid(floor=1)
    page = await editor(desk, desk.event.slug)
    await page.call(EventState.ask, "cancel")
    assert (await row_of(desk, desk.event.slug)).status == "published"
    await page.call(EventState.answer)
    assert (await row_of(desk, desk.event.slug)).status == "cancelled"
    assert (await desk.shop.order(placed)).status == "paid"
    assert page.vars["face"].cancelled
    await page.call(EventState.refund_orders)
    assert page.redirects[-1].startswith("/admin/refunds/bulk/")


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
async def test_others_read_events_and_change_nothing(desk: Desk, role: Role) -> None:
    page = await editor(desk, desk.event.slug, role)
    shown = page.shown(EventState)
    assert (page.vars["phase"], shown.get("manages"), shown.get("refunds_orders")) == ("shown", False, False)
    await page.call(EventState.save, FORM)
    assert "role" in page.toasts[-1]
    assert (await row_of(desk, desk.event.slug)).title != FORM["title"]


async def test_another_organizers_event_is_not_found(desk: Desk) -> None:
    slug = desk.event.slug
    stranger = await member(desk.runtime, await organizer(desk.runtime, "other"), Role.OWNER)
    page = desk.browser.tab(f"/admin/events/{slug}", person=stranger, query={"slug": slug})
    await page.call(EventState.load)
    assert page.vars["phase"] == "missing"
    await page.call(EventState.save, FORM)
    assert "not found" in page.toasts[-1]


async def test_a_time_that_comes_twice_is_said_when_it_is_saved(desk: Desk) -> None:
    page = await editor(desk, desk.event.slug)
    # The last Sunday of October 2090 in Berlin.
    twice = {"starts_at": f"{YEAR}-10-29T02:30", "ends_at": f"{YEAR}-10-29T06:00"}
    await page.call(EventState.save, FORM | twice)
    event = await row_of(desk, desk.event.slug)
    assert event.starts_at.hour == 0
    assert event.currency == "USD"
    gone = {"starts_at": f"{YEAR}-03-26T02:30", "ends_at": f"{YEAR}-03-26T06:00"}
    await page.call(EventState.save, FORM | gone)
    assert "does not exist" in page.vars["errors"]["starts_at"]
