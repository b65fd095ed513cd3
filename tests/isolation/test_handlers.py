"""Every handler, called by an owner with whatever belongs to another organizer, shows and changes nothing of it."""

from __future__ import annotations

import pytest

from tests.isolation import calling
from tests.isolation.conftest import House
from tests.isolation.spying import changes
from tests.web.harness import Tab, browser

# The walk is thousands of calls: each part of it is a test of its own, so that processors share them.
PARTS = 6
# A machine may have much else to do.
pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("part", range(PARTS))
async def test_handlers_show_and_change_nothing_of_the_other_s(sqlite_house: House, part: int) -> None:
    house, told = sqlite_house, {}
    ours = await calling.visitor(house.runtime, house.two.owners[0])
    before = await house.rows()
    async with browser() as opened:
        for name, known in list(calling.handlers().items())[part::PARTS]:
            public = calling.guard(known).action is None
            tab = opened.tab(person=ours.person)
            for column, text in calling.asked_with(name, known, house.named).items():
                own = ours.parts(known) if public else {}
                # An event's page is everybody's.
                if not (public and column == "events.slug"):
                    await _call(
                        house, tab, name, {"": text} | dict.fromkeys(("token", "number", "slug"), text) | own
                    )
                    if found := house.spy.told(str(tab.sent), besides=house.named.values()):
                        told[f"{name} with {column}"] = found
    assert told == {}
    assert changes(house.spy, before, await house.rows()) == []


async def test_the_same_calls_show_a_lot_to_whom_it_belongs(sqlite_house: House) -> None:
    """Otherwise the walk would be blind."""
    house, telling = sqlite_house, set()
    theirs = await calling.visitor(house.runtime, house.two.owners[1])
    async with browser() as opened:
        for name in (name for name in calling.handlers() if name.endswith(".load")):
            tab = opened.tab(person=theirs.person)
            for text in house.named.values():
                await _call(house, tab, name, {"": text, "number": text})
                if house.spy.told(str(tab.sent), besides=house.named.values()):
                    telling.add(name.rpartition("___")[2])
    assert {"orders", "order", "refunds", "disputes", "dispute", "webhooks", "messages", "team"} <= {
        name.split("_")[0] for name in telling
    }


async def _call(house: House, tab: Tab, name: str, parts: dict[str, str]) -> None:
    known = calling.handlers()[name]
    tab.path, tab.query = calling.address(known, parts)
    for payload in calling.payloads(known, parts[""]):
        house.unlimited()
        tab.sent.clear()
        await tab.send(name, payload)
