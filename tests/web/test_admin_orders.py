"""The list of orders: filters in the address, masked addresses, pages, and other organizers' orders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.orders.rules import StatusFilter
from kagibag_app.features.orders.tables import Order
from kagibag_app.web.admin.orders import filters
from kagibag_app.web.admin.orders.filters import Wanted
from kagibag_app.web.admin.orders.state import OrdersState
from kagibag_app.web.admin.times import duration, short_time
from kagibag_app.web.session.guards import NOT_UNDERSTOOD
from tests.web.attendee_desk import Desk, open_desk
from tests.web.harness import Person, Tab, member, organizer

ZONE = "America/New_York"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An event on sale."""
    async with open_desk(tmp_path) as opened:
        yield opened


async def test_list_shows_every_column_when_opened(desk: Desk) -> None:
    await desk.shop.code()
    placed = await desk.shop.buy(
        desk.event, {desk.floor.public_id: 2}, code="HARBOUR15", platform_account="acct_platform"
    )
    state = await shown(await opened(desk))
    (line,) = state.lines
    assert (line.number, line.buyer, line.email) == (
        placed.number,
        "Maren Okafor",
        "maren.okafor@example.com",
    )
    assert (line.event, line.total, line.source, line.code) == (
        "Night Harbour Sessions",
        "$71.40",
        "stripe",
        "HARBOUR15",
    )
    assert (line.status, line.shows_status, line.fresh) == ("pending", True, False)
    assert line.href == f"/admin/orders/{placed.number}"
    assert line.placed.startswith("Today ")
    assert (state.bar.span, state.bar.total, state.bar.zone) == ("1–1 of 1", "1 order", f"Times in {ZONE}")


async def test_tabs_count_each_status_when_opened(desk: Desk) -> None:
    await desk.placed(floor=1)
    paid = await desk.paid(floor=1)
    await change(desk, paid.id, dispute_state="open", refund_state="partial")
    state = await shown(await opened(desk))
    counts = {tab.label: tab.count for tab in state.tabs if tab.count != "0"}
    assert counts == {
        "All": "2",
        "Completed": "1",
        "Pending": "1",
        "Partially refunded": "1",
        "Disputed": "1",
    }
    assert [tab.label for tab in state.tabs if tab.current] == ["All"]
    badges = {line.status: line.shows_status for line in state.lines}
    assert badges == {"pending": True, "paid": False}


@pytest.mark.parametrize(
    ("outcome", "status"), [("open", "disputed"), ("won", "dispute_won"), ("lost", "dispute_lost")]
)
async def test_disputed_tab_offers_outcomes_when_it_is_open(desk: Desk, outcome: str, status: str) -> None:
    placed = await desk.paid(floor=1)
    await change(desk, placed.id, dispute_state=outcome)
    state = await shown(await opened(desk, status=status))
    assert [line.number for line in state.lines] == [placed.number]
    assert [tab.label for tab in state.tabs if tab.current] == ["Disputed"]
    assert [(choice.label, choice.count) for choice in state.outcomes if choice.current] == [
        (outcome.capitalize(), "1")
    ]


@pytest.mark.parametrize("typed", ["{number}", "{lower}", "{bare}", "maren.okafor@example.com", "OKAFOR"])
async def test_search_finds_by_number_and_email_however_typed(desk: Desk, typed: str) -> None:
    placed = await desk.placed(floor=1)
    await desk.shop.buy(
        desk.event,
        {desk.floor.public_id: 1},
        buyer_name="Theo Lindqvist",
        buyer_email="theo@example.com",
        platform_account="acct_platform",
    )
    words = typed.format(
        number=placed.number, lower=placed.number.lower(), bare=placed.number.replace("-", "")[2:]
    )
    state = await shown(await opened(desk, q=words))
    assert [line.number for line in state.lines] == [placed.number]
    assert (state.search, state.bar.narrowed) == (words, True)


async def test_typing_puts_the_search_into_the_address(desk: Desk) -> None:
    tab = await opened(desk, status="pending", after="ord_x")
    await tab.call(OrdersState.find, "  a b@c&d ")
    assert tab.redirects == ["/admin/orders?status=pending&q=a%20b@c%26d"]
    round_before = (await shown(tab)).search_round
    tab.query = {"status": "pending", "q": "a%20b@c%26d"}
    await tab.call(OrdersState.load)
    assert (await shown(tab)).search_round == round_before


async def test_event_filter_shows_its_orders_and_names_it(desk: Desk) -> None:
    await desk.placed(floor=1)
    other = await desk.shop.event(slug="other", title="Another Night")
    state = await shown(await opened(desk, event=other.public_id))
    assert (state.lines, state.bar.event) == ([], "Another Night")
    state = await shown(await opened(desk, event=desk.event.public_id))
    assert len(state.lines) == 1
    assert {choice.label: choice.current for choice in state.events} == {
        "Night Harbour Sessions": True,
        "Another Night": False,
    }


async def test_days_begin_at_midnight_of_the_organizers_zone(desk: Desk) -> None:
    placed = await desk.placed(floor=1)
    await change(desk, placed.id, placed_at=datetime(2026, 4, 2, 3, 59, tzinfo=UTC))
    assert (await shown(await opened(desk, None, **{"from": "2026-04-02"}))).lines == []
    state = await shown(await opened(desk, None, **{"from": "2026-04-01", "until": "2026-04-01"}))
    assert [line.number for line in state.lines] == [placed.number]
    assert state.bar.days == "1 Apr 2026"


async def test_dates_form_goes_to_the_address_or_says_what_is_wrong(desk: Desk) -> None:
    tab = await opened(desk)
    await tab.call(OrdersState.choose_dates, {"from": "", "until": "x"})
    assert (await shown(tab)).dates_error == "Choose at least one day."
    await tab.call(OrdersState.choose_dates, {"from": "2026-04-02", "until": "2026-04-01"})
    assert (await shown(tab)).dates_error == "The last day is before the first one."
    await tab.call(OrdersState.choose_dates, {"from": "2026-04-01", "until": "2026-04-02"})
    assert tab.redirects == ["/admin/orders?from=2026-04-01&until=2026-04-02"]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"status": "stolen"}, "status"),
        ({"from": "yesterday"}, "dates"),
        ({"from": "2026-04-02", "until": "2026-04-01"}, "dates"),
        ({"event": "ev_nobodys"}, "event"),
        ({"q": "x" * 300}, "search"),
        ({"after": "x" * 90}, ""),
    ],
)
async def test_bad_address_is_left_out_with_a_notice(desk: Desk, query: dict[str, str], named: str) -> None:
    placed = await desk.placed(floor=1)
    state = await shown(await opened(desk, None, **query))
    assert [line.number for line in state.lines] == [placed.number]
    assert state.notice == (
        f"Part of the address could not be read and was left out: {named}." if named else ""
    )


async def test_pages_follow_each_other_and_come_back(desk: Desk) -> None:
    placed = [await desk.placed(guest=1) for _ in range(2)]
    async with desk.runtime.store.transaction() as tx:
        first = (await tx.session.scalars(sa.select(Order))).first()
        assert first is not None
        for index in range(52):
            copy = {
                **first.model_dump(exclude={"id"}),
                "public_id": f"ord_{index}",
                "number": f"KB-0000-{index:04}",
            }
            tx.session.add(
                Order(**copy | {"request_key": None, "placed_at": tx.now - timedelta(hours=index + 1)})
            )
    person = await people(desk)
    state = await shown(await opened(desk, person))
    assert (len(state.lines), state.bar.span, state.bar.previous) == (50, "1–50 of 54", "")
    assert {line.number for line in state.lines[:2]} == {order.number for order in placed}
    after = state.bar.next.partition("after=")[2]
    state = await shown(await opened(desk, person, after=after))
    assert (len(state.lines), state.bar.span, state.bar.next) == (4, "The last 4 of 54", "")
    before = state.bar.previous.partition("before=")[2]
    state = await shown(await opened(desk, person, before=before))
    assert (len(state.lines), state.bar.span) == (50, "1–50 of 54")


async def test_viewer_sees_masked_addresses_and_finds_whole_ones_only(desk: Desk) -> None:
    await desk.placed(floor=1)
    viewer = await people(desk, Role.VIEWER)
    state = await shown(await opened(desk, viewer))
    assert [line.email for line in state.lines] == ["m•••@example.com"]
    assert (await shown(await opened(desk, viewer, q="okafor@ex"))).lines == []
    assert len((await shown(await opened(desk, viewer, q="okafor"))).lines) == 1
    assert len((await shown(await opened(desk, viewer, q="maren.okafor@example.com"))).lines) == 1


async def test_other_organizers_orders_are_never_shown(desk: Desk) -> None:
    placed = await desk.placed(floor=1)
    stranger = await member(desk.runtime, await organizer(desk.runtime, "other"), Role.OWNER)
    for query in (
        {},
        {"q": placed.number},
        {"event": desk.event.public_id},
        {"after": placed.id},
        {"before": placed.id},
    ):
        state = await shown(await opened(desk, stranger, **query))
        assert (state.lines, state.events, state.bar.total) == ([], [], "0 orders")


async def test_nobody_sees_the_list_without_a_login(desk: Desk) -> None:
    await desk.placed(floor=1)
    for handler in (OrdersState.load, OrdersState.refresh, OrdersState.show_waiting):
        tab = desk.browser.tab("/admin/orders", query={"q": "maren"})
        await tab.call(handler)
        assert tab.redirects == ["/admin/login?next=%2Fadmin%2Forders%3Fq%3Dmaren"]
        assert (await shown(tab)).lines == []


@pytest.mark.parametrize("handler", [OrdersState.find, OrdersState.choose_dates, OrdersState.scrolled])
async def test_arguments_of_another_kind_are_refused(desk: Desk, handler: Any) -> None:
    tab = await opened(desk)
    await tab.call(handler, 7)
    assert (tab.toasts, tab.redirects) == ([NOT_UNDERSTOOD], [])


def test_address_says_only_what_is_filtered() -> None:
    wanted = Wanted(StatusFilter.PAID, "ev_1", "2026-04-01", "", "a b", after="ord_9")
    assert wanted.but(search="") == "/admin/orders?status=paid&event=ev_1&from=2026-04-01"
    assert Wanted().but() == "/admin/orders"
    assert wanted.but(after="ord_10").endswith("&q=a%20b&after=ord_10")
    assert filters.days_shown("", "2026-04-30") == "until 30 Apr 2026"
    assert filters.days_shown("2026-04-01", "") == "since 1 Apr 2026"
    assert filters.days_shown("2026-04-01", "2026-04-30") == "1 Apr 2026 – 30 Apr 2026"


def test_times_are_short_when_they_are_near() -> None:
    now = datetime(2026, 4, 14, 14, 41, tzinfo=UTC)
    assert short_time(now, ZONE, now=now) == "Today 10:41"
    assert short_time(now - timedelta(hours=11), ZONE, now=now) == "Yesterday 23:41"
    assert short_time(now - timedelta(days=12), ZONE, now=now) == "2 Apr 10:41"
    assert short_time(now - timedelta(days=300), ZONE, now=now) == "18 Jun 2025"
    assert (duration(148), duration(10_000)) == ("148 ms", "10.0 s")
