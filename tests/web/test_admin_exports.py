"""The export's dialog: what it says before, while and after, to whom it is offered, and what it takes from a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.reports.rules import WAITING_MAX
from kagibag_app.features.reports.tables import Export
from kagibag_app.web.admin.orders.exporting import ExportState
from kagibag_app.web.admin.orders.exporting.rows import ExportItem, size_text
from tests.exporting import ExportDesk, desk, desk_url, small_desk
from tests.web.harness import Browser, Person, Tab, browser, member, organizer

__all__ = ["desk", "desk_url", "small_desk"]

PATH = "/admin/orders"


@pytest.fixture
async def opened() -> AsyncIterator[Browser]:
    async with browser() as started:
        yield started


async def the_list(opened: Browser, person: Person, **query: str) -> Tab:
    """Open the list of orders."""
    tab = opened.tab(PATH, person=person, query=query)
    await tab.open()
    return tab


def items(tab: Tab) -> list[ExportItem]:
    """What the dialog lists."""
    return tab.shown(ExportState)["exports"]


def says(tab: Tab, name: str) -> Any:
    """What the browser holds of the dialog."""
    return tab.shown(ExportState)[name]


async def test_a_viewer_is_offered_no_export_and_not_told_off(
    small_desk: ExportDesk, opened: Browser
) -> None:
    viewer = await member(small_desk.runtime, small_desk.shop.organizer_id, Role.VIEWER)
    tab = await the_list(opened, viewer)
    assert (says(tab, "may_export"), tab.toasts) == (False, [])
    for call in (ExportState.show, ExportState.start):
        await tab.call(call)
    assert len(tab.toasts) == 2
    assert all("role" in toast for toast in tab.toasts)
    assert await small_desk.shop.rows(Export) == []


async def test_the_dialog_says_what_the_list_shows(small_desk: ExportDesk, opened: Browser) -> None:
    await small_desk.sell(3)
    await small_desk.sell(1, status="expired")
    everything = await the_list(opened, small_desk.person)
    await everything.call(ExportState.show)
    assert (says(everything, "count"), says(everything, "words")) == ("4 orders", "all of them")
    expired = await the_list(opened, small_desk.person, status="expired")
    await expired.call(ExportState.show)
    assert [says(expired, name) for name in ("count", "words", "nothing", "shown")] == [
        "1 order",
        "expired",
        False,
        True,
    ]
    none = await the_list(opened, small_desk.person, status="cancelled")
    await none.call(ExportState.show)
    assert (says(none, "count"), says(none, "nothing")) == ("0 orders", True)


async def test_a_dialog_does_not_stay_open_over_another_list(small_desk: ExportDesk, opened: Browser) -> None:
    tab = await the_list(opened, small_desk.person)
    await tab.call(ExportState.show)
    assert says(tab, "shown") is True
    tab.query = {"status": "paid"}
    await tab.open()
    assert says(tab, "shown") is False


async def test_what_the_list_leaves_out_of_its_address_the_export_leaves_out_too(
    small_desk: ExportDesk, opened: Browser
) -> None:
    numbers = await small_desk.sell(2)
    other = await organizer(small_desk.runtime, "other")
    foreign = await small_desk.shop.event("theirs", organizer_id=other)
    tab = await the_list(opened, small_desk.person, event=foreign.public_id, status="nonsense")
    await tab.call(ExportState.show)
    assert (says(tab, "count"), says(tab, "words")) == ("2 orders", "all of them")
    await tab.call(ExportState.start)
    await small_desk.work()
    assert await small_desk.numbers(items(tab)[0].id) == numbers


async def test_an_export_is_followed_to_its_file(small_desk: ExportDesk, opened: Browser) -> None:
    await small_desk.sell(3)
    tab = await the_list(opened, small_desk.person, status="paid")
    await tab.call(ExportState.show)
    await tab.call(ExportState.choose, "xlsx")
    await tab.call(ExportState.start)
    (item,) = items(tab)
    assert (item.shown, item.title, item.words, item.progress, item.href) == (
        "queued", "Orders as Excel", "completed", "Waiting for its turn", "",
    )  # fmt: skip
    assert says(tab, "busy") is False
    await small_desk.work()
    await tab.push(ExportState.refresh)
    (item,) = items(tab)
    assert (item.shown, item.title) == ("finished", "3 orders as Excel")
    assert item.href == f"/api/admin/exports/{item.id}/file"
    assert "kB, kept until " in item.about
    assert tab.toasts == []
    again = await the_list(opened, small_desk.person)
    assert [found.href for found in items(again)] == [item.href]


async def test_who_has_closed_the_dialog_is_told_when_it_is_over(
    small_desk: ExportDesk, opened: Browser
) -> None:
    await small_desk.sell(3)
    tab = await the_list(opened, small_desk.person)
    await tab.call(ExportState.show)
    await tab.call(ExportState.start)
    await tab.call(ExportState.close, False)
    await small_desk.work()
    await tab.push(ExportState.refresh)
    await tab.push(ExportState.refresh)
    assert tab.toasts == ["Your export is ready"]
    assert says(tab, "shown") is False


async def test_one_that_was_cancelled_can_be_asked_for_again(small_desk: ExportDesk, opened: Browser) -> None:
    await small_desk.sell(3)
    tab = await the_list(opened, small_desk.person)
    await tab.call(ExportState.show)
    await tab.call(ExportState.start)
    await tab.call(ExportState.cancel, items(tab)[0].id)
    assert [item.shown for item in items(tab)] == ["cancelled"]
    await tab.call(ExportState.cancel, items(tab)[0].id)
    assert "cannot become cancelled" in says(tab, "error")
    await tab.call(ExportState.again, items(tab)[0].id)
    assert ([item.shown for item in items(tab)], says(tab, "error")) == (["queued", "cancelled"], "")


async def test_the_dialog_says_why_one_more_is_too_many(small_desk: ExportDesk, opened: Browser) -> None:
    await small_desk.sell(1)
    for status in ["paid", "expired", "cancelled", "pending"][: WAITING_MAX + 1]:
        tab = await the_list(opened, small_desk.person, status=status)
        await tab.call(ExportState.show)
        await tab.call(ExportState.start)
    assert "still under way" in says(tab, "error")
    assert len(await small_desk.shop.rows(Export)) == WAITING_MAX


async def test_attack_5_somebody_elses_export_is_not_found(small_desk: ExportDesk, opened: Browser) -> None:
    await small_desk.sell(1)
    export = await small_desk.start()
    owner = await member(small_desk.runtime, small_desk.shop.organizer_id, Role.OWNER)
    tab = await the_list(opened, owner)
    assert items(tab) == []
    for call in (ExportState.cancel, ExportState.again):
        await tab.call(call, export)
        assert "not found" in says(tab, "error")
    assert [view.status for view in await small_desk.exports()] == ["queued"]


async def test_a_format_that_is_none_changes_nothing(small_desk: ExportDesk, opened: Browser) -> None:
    tab = await the_list(opened, small_desk.person)
    await tab.call(ExportState.choose, "exe")
    assert (says(tab, "format"), len(tab.toasts)) == ("csv", 1)


def test_sizes_are_said_as_people_read_them() -> None:
    assert [size_text(size) for size in (0, 999, 1000, 312_400, 4_120_000)] == [
        "0 bytes", "999 bytes", "1 kB", "312 kB", "4.1 MB",
    ]  # fmt: skip
