"""The door: scans, what it answers, the count, and what each role may do there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.orders.tables import Ticket
from kagibag_app.live import topics
from kagibag_app.web.admin.checkin.state import CheckinState
from kagibag_app.web.session import Workspace
from tests.web.attendee_desk import Desk
from tests.web.harness import Person, Tab, member
from tests.web.test_admin_refunds import watching

pytest_plugins = ["tests.web.desk_fixtures"]


async def _evening(
    desk: Desk, slug: str = "tonight", *, tickets: int = 2, **when: Any
) -> tuple[Event, list[Ticket]]:
    """An event that has just begun, and its tickets."""
    shop = desk.shop
    times = {"starts_at": shop.now - timedelta(minutes=1), "ends_at": shop.now + timedelta(minutes=1)} | when
    event = await shop.event(slug, **times)
    seat = await shop.ticket_type(event)
    await shop.open(event)
    order = await shop.paid(event, {seat.public_id: tickets})
    return event, await shop.rows(Ticket, order_id=order.id)


async def _who(desk: Desk, role: Role = Role.SUPPORT) -> Person:
    return await member(desk.runtime, desk.shop.organizer_id, role)


async def _at_door(desk: Desk, event: Event | None, person: Person | None = None, **more: str) -> Tab:
    query = {"event": event.public_id, **more} if event else more
    tab = desk.browser.tab("/admin/checkin", person=person or await _who(desk), query=query)
    await tab.call(CheckinState.load)
    return tab


async def _scan(tab: Tab, code: str) -> Any:
    await tab.call(CheckinState.scan, {"code": code})
    return tab.vars["result"]


async def test_scans_are_answered_and_counted_and_the_last_ones_stay_in_view(desk: Desk) -> None:
    event, (first, second) = await _evening(desk)
    tab = await _at_door(desk, event, door="North door")
    assert (tab.vars["face"].checked_in, tab.vars["face"].expected, tab.vars["face"].off) == ("0", "2", "")

    welcome = await _scan(tab, first.code)
    assert (welcome.title, welcome.tone, welcome.who, welcome.what) == (
        "Welcome", "good", "Maren Okafor", "General admission",
    )  # fmt: skip
    again = await _scan(tab, first.code)
    assert (again.title, again.tone, again.ticket) == ("Already in", "bad", "")
    assert "at North door by Support Person" in again.sentence
    unknown = await _scan(tab, "KB-7F3K-9Q2M")
    assert (unknown.title, unknown.code, unknown.order_href) == ("Unknown code", "KB-7F3K-9Q2M", "")
    await _scan(tab, "   ")
    await _scan(tab, second.code)

    assert [line.title for line in tab.vars["answers"]] == [
        "Welcome",
        "Unknown code",
        "Already in",
        "Welcome",
    ]
    await tab.call(CheckinState.refresh)
    assert (tab.vars["face"].checked_in, tab.vars["face"].share) == ("2", "100%")


async def test_another_door_sees_the_count_change_by_itself(desk: Desk) -> None:
    event, (first, second) = await _evening(desk)
    with watching() as watched:
        north, south = await _at_door(desk, event), await _at_door(desk, event)
    assert watched[-1] >= {topics.door(event.id), topics.event(event.id)}
    await _scan(north, first.code)
    await south.push(CheckinState.refresh)
    assert south.vars["face"].checked_in == "1"
    assert (await _scan(south, first.code)).title == "Already in"
    assert (await _scan(south, second.code)).title == "Welcome"


async def test_a_check_in_is_undone_by_who_sees_it(desk: Desk) -> None:
    event, (first, _) = await _evening(desk)
    tab = await _at_door(desk, event)
    welcome = await _scan(tab, first.code)
    await tab.call(CheckinState.undo, welcome.ticket)
    assert (tab.vars["result"].title, tab.vars["result"].tone) == ("Check-in undone", "neutral")
    assert [line.ticket for line in tab.vars["answers"]] == [""]
    assert (await desk.shop.rows(Ticket, id=first.id))[0].status == TicketStatus.VALID
    # Let in again, it is undone from the newer line alone.
    await _scan(tab, first.code)
    assert [bool(line.ticket) for line in tab.vars["answers"]] == [True, False]


async def test_on_another_day_the_person_decides(desk: Desk) -> None:
    later = desk.shop.now + timedelta(days=3)
    event, (first, _) = await _evening(
        desk, zone="Asia/Tokyo", starts_at=later, ends_at=later + timedelta(hours=1)
    )
    tab = await _at_door(desk, event)
    assert tab.vars["face"].off.startswith("Not today: there it is ")
    doubt = await _scan(tab, first.code)
    assert (doubt.title, doubt.tone, doubt.asks) == ("Not on this day", "attention", True)
    await tab.call(CheckinState.let_in_anyway)
    assert tab.vars["result"].title == "Welcome"
    # There is nothing left to decide.
    await tab.call(CheckinState.let_in_anyway)
    assert len(tab.vars["answers"]) == 2


async def test_a_ticket_for_another_event_leads_to_its_door(desk: Desk) -> None:
    event, _ = await _evening(desk)
    other, (ticket, _) = await _evening(desk, "other", title="Paper Boats")
    tab = await _at_door(desk, event, door="North", sound="on")
    wrong = await _scan(tab, ticket.code)
    assert (wrong.title, wrong.elsewhere) == (
        "Wrong event", f"/admin/checkin?event={other.public_id}&door=North&sound=on",
    )  # fmt: skip
    tab.query = {"event": other.public_id, "door": "North", "sound": "on"}
    await tab.call(CheckinState.load)
    assert tab.vars["answers"] == []
    assert (await _scan(tab, ticket.code)).title == "Welcome"


async def test_the_address_keeps_event_door_and_sound(desk: Desk) -> None:
    event, _ = await _evening(desk)
    draft = await desk.shop.event("draft")
    tab = await _at_door(desk, None)
    assert tab.vars["phase"] == "choosing"
    offered = [place.id for place in tab.vars["places"]]
    # The nearest first; a draft has no door.
    assert offered[0] == event.public_id
    assert draft.public_id not in offered
    await tab.call(CheckinState.scan, {"code": "T-0000-0000-0000"})
    assert "result" not in tab.vars

    await tab.call(CheckinState.choose, event.public_id)
    assert tab.redirects[-1] == f"/admin/checkin?event={event.public_id}"
    tab = await _at_door(desk, event)
    assert tab.vars["face"].sound_href.endswith("&sound=on")
    await tab.call(CheckinState.name_door, {"door": " South gate "})
    assert tab.redirects[-1] == f"/admin/checkin?event={event.public_id}&door=South%20gate"


@pytest.mark.parametrize("role", list(Role))
async def test_who_may_stand_at_a_door(desk: Desk, role: Role) -> None:
    event, (first, _) = await _evening(desk)
    may = role is not Role.VIEWER
    tab = await _at_door(desk, event, await _who(desk, role))
    await tab.call(CheckinState.scan, {"code": first.code})
    assert (await tab.state(Workspace)).member.checks_in is may
    assert ((await desk.shop.rows(Ticket, id=first.id))[0].status == TicketStatus.CHECKED_IN) is may
    assert bool(tab.toasts) is not may
