"""The list's queries against a plain filter in Python: pages, export, counts and neighbours, in every sort."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event as happenings

from kagibag_app.features.orders import queries
from kagibag_app.features.orders.rules import (
    COUNT_CAP,
    OrderFilter,
    OrderSort,
    StatusFilter,
    condition_of,
    order_values,
    text_value,
)
from kagibag_app.features.orders.tables import AppliedPromotion, Order, OrderSearch
from kagibag_app.features.orders.views import OrderPage
from kagibag_app.kit.ids import order_number, public_id
from tests.services.shop import Shop

pytest_plugins = ["tests.services.shop_fixtures"]

COUNT = 70
NAMES = ("Maren Okafor", "Annika Svensson", "Zoë Müller", "Наталья Ковалёва", "Li Na")
STATUSES = ("paid", "paid", "paid", "pending", "expired", "cancelled", "payment_failed", "processing")
SEARCHES = (
    "",
    "",
    "",
    "okafor",
    "SVENS",
    "muller",
    "ковал",
    "li n",
    "@example.com",
    "maren.1",
    "nobody here",
)
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass
class Sold:
    """What was sold: rows of orders, and public ids of events and promotions by key."""

    orders: list[Order]
    events: dict[int, str]
    promotions: dict[int, str]


async def _sold(shop: Shop) -> Sold:
    """Sell at random, at a few moments and prices, so that many orders stand beside their equals."""
    chance = random.Random(20)
    events = [await shop.event(f"event-{n}", currency=c) for n, c in enumerate(("USD", "JPY", "USD"))]
    promotions = [await shop.code(f"CODE{n}") for n in range(2)]
    rows: list[dict[str, Any]] = []
    for key in range(1, COUNT + 1):
        name, at = chance.choice(NAMES), chance.choice(events)
        total = chance.choice((0, 4200, 4200, 9900))
        row = _row(shop, at.id, name=name, email=f"{name.split()[0].lower()}.{key}@example.com")
        rows.append(
            row
            | {
                "id": key, "currency": at.currency, "subtotal_minor": total, "total_minor": total,
                "source": "stripe" if total else "free", "status": chance.choice(STATUSES),
                "refund_state": chance.choice(("none",) * 5 + ("partial", "full", "pending")),
                "dispute_state": chance.choice(("none",) * 6 + ("open", "won", "lost")),
                "promotion_id": chance.choice((None, None, promotions[0].id, promotions[1].id)),
                "placed_at": shop.now + timedelta(hours=chance.randrange(20)),
            }
        )  # fmt: skip
    await _add(shop, rows)
    return Sold(
        [Order(**row) for row in rows],
        {event.id: event.public_id for event in events},
        {promotion.id: promotion.public_id for promotion in promotions},
    )


def _row(shop: Shop, event_id: int, *, name: str, email: str) -> dict[str, Any]:
    return Order(
        public_id=public_id("or"), organizer_id=shop.organizer_id, event_id=event_id, number=order_number(),
        buyer_name=name, buyer_email=email, email_key=email, currency="USD", subtotal_minor=0, total_minor=0,
        source="stripe", placed_at=shop.now, updated_at=shop.now,
    ).model_dump()  # fmt: skip


async def _add(shop: Shop, rows: list[dict[str, Any]]) -> None:
    found = [
        {"organizer_id": row["organizer_id"], "order_id": row["id"], "kind": kind, "value": value}
        for row in rows
        for kind, value in order_values(
            number=row["number"], email=row["buyer_email"], name=row["buyer_name"]
        )
    ]
    applied = [
        {
            "organizer_id": row["organizer_id"], "order_id": row["id"], "promotion_id": row["promotion_id"],
            "code": f"CODE{row['promotion_id']}", "kind": "percent", "value": 0, "adjustment_minor": 0,
        }
        for row in rows
        if row["promotion_id"]
    ]  # fmt: skip
    async with shop.store.transaction() as tx:
        await tx.session.execute(sa.insert(Order), rows)
        await tx.session.execute(sa.insert(OrderSearch), found)
        await tx.session.execute(sa.insert(AppliedPromotion), applied)


def _filtered(sold: Sold, chosen: OrderFilter) -> list[Order]:
    """The list, by a plain filter and sort."""
    kept = [order for order in sold.orders if _fits(sold, order, chosen)]
    return sorted(kept, key=lambda order: _key(order, chosen.sort), reverse=chosen.sort.descending)


def _fits(sold: Sold, order: Order, chosen: OrderFilter) -> bool:
    about = condition_of(chosen.status)
    return (
        (about is None or getattr(order, about[0]) == about[1])
        and chosen.event in ("", sold.events[order.event_id])
        and chosen.source in ("", order.source)
        and (not chosen.promotion or sold.promotions.get(order.promotion_id or 0) == chosen.promotion)
        and (chosen.placed_from is None or order.placed_at >= chosen.placed_from)
        and (chosen.placed_until is None or order.placed_at < chosen.placed_until)
        and _is_meant(order, text_value(chosen.search))
    )


def _is_meant(order: Order, typed: str) -> bool:
    name, email = text_value(order.buyer_name), text_value(order.buyer_email)
    return typed in name or typed in email


def _key(order: Order, sort: OrderSort) -> tuple[Any, ...]:
    if sort.by_total:
        return order.currency, order.total_minor, order.id
    return order.placed_at, order.id


@st.composite
def filters(draw: st.DrawFn) -> dict[str, Any]:
    """What may be chosen, with events, promotions and moments by their place among those that are there."""
    one = st.sampled_from((None, None, 0, 1, 2))
    return {
        "status": draw(st.sampled_from([StatusFilter.ALL, StatusFilter.PAID, *StatusFilter])),
        "sort": draw(st.sampled_from(OrderSort)),
        "source": draw(st.sampled_from(("", "", "stripe", "free"))),
        "search": draw(st.sampled_from(SEARCHES)),
        "event": draw(one),
        "promotion": draw(one),
        "from": draw(st.sampled_from((None, None, 3, 8))),
        "until": draw(st.sampled_from((None, None, 8, 15))),
    }


def _chosen(shop: Shop, sold: Sold, drawn: dict[str, Any]) -> OrderFilter:
    events, promotions = [*sold.events.values()], [*sold.promotions.values(), "pr_nobody's"]

    def moment(hours: int | None) -> Any:
        return None if hours is None else shop.now + timedelta(hours=hours)

    return OrderFilter(
        status=drawn["status"], sort=drawn["sort"], source=drawn["source"], search=drawn["search"],
        event="" if drawn["event"] is None else events[drawn["event"]],
        promotion="" if drawn["promotion"] is None else promotions[drawn["promotion"]],
        placed_from=moment(drawn["from"]), placed_until=moment(drawn["until"]),
    )  # fmt: skip


async def _page(shop: Shop, chosen: OrderFilter, **options: Any) -> OrderPage:
    async with shop.store.read() as session:
        return await queries.order_page(session, shop.organizer_id, chosen, **options)


async def _pages(shop: Shop, chosen: OrderFilter, *, limit: int) -> list[OrderPage]:
    pages = [await _page(shop, chosen, limit=limit)]
    while pages[-1].next_after:
        pages.append(await _page(shop, chosen, limit=limit, after=pages[-1].next_after))
    return pages


@pytest.fixture
async def sold(shop: Shop) -> Sold:
    """What the plain filter is asked about as well."""
    return await _sold(shop)


@FEW
@given(drawn=filters(), limit=st.integers(1, 30))
async def test_pages_export_and_counts_say_the_same_as_a_plain_filter(
    shop: Shop, sold: Sold, drawn: dict[str, Any], limit: int
) -> None:
    chosen = _chosen(shop, sold, drawn)
    wanted = _filtered(sold, chosen)
    pages = await _pages(shop, chosen, limit=limit)
    assert [row.id for page in pages for row in page.rows] == [order.public_id for order in wanted]
    async with shop.store.read() as session:
        batches = [
            batch async for batch in queries.export_rows(session, shop.organizer_id, chosen, batch=limit)
        ]
        exact = await queries.count_orders(session, shop.organizer_id, chosen)
        counts = await queries.order_counts(session, shop.organizer_id, chosen)
    assert [row.number for batch in batches for row in batch] == [order.number for order in wanted]
    assert exact == pages[0].total == len(wanted)
    assert counts == pages[0].counts
    for count in counts:
        choice = replace(chosen, status=StatusFilter(count.status))
        assert (count.count, count.capped) == (len(_filtered(sold, choice)), False), count.status
    if len(pages) > 2:
        back = await _page(shop, chosen, limit=limit, before=pages[2].previous_before)
        assert back.rows == pages[1].rows


@FEW
@given(drawn=filters(), which=st.integers(0, COUNT - 1))
async def test_neighbours_stand_beside_an_order_in_the_list_even_when_it_left_it(
    shop: Shop, sold: Sold, drawn: dict[str, Any], which: int
) -> None:
    chosen, order = _chosen(shop, sold, drawn), sold.orders[which]
    wanted = _filtered(sold, chosen)
    at = _key(order, chosen.sort)
    ahead, behind = [], []
    for other in wanted:
        key = _key(other, chosen.sort)
        if key != at:
            (ahead if (key > at) == chosen.sort.descending else behind).append(other.number)
    async with shop.store.read() as session:
        found = await queries.neighbours(session, shop.organizer_id, chosen, order.public_id)
        foreign = await queries.neighbours(session, shop.organizer_id + 1, chosen, order.public_id)
    assert (found.previous_number, found.next_number) == (
        ahead[-1] if ahead else "",
        behind[0] if behind else "",
    )
    assert (foreign.previous_number, foreign.next_number) == ("", "")


async def test_a_page_at_an_order_that_is_not_ours_is_the_first_one_and_says_so(
    shop: Shop, sold: Sold
) -> None:
    everything = [OrderFilter(sort=sort) for sort in OrderSort]
    for chosen in (*everything, OrderFilter(search="okafor", event=sold.events[sold.orders[0].event_id])):
        first = await _page(shop, chosen, limit=3)
        for end in ("after", "before"):
            for anchor in ("or_gone", "%", "' OR 1=1 --"):
                lost = await _page(shop, chosen, limit=3, **{end: anchor})
                assert lost == replace(first, anchor_lost=True)
    shop.organizer_id += 1
    for end in ("after", "before"):
        assert (await _page(shop, OrderFilter(), **{end: sold.orders[0].public_id})).rows == []


async def test_a_page_costs_one_statement_for_rows_one_for_counts_and_one_for_a_search(
    shop: Shop, sold: Sold
) -> None:
    events, promotions = [*sold.events.values()], [*sold.promotions.values()]
    wanted = OrderFilter(
        status=StatusFilter.PAID, event=events[0], source="stripe", promotion=promotions[0],
        placed_from=shop.now, placed_until=shop.now + timedelta(days=1),
    )  # fmt: skip
    for search in ("", "okafor", "maren.1@example.com", "svens ann", "kb-1", "m"):
        chosen, apart = replace(wanted, search=search), 1 if search else 0
        for sort in OrderSort:
            for anchor in ({}, {"after": sold.orders[9].public_id}, {"before": "or_gone"}):
                with _counting(shop) as asked:
                    await _page(shop, replace(chosen, sort=sort), counts=False, **anchor)
                assert len(asked) == 1 + apart, asked
        with _counting(shop) as asked:
            await _page(shop, chosen)
        assert len(asked) == 2 + apart, asked


@contextmanager
def _counting(shop: Shop) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "SET TRANSACTION")):
            asked.append(statement)

    engine = shop.store.reader.sync_engine
    happenings.listen(engine, "before_cursor_execute", note)
    yield asked
    happenings.remove(engine, "before_cursor_execute", note)


async def test_counts_stop_at_ten_thousand_and_say_that_there_are_more(shop: Shop) -> None:
    event = await shop.event()
    pattern = _row(shop, event.id, name="Maren Okafor", email="maren@example.com")
    rows = [
        pattern | {"id": key, "public_id": f"or_{key}", "number": f"KB-{key}", "status": "paid"}
        for key in range(1, COUNT_CAP + 3)
    ]
    rows[0]["status"] = rows[1]["status"] = "expired"
    async with shop.store.transaction() as tx:
        await tx.session.execute(sa.insert(Order), rows)
    page = await _page(shop, OrderFilter(status=StatusFilter.EXPIRED), limit=1)
    counts = {count.status: (count.count, count.capped) for count in page.counts}
    assert (counts["all"], counts["paid"], counts["expired"]) == (
        (COUNT_CAP, True),
        (COUNT_CAP, False),
        (2, False),
    )
    assert (page.total, page.total_capped) == (2, False)
    whole = await _page(shop, limit=1, chosen=OrderFilter())
    assert (whole.total, whole.total_capped) == (COUNT_CAP, True)
