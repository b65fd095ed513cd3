"""Saved views of the orders list: a member's own names for filters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.web.admin.orders.saved_views import SavedViewsState
from kagibag_app.web.admin.orders.state import OrdersState
from kagibag_app.web.session.guards import NOT_UNDERSTOOD
from tests.web.attendee_desk import Desk, open_desk
from tests.web.harness import Person, Tab
from tests.web.orders_list import opened, people, shown


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An event on sale."""
    async with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
async def person(desk: Desk) -> Person:
    """A member who may only look: views are everybody's."""
    return await people(desk, Role.VIEWER)


async def menu(tab: Tab) -> list[tuple[str, str, bool]]:
    """What the menu offers: name, address, whether the list shows it."""
    return [(view.name, view.href, view.current) for view in (await shown(tab)).views]


async def saved(desk: Desk, person: Person, name: str, **query: str) -> Tab:
    """A tab in which the list was saved under a name."""
    tab = await opened(desk, person, **query)
    await tab.call(SavedViewsState.save_view, {"view": name})
    return tab


async def test_view_keeps_filters_search_and_sort_but_no_page(desk: Desk, person: Person) -> None:
    query = {
        "status": "disputed",
        "source": "stripe",
        "sort": "highest",
        "q": "maren%20o",
        "from": "2026-04-01",
    }
    tab = await saved(desk, person, "  Open disputes ", **query, after="ord_x")
    address = "/admin/orders?status=disputed&from=2026-04-01&source=stripe&sort=highest&q=maren%20o"
    assert await menu(tab) == [("Open disputes", address, True)]
    state = await shown(tab)
    assert (state.active, state.may_save, state.name_error) == ("Open disputes", False, "")
    assert await menu(await opened(desk, person)) == [("Open disputes", address, False)]


async def test_view_is_recognised_however_its_list_was_reached(desk: Desk, person: Person) -> None:
    tab = await saved(desk, person, "Maren's", q="maren")
    assert (
        await shown(await opened(desk, person, q="maren", before="ord_x", status="all"))
    ).active == "Maren's"
    tab = await opened(desk, person)
    assert ((await shown(tab)).active, (await shown(tab)).may_save) == ("", False)
    await tab.call(OrdersState.find, "maren")
    assert (await shown(tab)).active == "Maren's"
    await tab.call(OrdersState.find, "maren o")
    assert ((await shown(tab)).active, (await shown(tab)).may_save) == ("", True)


@pytest.mark.parametrize(
    ("name", "said"), [("", "Please fill this in."), ("Mine", "called “Mine”"), ("x" * 61, "At most 60")]
)
async def test_name_that_can_not_be_kept_says_why(desk: Desk, person: Person, name: str, said: str) -> None:
    await saved(desk, person, "Mine", status="paid")
    tab = await saved(desk, person, name, status="pending")
    state = await shown(tab)
    assert said in state.name_error
    assert [view.name for view in state.views] == ["Mine"]


async def test_view_is_renamed_after_asking(desk: Desk, person: Person) -> None:
    await saved(desk, person, "Other", status="pending")
    tab = await saved(desk, person, "Mine", status="paid")
    view = (await shown(tab)).views[1]
    await tab.call(SavedViewsState.ask_rename, view.id)
    assert ((await shown(tab)).asked, (await shown(tab)).chosen.name) == ("rename", "Mine")
    await tab.call(SavedViewsState.rename_view, {"new_name": "Other"})
    assert ("called “Other”" in (await shown(tab)).name_error, (await shown(tab)).asked) == (True, "rename")
    await tab.call(SavedViewsState.rename_view, {"new_name": "Paid"})
    state = await shown(tab)
    assert ([name for name, _, _ in await menu(tab)], state.active) == (["Other", "Paid"], "Paid")
    assert (state.asked, state.name_error) == ("", "")


async def test_view_is_deleted_after_asking(desk: Desk, person: Person) -> None:
    tab = await saved(desk, person, "Mine", status="paid")
    view = (await shown(tab)).views[0]
    await tab.call(SavedViewsState.ask_delete, view.id)
    await tab.call(SavedViewsState.close_dialog, False)
    assert ((await shown(tab)).asked, len(await menu(tab))) == ("", 1)
    await tab.call(SavedViewsState.ask_delete, view.id)
    await tab.call(SavedViewsState.delete_view)
    state = await shown(tab)
    assert (await menu(tab), state.active, state.may_save, state.asked) == ([], "", True, "")
    assert len(tab.toasts) == 1


async def test_views_are_each_members_own(desk: Desk, person: Person) -> None:
    tab = await saved(desk, person, "Mine", status="paid")
    view = (await shown(tab)).views[0]
    other = await opened(desk, await people(desk, Role.OWNER), status="paid")
    assert (await menu(other), (await shown(other)).active) == ([], "")
    await other.call(SavedViewsState.ask_delete, view.id)
    assert (await shown(other)).asked == ""
    await other.call(SavedViewsState.delete_view)
    assert "not found" in other.toasts[0]
    assert len(await menu(await opened(desk, person))) == 1


@pytest.mark.parametrize(
    ("handler", "wrong"),
    [
        (SavedViewsState.save_view, "x"),
        (SavedViewsState.rename_view, 7),
        (SavedViewsState.ask_rename, {}),
        (SavedViewsState.ask_delete, 7),
        (SavedViewsState.close_dialog, "x"),
    ],
)
async def test_arguments_of_another_kind_are_refused(
    desk: Desk, person: Person, handler: Any, wrong: Any
) -> None:
    tab = await opened(desk, person)
    await tab.call(handler, wrong)
    assert (tab.toasts, await menu(tab)) == ([NOT_UNDERSTOOD], [])
