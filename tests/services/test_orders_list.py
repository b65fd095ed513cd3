"""The organizer's list: filters, counts, search, pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.queries import order_page
from kagibag_app.features.orders.rules import OrderFilter, StatusFilter
from kagibag_app.features.orders.tables import Order, OrderSearch
from kagibag_app.features.orders.views import OrderPage
from kagibag_app.kit.errors import BadInput
from tests.services.shop import Shop

pytest_plugins = ["tests.services.shop_fixtures"]

BUYERS = ("maren.okafor@example.com", "noor%haddad@haddad.example", "c_reyes@postbox.example")


async def _stocked(shop: Shop) -> tuple[Event, TicketType]:
    event = await shop.event()
    seat = await shop.ticket_type(event, capacity=500)
    await shop.open(event)
    return event, seat


async def _orders(shop: Shop, event: Event, seat: TicketType, *states: dict[str, Any]) -> list[Order]:
    made: list[Order] = []
    for number, state in enumerate(states):
        placed = await shop.buy(event, {seat.public_id: 1}, buyer_email=BUYERS[number % len(BUYERS)])
        order = await shop.order(placed)
        async with shop.store.transaction() as tx:
            await tx.session.execute(
                sa.update(Order).where(col(Order.id) == order.id).values({"locale": "en"} | state)
            )
            await tx.session.execute(sa.delete(OrderSearch).where(col(OrderSearch.order_id) == order.id))
            await orders.reindex_buyer(tx, await tx.session.get_one(Order, order.id))
        made.append(await shop.order(order))
        shop.clock.advance(timedelta(hours=1))
    return made


async def _page(shop: Shop, chosen: OrderFilter | None = None, **options: Any) -> OrderPage:
    async with shop.store.read() as session:
        return await order_page(session, shop.organizer_id, chosen or OrderFilter(), **options)


async def test_filters_and_counts_agree(shop: Shop) -> None:
    event, seat = await _stocked(shop)
    made = await _orders(
        shop, event, seat, {"status": "paid"}, {"status": "paid", "refund_state": "partial"},
        {"status": "paid", "refund_state": "full", "dispute_state": "lost"}, {"status": "expired"},
        {"status": "paid", "dispute_state": "open"}, {"status": "pending"},
    )  # fmt: skip
    whole = await _page(shop)
    assert [row.id for row in whole.rows] == [order.public_id for order in reversed(made)]
    counts = {count.status: count.count for count in whole.counts}
    assert (counts["all"], counts["paid"], counts["partially_refunded"], counts["refunded"]) == (6, 4, 1, 1)
    assert (counts["disputed"], counts["dispute_lost"], counts["dispute_won"], counts["cancelled"]) == (
        1,
        1,
        0,
        0,
    )
    for choice in StatusFilter:
        page = await _page(shop, OrderFilter(status=choice))
        assert len(page.rows) == page.total == counts[choice]
    (row,) = (await _page(shop, OrderFilter(status=StatusFilter.DISPUTED))).rows
    assert (row.number, row.dispute_state, row.tickets, row.total_minor) == (made[4].number, "open", 1, 4200)


async def test_event_and_dates_narrow_the_list_and_its_counts(shop: Shop) -> None:
    event, seat = await _stocked(shop)
    other = await shop.event("fair", title="Type & Print Fair")
    stall = await shop.ticket_type(other)
    await shop.open(other)
    first, second = await _orders(shop, event, seat, {}, {})
    (third,) = await _orders(shop, other, stall, {})
    assert [r.event_title for r in (await _page(shop, OrderFilter(event=other.public_id))).rows] == [
        "Type & Print Fair"
    ]
    assert (await _page(shop, OrderFilter(event="ev_unknown"))).total == 0
    between = OrderFilter(placed_from=second.placed_at, placed_until=third.placed_at)
    page = await _page(shop, between)
    assert [row.number for row in page.rows] == [second.number]
    assert page.counts[0].count == 1
    assert (await _page(shop, OrderFilter(placed_until=second.placed_at))).rows[0].number == first.number


async def test_a_search_finds_numbers_and_emails_in_any_spelling(shop: Shop) -> None:
    event, seat = await _stocked(shop)
    first, second, third = await _orders(
        shop, event, seat, {"number": "KB-7F3K-9Q2M"}, {"number": "KB-1100-0011"}, {}
    )

    async def found(typed: str, **options: Any) -> set[str]:
        return {row.number for row in (await _page(shop, OrderFilter(search=typed), **options)).rows}

    for typed in ("KB-7F3K-9Q2M", "kb7f3k9q2m", "7f3k-9", " 7F3K ", "kb-7"):
        assert await found(typed) == {first.number}
    assert await found("KB-iloo-OOLl") == {second.number}
    assert await found("3K9Q") == set()
    assert await found("OKAFOR@ex") == {first.number}
    assert await found("oor%had") == {second.number}
    assert await found("c_r") == {third.number}
    assert await found("%") == await found("_") == await found("_r") == set()
    assert await found("' OR 1=1 --") == set()
    assert await found("") == {first.number, second.number, third.number}
    assert await found("okafor@ex", show_emails=False) == set()
    assert await found("Maren.Okafor@example.com", show_emails=False) == {first.number}
    with pytest.raises(BadInput):
        await found("x" * 300)


async def test_emails_are_masked_for_those_who_may_not_read_them(shop: Shop) -> None:
    event, seat = await _stocked(shop)
    await _orders(shop, event, seat, {})
    assert [row.buyer_email for row in (await _page(shop, show_emails=False)).rows] == ["m•••@example.com"]


async def test_pages_follow_each_other_both_ways_without_gap_or_repeat(shop: Shop) -> None:
    event, seat = await _stocked(shop)
    made = await _orders(shop, event, seat, *[{}] * 7)
    moment = made[3].placed_at
    async with shop.store.transaction() as tx:
        await tx.session.execute(
            sa.update(Order).where(col(Order.id).in_([o.id for o in made[2:6]])).values(placed_at=moment)
        )
    newest_first = [row.id for row in (await _page(shop)).rows]
    pages = [await _page(shop, limit=3)]
    while pages[-1].next_after:
        pages.append(await _page(shop, limit=3, after=pages[-1].next_after))
    assert [[row.id for row in page.rows] for page in pages] == [
        newest_first[:3],
        newest_first[3:6],
        newest_first[6:],
    ]
    back = await _page(shop, limit=3, before=pages[2].previous_before)
    assert back.rows == pages[1].rows
    first = await _page(shop, limit=3, before=back.previous_before)
    assert first.rows == pages[0].rows
    assert (first.previous_before, pages[2].next_after) == ("", "")
    assert {page.total for page in pages} == {7}


async def test_a_page_is_never_larger_than_its_cap_and_strange_anchors_show_the_first(shop: Shop) -> None:
    event, seat = await _stocked(shop)
    await _orders(shop, event, seat, {}, {})
    for limit, size in ((10**9, 2), (1, 1), (0, 1), (-5, 1)):
        assert len((await _page(shop, limit=limit)).rows) == size
    strange = await _page(shop, after="or_of_somebody_else")
    assert len(strange.rows) == 2
    assert strange.previous_before == ""
    assert (await _page(shop, before="nonsense")).rows == strange.rows


async def test_another_organizers_orders_are_never_shown(shop: Shop) -> None:
    event, seat = await _stocked(shop)
    (order,) = await _orders(shop, event, seat, {})
    shop.organizer_id += 1
    page = await _page(shop, OrderFilter(event=event.public_id, search=order.number))
    assert (page.rows, page.total) == ([], 0)
    assert (await _page(shop, after=order.public_id)).total == 0
