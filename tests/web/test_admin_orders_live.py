"""The list of orders while others buy: new rows appear, and rows that one reads stay where they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.orders.state import OrdersState
from tests.web.attendee_desk import Desk, open_desk
from tests.web.harness import Tab, member


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An event on sale."""
    async with open_desk(tmp_path) as opened:
        yield opened


async def opened(desk: Desk, **query: str) -> Tab:
    """A tab that shows the list to an owner."""
    tab = desk.browser.tab(
        "/admin/orders", person=await member(desk.runtime, desk.shop.organizer_id), query=query
    )
    await tab.call(OrdersState.load)
    return tab


async def shown(tab: Tab) -> Any:
    """What the tab's list holds."""
    return await tab.state(OrdersState)


async def expire(desk: Desk, public_id: str) -> None:
    """Let an order's time run out."""
    order = next(order for order in await desk.orders() if order.public_id == public_id)

    async def release(tx: Any) -> None:
        await orders.release(tx, SYSTEM, await orders.lock(tx, order.id), OrderStatus.EXPIRED)

    await desk.runtime.store.run(release)


async def test_new_order_appears_marked_when_one_is_at_the_top(desk: Desk) -> None:
    old = await desk.placed(floor=1)
    tab = await opened(desk)
    new = await desk.placed(floor=1)
    await tab.push(OrdersState.refresh)
    state = await shown(tab)
    assert [(line.number, line.fresh) for line in state.lines] == [(new.number, True), (old.number, False)]
    assert (state.waiting, state.bar.total) == ("", "2 orders")


async def test_changed_order_changes_in_its_place(desk: Desk) -> None:
    placed = await desk.placed(floor=1)
    tab = await opened(desk)
    await expire(desk, placed.id)
    await tab.push(OrdersState.refresh)
    assert [(line.number, line.status) for line in (await shown(tab)).lines] == [(placed.number, "expired")]


async def test_new_orders_wait_above_the_list_when_one_has_scrolled(desk: Desk) -> None:
    old = await desk.placed(floor=1)
    tab = await opened(desk)
    await tab.call(OrdersState.scrolled, True)
    for _ in range(2):
        await desk.placed(floor=1)
    await expire(desk, old.id)
    await tab.push(OrdersState.refresh)
    state = await shown(tab)
    assert [(line.number, line.status) for line in state.lines] == [(old.number, "expired")]
    assert (state.waiting, state.tabs[0].count) == ("2", "3")
    await tab.call(OrdersState.show_waiting)
    state = await shown(tab)
    assert ([line.fresh for line in state.lines], state.waiting) == ([True, True, False], "")


async def test_waiting_orders_are_shown_when_one_is_back_at_the_top(desk: Desk) -> None:
    await desk.placed(floor=1)
    tab = await opened(desk)
    await tab.call(OrdersState.scrolled, True)
    await desk.placed(floor=1)
    await tab.push(OrdersState.refresh)
    await tab.call(OrdersState.scrolled, False)
    state = await shown(tab)
    assert (len(state.lines), state.waiting) == (2, "")


async def test_row_stays_with_its_new_state_when_it_fits_the_filter_no_longer(desk: Desk) -> None:
    placed = await desk.placed(floor=1)
    tab = await opened(desk, status="pending")
    await expire(desk, placed.id)
    await tab.push(OrdersState.refresh)
    state = await shown(tab)
    assert [(line.number, line.status) for line in state.lines] == [(placed.number, "expired")]
    assert [choice.count for choice in state.tabs if choice.current] == ["0"]


async def test_new_orders_wait_when_the_list_is_filtered_or_a_later_page(desk: Desk) -> None:
    first = await desk.placed(floor=1)
    await desk.placed(floor=1)
    filtered = await opened(desk, status="pending")
    later = await opened(desk, before=first.id)
    await desk.placed(floor=1)
    for tab in (filtered, later):
        await tab.push(OrdersState.refresh)
        assert (await shown(tab)).waiting == "1"
    await later.call(OrdersState.show_waiting)
    assert later.redirects == ["/admin/orders"]


async def test_list_follows_its_topics_and_rests_on_other_pages(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[Any] = []
    monkeypatch.setattr(live, "watch", lambda state, names, refresh: followed.extend(names))
    tab = await opened(desk)
    organizer = desk.shop.organizer_id
    assert followed == [topics.orders(organizer), topics.refunds(organizer), topics.disputes(organizer)]
    await desk.placed(floor=1)
    tab.path = "/admin/orders/KB-0000-0000"
    await tab.call(OrdersState.refresh)
    assert (await shown(tab)).lines == []
