"""The list of orders: filters in the address, masked addresses, pages, and other organizers' orders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.orders.rules import StatusFilter
from kagibag_app.features.orders.tables import Order, OrderSearch
from kagibag_app.web.admin.orders import days, filters
from kagibag_app.web.admin.orders.filters import Wanted
from kagibag_app.web.admin.orders.state import OrdersState
from kagibag_app.web.admin.times import duration, short_time
from kagibag_app.web.session.guards import NOT_UNDERSTOOD
from tests.web.attendee_desk import Desk, open_desk
from tests.web.harness import member, organizer
from tests.web.orders_list import ZONE, change, copies, marks, numbers, opened, people, shown

MOST_STATEMENTS = 4
# The guard's session, the choices of the filters and the member's views stand apart.
_APART = (
    "SELECT login_sessions.", "SELECT events.", "SELECT promotions.", "SELECT saved_views."
)  # fmt: skip


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
    assert (marks(line), line.fresh) == (["Pending"], False)
    assert line.href == f"/admin/orders/{placed.number}"
    assert line.placed.startswith("Today ")
    assert (state.sums.span, state.sums.total, state.bar.zone) == ("1–1 of 1", "1 order", f"Times in {ZONE}")


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
    # That it was completed is not said beside a dispute and a refund.
    assert [marks(line) for line in state.lines] == [["Disputed", "Partially refunded"], ["Pending"]]


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


async def test_typing_shows_what_is_found_and_puts_it_into_the_address(desk: Desk) -> None:
    placed = await desk.placed(floor=1)
    await desk.placed(floor=1)
    tab = await opened(desk, status="pending", sort="oldest", after="ord_x")
    round_before = (await shown(tab)).search_round
    await tab.call(OrdersState.find, f"  {placed.number} ")
    state = await shown(tab)
    address = f"/admin/orders?status=pending&sort=oldest&q={placed.number}"
    assert ([line.number for line in state.lines], state.sums.total) == ([placed.number], "1 order")
    assert tab.replaced == [address]
    assert (state.here, state.search, state.search_round) == (address, placed.number, round_before)


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


async def test_source_and_promotion_filters_show_their_orders_and_name_them(desk: Desk) -> None:
    promotion = await desk.shop.code()
    with_code = await desk.shop.buy(
        desk.event, {desk.floor.public_id: 1}, code="HARBOUR15", platform_account="acct_platform"
    )
    free = await desk.placed(guest=1)
    person = await people(desk)
    tab = await opened(desk, person, source="free")
    assert (await numbers(tab), (await shown(tab)).bar.source) == ([free.number], "Free")
    tab = await opened(desk, person, source="stripe", promotion=promotion.public_id)
    state = await shown(tab)
    assert (await numbers(tab), state.bar.promotion) == ([with_code.number], "HARBOUR15")
    assert [(choice.label, choice.current) for choice in state.promotions] == [("HARBOUR15", True)]
    assert state.bar.without_source == f"/admin/orders?promotion={promotion.public_id}"


async def test_typed_code_goes_to_the_address_or_says_that_there_is_none(desk: Desk) -> None:
    promotion = await desk.shop.code()
    elsewhere = await organizer(desk.runtime, "other")
    await desk.shop.code("THEIRS", organizer_id=elsewhere)
    tab = await opened(desk, source="stripe")
    for typed in ("THEIRS", "nothing", ""):
        await tab.call(OrdersState.choose_code, {"code": typed})
        assert ((await shown(tab)).code_error, tab.redirects) == ("There is no such code.", [])
    await tab.call(OrdersState.choose_code, {"code": " harbour15 "})
    assert tab.redirects == [f"/admin/orders?source=stripe&promotion={promotion.public_id}"]


@pytest.mark.parametrize(
    ("sort", "order", "total_order", "placed_order"),
    [
        ("newest", [2, 1, 0], "none", "descending"),
        ("oldest", [0, 1, 2], "none", "ascending"),
        ("highest", [1, 2, 0], "descending", "none"),
        ("lowest", [0, 2, 1], "ascending", "none"),
    ],
)
async def test_list_is_sorted_as_the_address_says(
    desk: Desk, sort: str, order: list[int], total_order: str, placed_order: str
) -> None:
    placed = [await desk.placed(**wanted) for wanted in ({"guest": 1}, {"floor": 3}, {"floor": 1})]
    tab = await opened(desk, sort=sort)
    state = await shown(tab)
    assert await numbers(tab) == [placed[index].number for index in order]
    assert (state.bar.total_order, state.bar.placed_order) == (total_order, placed_order)
    assert [choice.href.partition("sort=")[2] or "newest" for choice in state.sorts if choice.current] == [
        sort
    ]
    assert state.bar.narrowed is False


async def test_heads_sort_by_their_column_and_then_the_other_way_round(desk: Desk) -> None:
    person = await people(desk)
    bar = (await shown(await opened(desk, person, status="paid"))).bar
    assert bar.by_total == "/admin/orders?status=paid&sort=highest"
    assert bar.by_placed == "/admin/orders?status=paid&sort=oldest"
    bar = (await shown(await opened(desk, person, sort="highest"))).bar
    assert (bar.by_total, bar.by_placed) == ("/admin/orders?sort=lowest", "/admin/orders")


async def test_rows_carry_the_list_so_that_their_page_can_walk_it(desk: Desk) -> None:
    placed = await desk.placed(floor=1)
    tab = await opened(desk, status="pending", q="maren okafor", sort="lowest")
    (line,) = (await shown(tab)).lines
    path, _, query = line.href.partition("?list=")
    assert path == f"/admin/orders/{placed.number}"
    wanted, ignored = filters.read_query("status=pending&sort=lowest&q=maren%20okafor")
    assert (query, ignored) == ("status%3Dpending%26sort%3Dlowest%26q%3Dmaren%2520okafor", [])
    assert (wanted.search, wanted.status, wanted.query()) == (
        "maren okafor",
        StatusFilter.PENDING,
        "status=pending&sort=lowest&q=maren%20okafor",
    )


async def test_days_begin_at_midnight_of_the_organizers_zone(desk: Desk) -> None:
    placed = await desk.placed(floor=1)
    await change(desk, placed.id, placed_at=datetime(2026, 4, 2, 3, 59, tzinfo=UTC))
    assert (await shown(await opened(desk, None, **{"from": "2026-04-02"}))).lines == []
    state = await shown(await opened(desk, None, **{"from": "2026-04-01", "until": "2026-04-01"}))
    assert [line.number for line in state.lines] == [placed.number]
    assert (state.bar.days, state.bar.days_zone) == ("1 Apr 2026", f"Days begin at midnight in {ZONE}")
    await change(desk, placed.id, placed_at=datetime(2026, 4, 2, 4, 0, tzinfo=UTC))
    assert await numbers(await opened(desk, None, **{"from": "2026-04-02"})) == [placed.number]


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
        ({"promotion": "promo_nobodys"}, "promotion"),
        ({"event": "a%00b"}, "event"),
        ({"source": "cash"}, "source"),
        ({"sort": "alphabet"}, "sort"),
        ({"q": "x" * 300}, "search"),
        ({"after": "x" * 90}, "page"),
        ({"before": "ord_gone"}, "page"),
        ({"after": "ord_a", "before": "ord_b"}, "page"),
        (
            {"status": "?", "from": "1", "source": "0", "sort": "[]", "q": "y" * 9000, "after": "'"},
            "status, source, sort, dates, page, search",
        ),
        ({"elsewhere": "x", "page": "7"}, ""),
    ],
)
async def test_bad_address_is_left_out_with_a_notice(desk: Desk, query: dict[str, str], named: str) -> None:
    placed = await desk.placed(floor=1)
    state = await shown(await opened(desk, None, **query))
    assert [line.number for line in state.lines] == [placed.number]
    assert state.notice == (
        f"Part of the address could not be read and was left out: {named}." if named else ""
    )


async def test_what_can_be_read_of_a_bad_address_holds(desk: Desk) -> None:
    await desk.placed(floor=1)
    paid = await desk.paid(floor=1)
    tab = await opened(desk, status="paid", sort="upwards", event="ev_nobodys")
    assert await numbers(tab) == [paid.number]
    assert (await shown(tab)).notice.endswith(": sort, event.")


async def test_pages_follow_each_other_and_come_back(desk: Desk) -> None:
    placed = [await desk.placed(guest=1) for _ in range(2)]
    await copies(desk, 52)
    person = await people(desk)
    state = await shown(await opened(desk, person))
    assert (len(state.lines), state.sums.span, state.bar.previous) == (50, "1–50 of 54", "")
    assert {line.number for line in state.lines[:2]} == {order.number for order in placed}
    after = state.bar.next.partition("after=")[2]
    state = await shown(await opened(desk, person, after=after))
    assert (len(state.lines), state.sums.span, state.bar.next) == (4, "The last 4 of 54", "")
    before = state.bar.previous.partition("before=")[2]
    state = await shown(await opened(desk, person, before=before))
    assert (len(state.lines), state.sums.span) == (50, "1–50 of 54")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": "maren"},
        {"q": "maren", "status": "pending", "source": "stripe", "sort": "highest", "from": "2020-01-01"},
        {"status": "pending", "after": "first"},
    ],
)
async def test_page_costs_few_statements_and_as_many_for_fifty_rows_as_for_one(
    desk: Desk, query: dict[str, str]
) -> None:
    first = await desk.placed(floor=1)
    query = {name: value.replace("first", first.id) for name, value in query.items()}
    tab = await opened(desk, None, **query)

    async def asked() -> list[str]:
        found: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            if not statement.startswith("BEGIN") and not statement.lstrip().startswith(_APART):
                found.append(statement)

        engine = desk.runtime.store.reader.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        await tab.call(OrdersState.load)
        event.remove(engine, "before_cursor_execute", note)
        return found

    few = await asked()
    await copies(desk, 60)
    many = await asked()
    assert few == many != []
    assert len(many) <= MOST_STATEMENTS, many


async def test_rows_are_shown_before_their_counts(desk: Desk) -> None:
    placed = await desk.placed(floor=1)
    tab = await opened(desk)
    await change(desk, placed.id, status="paid")
    tab.sent.clear()
    tab.query = {"status": "paid"}
    await tab.call(OrdersState.load)
    changes = [
        {name.removesuffix("_rx_state_"): value for name, value in changed.items()}
        for update in tab.sent
        for state, changed in (update.delta or {}).items()
        if state.endswith("orders_state")
    ]
    rows = next(place for place, changed in enumerate(changes) if "lines" in changed)
    counted = [place for place, changed in enumerate(changes) if changed.get("counting") is False]
    assert changes[rows]["counting"] is True
    assert counted == [rows + 1]
    assert [tab.count for tab in (await shown(tab)).tabs][:3] == ["1", "1", "0"]


async def test_notice_asks_to_refine_a_search_that_finds_too_much(desk: Desk) -> None:
    await desk.placed(floor=1)
    async with desk.runtime.store.transaction() as tx:
        order = (await tx.session.scalars(sa.select(Order))).one()
        tx.session.add_all(
            OrderSearch(organizer_id=order.organizer_id, order_id=10_000 + n, kind="name", value="maren twin")
            for n in range(2_000)
        )
    tab = await opened(desk, q="maren")
    assert (await shown(tab)).refine is True
    await tab.call(OrdersState.find, "maren okafor")
    assert ((await shown(tab)).refine, len(await numbers(tab))) == (False, 1)


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
        assert (state.lines, state.events, state.sums.total) == ([], [], "0 orders")


async def test_nobody_sees_the_list_without_a_login(desk: Desk) -> None:
    await desk.placed(floor=1)
    for handler in (OrdersState.load, OrdersState.refresh, OrdersState.show_waiting):
        tab = desk.browser.tab("/admin/orders", query={"q": "maren"})
        await tab.call(handler)
        assert tab.redirects == ["/admin/login?next=%2Fadmin%2Forders%3Fq%3Dmaren"]
        assert (await shown(tab)).lines == []


@pytest.mark.parametrize(
    "handler", [OrdersState.find, OrdersState.choose_dates, OrdersState.choose_code, OrdersState.scrolled]
)
async def test_arguments_of_another_kind_are_refused(desk: Desk, handler: Any) -> None:
    tab = await opened(desk)
    await tab.call(handler, 7)
    assert (tab.toasts, tab.redirects) == ([NOT_UNDERSTOOD], [])


def test_address_says_only_what_is_filtered() -> None:
    wanted = Wanted(StatusFilter.PAID, "ev_1", "2026-04-01", search="a b", after="ord_9")
    assert wanted.but(search="") == "/admin/orders?status=paid&event=ev_1&from=2026-04-01"
    assert Wanted().but() == "/admin/orders"
    assert wanted.but(after="ord_10").endswith("&q=a%20b&after=ord_10")
    assert days.days_shown("", "2026-04-30") == "until 30 Apr 2026"
    assert days.days_shown("2026-04-01", "") == "since 1 Apr 2026"
    assert days.days_shown("2026-04-01", "2026-04-30") == "1 Apr 2026 – 30 Apr 2026"


def test_times_are_short_when_they_are_near() -> None:
    now = datetime(2026, 4, 14, 14, 41, tzinfo=UTC)
    assert short_time(now, ZONE, now=now) == "Today 10:41"
    assert short_time(now - timedelta(hours=11), ZONE, now=now) == "Yesterday 23:41"
    assert short_time(now - timedelta(days=12), ZONE, now=now) == "2 Apr 10:41"
    assert short_time(now - timedelta(days=300), ZONE, now=now) == "18 Jun 2025"
    assert (duration(148), duration(10_000)) == ("148 ms", "10.0 s")


def test_ranges_of_days_follow_the_zones_own_calendar() -> None:
    # Late on 31 March in New York it is April in UTC already.
    now = datetime(2026, 4, 1, 3, 30, tzinfo=UTC)
    assert dict(days.ranges(now, ZONE)) == {
        "Today": ("2026-03-31", "2026-03-31"),
        "Yesterday": ("2026-03-30", "2026-03-30"),
        "Last 7 days": ("2026-03-25", "2026-03-31"),
        "Last 30 days": ("2026-03-02", "2026-03-31"),
        "This month": ("2026-03-01", "2026-03-31"),
        "Last month": ("2026-02-01", "2026-02-28"),
    }
