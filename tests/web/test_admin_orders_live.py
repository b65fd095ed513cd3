"""The list of orders while others buy: new rows appear, and rows that one reads stay where they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import col

from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.orders.tables import Order
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.orders.keeping import CHANGED, Pill
from kagibag_app.web.admin.orders.state import OrdersState
from tests.web.attendee_desk import Desk, open_desk
from tests.web.orders_list import change, copies, marks, numbers, opened, shown

NEW = Pill("1 new order", counts=True)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An event on sale."""
    async with open_desk(tmp_path) as opened:
        yield opened


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
    assert (state.waiting.words, state.sums.total) == ("", "2 orders")


async def test_changed_order_changes_in_its_place(desk: Desk) -> None:
    placed = await desk.placed(floor=1)
    tab = await opened(desk)
    await expire(desk, placed.id)
    await tab.push(OrdersState.refresh)
    assert [(line.number, marks(line)) for line in (await shown(tab)).lines] == [(placed.number, ["Expired"])]


async def test_new_orders_wait_above_the_list_when_one_has_scrolled(desk: Desk) -> None:
    old = await desk.placed(floor=1)
    tab = await opened(desk)
    await tab.call(OrdersState.scrolled, True)
    for _ in range(2):
        await desk.placed(floor=1)
    await expire(desk, old.id)
    await tab.push(OrdersState.refresh)
    state = await shown(tab)
    assert [(line.number, marks(line)) for line in state.lines] == [(old.number, ["Expired"])]
    assert (state.waiting.words, state.tabs[0].count) == ("2 new orders", "3")
    await tab.call(OrdersState.show_waiting)
    state = await shown(tab)
    assert ([line.fresh for line in state.lines], state.waiting.words) == ([True, True, False], "")


async def test_waiting_orders_are_shown_when_one_is_back_at_the_top(desk: Desk) -> None:
    await desk.placed(floor=1)
    tab = await opened(desk)
    await tab.call(OrdersState.scrolled, True)
    await desk.placed(floor=1)
    await tab.push(OrdersState.refresh)
    await tab.call(OrdersState.scrolled, False)
    state = await shown(tab)
    assert (len(state.lines), state.waiting.words) == (2, "")


async def test_row_stays_with_its_new_state_when_it_fits_the_filter_no_longer(desk: Desk) -> None:
    placed = await desk.placed(floor=1)
    tab = await opened(desk, status="pending")
    await expire(desk, placed.id)
    await tab.push(OrdersState.refresh)
    state = await shown(tab)
    assert [(line.number, marks(line)) for line in state.lines] == [(placed.number, ["Expired"])]
    assert [choice.count for choice in state.tabs if choice.current] == ["0"]


async def test_new_orders_wait_when_the_list_is_filtered_or_a_later_page(desk: Desk) -> None:
    first = await desk.placed(floor=1)
    await desk.placed(floor=1)
    filtered = await opened(desk, status="pending")
    later = await opened(desk, before=first.id)
    await desk.placed(floor=1)
    for tab in (filtered, later):
        await tab.push(OrdersState.refresh)
        assert (await shown(tab)).waiting == NEW
    await later.call(OrdersState.show_waiting)
    assert later.redirects == ["/admin/orders"]


async def test_row_that_fits_no_longer_leaves_no_pill_and_makes_room_below(desk: Desk) -> None:
    placed = [await desk.placed(guest=1) for _ in range(3)]
    tab = await opened(desk, status="paid")
    await change(desk, placed[1].id, status="cancelled")
    await tab.push(OrdersState.refresh)
    state = await shown(tab)
    assert [marks(line) for line in state.lines] == [["Completed"], ["Cancelled"], ["Completed"]]
    assert state.waiting == Pill()


@pytest.mark.parametrize("sort", ["highest", "lowest"])
async def test_list_sorted_by_total_says_that_it_has_changed_instead_of_moving(desk: Desk, sort: str) -> None:
    placed = [await desk.placed(**wanted) for wanted in ({"floor": 1}, {"floor": 3})]
    tab = await opened(desk, sort=sort)
    before = await numbers(tab)
    between = await desk.placed(floor=2)
    await tab.push(OrdersState.refresh)
    assert (await numbers(tab), (await shown(tab)).waiting) == (before, CHANGED)
    await tab.call(OrdersState.show_waiting)
    state = await shown(tab)
    assert {line.number for line in state.lines if line.fresh} == {between.number}
    assert ({line.number for line in state.lines}, state.waiting) == (
        {order.number for order in (*placed, between)}, Pill(),
    )  # fmt: skip


async def test_search_says_that_its_list_has_changed(desk: Desk) -> None:
    await desk.placed(floor=1)
    tab = await opened(desk, q="maren")
    await desk.placed(floor=1)
    await tab.push(OrdersState.refresh)
    state = await shown(tab)
    assert (len(state.lines), state.waiting, state.sums.total) == (1, CHANGED, "2 orders")


async def test_new_orders_follow_at_the_end_when_the_oldest_come_first(desk: Desk) -> None:
    old = await desk.placed(floor=1)
    tab = await opened(desk, sort="oldest")
    new = await desk.placed(floor=1)
    await tab.push(OrdersState.refresh)
    state = await shown(tab)
    assert [(line.number, line.fresh) for line in state.lines] == [(old.number, False), (new.number, True)]
    assert state.waiting == Pill()


async def test_typed_search_is_what_the_next_reload_shows(desk: Desk) -> None:
    wanted = await desk.placed(floor=1)
    await desk.placed(floor=1)
    tab = await opened(desk)
    await tab.call(OrdersState.find, wanted.number)
    await tab.push(OrdersState.refresh)
    assert await numbers(tab) == [wanted.number]


async def test_full_page_of_new_orders_is_counted_as_at_least_so_many(desk: Desk) -> None:
    placed = await desk.placed(guest=1)
    await change(desk, placed.id, placed_at=desk.shop.now - timedelta(days=30))
    tab = await opened(desk)
    await tab.call(OrdersState.scrolled, True)
    await copies(desk, 60)
    await tab.push(OrdersState.refresh)
    state = await shown(tab)
    assert ([line.number for line in state.lines], state.waiting.words) == ([placed.number], "50+ new orders")


async def test_rows_that_left_the_page_are_read_again_at_once(desk: Desk) -> None:
    await desk.placed(guest=1)
    await copies(desk, 49)
    tab = await opened(desk)
    await tab.call(OrdersState.scrolled, True)
    await copies(desk, 50, first=100, placed_at=desk.shop.now)
    async with desk.runtime.store.transaction() as tx:
        await tx.session.execute(
            sa.update(Order).where(col(Order.public_id).like("ord_%")).values(status="expired")
        )
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "FROM orders JOIN events" in statement:
            asked.append(statement)

    engine = desk.runtime.store.reader.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    await tab.push(OrdersState.refresh)
    event.remove(engine, "before_cursor_execute", note)
    state = await shown(tab)
    assert [marks(line) for line in state.lines] == [["Completed"], *[["Expired"]] * 49]
    assert (len(asked), state.waiting.words) == (1, "50+ new orders")


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
