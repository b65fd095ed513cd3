"""Home: the figures of a period in the organizer's days, what needs a decision, deadlines, who sees it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.ledger.rules import EntryKind
from kagibag_app.features.ledger.tables import LedgerEntry
from kagibag_app.features.ledger.views import Figures
from kagibag_app.features.webhooks.tables import WebhookEndpoint
from kagibag_app.live import topics
from kagibag_app.web.admin.home.chart import chart
from kagibag_app.web.admin.home.periods import preset_period, read_period
from kagibag_app.web.admin.home.state import HomeState
from tests.web.attendee_desk import Desk
from tests.web.harness import Tab, member
from tests.web.test_admin_disputes import disputed
from tests.web.test_admin_refunds import watching

pytest_plugins = ["tests.web.desk_fixtures"]

BERLIN = "Europe/Berlin"


async def _home(
    desk: Desk,
    *,
    since: str = "",
    until: str = "",
    days: str = "",
    currency: str = "",
    role: Role = Role.VIEWER,
) -> Tab:
    said = {"from": since, "until": until, "days": days, "currency": currency}
    query = {name: text for name, text in said.items() if text}
    person = await member(desk.runtime, desk.shop.organizer_id, role)
    tab = desk.browser.tab("/admin", person=person, query=query)
    await tab.call(HomeState.load)
    return tab


async def _booked(desk: Desk, *entries: tuple[datetime, str, int, str]) -> None:
    """Book what Stripe reported: when, what kind, how much, in which currency."""
    async with desk.shop.store.transaction() as tx:
        tx.session.add_all(_entry(desk, number, *entry) for number, entry in enumerate(entries))


def _entry(desk: Desk, number: int, at: datetime, kind: str, minor: int, currency: str) -> LedgerEntry:
    fee = kind.endswith("_fee")
    return LedgerEntry(
        organizer_id=desk.shop.organizer_id, account="acct_1", balance_transaction=f"txn_{number}_{at.timestamp()}",
        kind=kind, settlement_minor=minor, settlement_currency=currency, cause="charge:ch_1", at=at,
        presentment_minor=None if fee else minor, presentment_currency="" if fee else currency,
    )  # fmt: skip


async def _in_zone(desk: Desk, zone: str) -> None:
    async with desk.shop.store.transaction() as tx:
        await tx.session.execute(
            sa.update(Organizer).where(col(Organizer.id) == desk.shop.organizer_id).values(zone=zone)
        )


def _amounts(tab: Tab) -> dict[str, str]:
    return {figure.name: figure.amount for figure in tab.vars["shown"].figures}


async def test_an_organizer_without_sales_reads_what_will_appear(desk: Desk) -> None:
    shown = (await _home(desk)).vars["shown"]
    assert {figure.amount for figure in shown.figures} == {"$0.00"}
    assert (shown.needs, shown.deadlines, shown.others) == ([], [], [])
    assert len(shown.chart.bars) == 30


async def test_a_day_is_the_organizer_s_across_the_change_of_the_clocks(desk: Desk) -> None:
    await _in_zone(desk, BERLIN)
    # 25 October 2026 has 25 hours in Berlin: it lasts from 22:00 to 23:00 in UTC.
    begin, end = datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)
    second = timedelta(seconds=1)
    await _booked(
        desk,
        (begin - second, EntryKind.CHARGE, 1, "USD"),
        (begin, EntryKind.CHARGE, 1000, "USD"),
        (end - second, EntryKind.CHARGE, 20000, "USD"),
        (end, EntryKind.CHARGE, 300000, "USD"),
    )
    tab = await _home(desk, since="2026-10-24", until="2026-10-26")
    bars = tab.vars["shown"].chart.bars
    assert [(bar.words, bar.sales) for bar in bars] == [
        ("24 Oct 2026", "$0.01"), ("25 Oct 2026", "$210.00"), ("26 Oct 2026", "$3,000.00"),
    ]  # fmt: skip
    one = await _home(desk, since="2026-10-25", until="2026-10-25")
    assert _amounts(one)["Sales"] == "$210.00"
    # In spring a day has 23.
    await _booked(
        desk,
        (datetime(2026, 3, 28, 23, tzinfo=UTC), EntryKind.CHARGE, 500, "USD"),
        (datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC), EntryKind.CHARGE, 7, "USD"),
        (datetime(2026, 3, 29, 22, tzinfo=UTC), EntryKind.CHARGE, 90000, "USD"),
    )
    spring = await _home(desk, since="2026-03-29", until="2026-03-29")
    assert _amounts(spring)["Sales"] == "$5.07"


async def test_figures_are_per_currency_and_each_has_its_chart(desk: Desk) -> None:
    at = desk.shop.now
    await _booked(
        desk,
        (at, EntryKind.CHARGE, 8400, "USD"), (at, EntryKind.STRIPE_FEE, -274, "USD"),
        (at, EntryKind.CHARGE, 32000, "JPY"), (at, EntryKind.CHARGE, 12500, "KWD"),
        (at, EntryKind.REFUND, -4200, "USD"), (at, EntryKind.REFUND, -1000, "USD"),
        (at, EntryKind.REFUND_REVERSAL, 1000, "USD"),
        (at, EntryKind.DISPUTE, -4200, "USD"), (at, EntryKind.DISPUTE_FEE, -1500, "USD"),
        (at, EntryKind.DISPUTE, -2500, "KWD"), (at, EntryKind.DISPUTE_REVERSAL, 2500, "KWD"),
        (at, EntryKind.ADJUSTMENT, 3, "USD"),
    )  # fmt: skip
    shown = (await _home(desk, days="today")).vars["shown"]
    assert [(figure.amount, figure.about) for figure in shown.figures] == [
        ("$84.00", "1 payment"),
        ("−$42.00", "1 refund, 50.0 % of sales"),
        ("−$42.00", "None open"),
        ("−$17.71", "after $17.74 fees"),
    ]
    assert [(row.currency, row.sales, row.disputed, row.net) for row in shown.others] == [
        ("JPY", "¥32,000", "¥0", "¥32,000"), ("KWD", "KWD\u00a012.500", "KWD\u00a00.000", "KWD\u00a012.500"),
    ]  # fmt: skip
    assert shown.others[0].href == "/admin?days=today&currency=JPY"
    yen = (await _home(desk, days="today", currency="JPY")).vars["shown"]
    assert (yen.chart.unit, yen.figures[0].amount) == ("JPY", "¥32,000")
    assert [row.currency for row in yen.others] == ["KWD", "USD"]


async def test_today_stands_beside_a_longer_period(desk: Desk) -> None:
    await _booked(
        desk,
        (desk.shop.now, EntryKind.CHARGE, 4200, "USD"),
        (desk.shop.now - timedelta(days=3), EntryKind.CHARGE, 100, "USD"),
    )
    tab = await _home(desk, days="7")
    sales = tab.vars["shown"].figures[0]
    assert (sales.amount, sales.about) == ("$43.00", "2 payments · today $42.00")


async def test_what_needs_a_decision_leads_there_most_pressing_first(desk: Desk) -> None:
    made = await disputed(desk)
    await desk.shop.store.run(lambda tx: _endpoint(tx, desk))
    shown = (await _home(desk)).vars["shown"]
    assert [(line.title, line.act, line.tone) for line in shown.needs] == [
        ("“CRM sync” is switched off", "See why", "bad"),
        (shown.needs[1].title, "Answer", "bad"),
    ]
    assert shown.needs[1].href == f"/admin/disputes/{made.public_id}"
    assert shown.needs_total == 2
    (deadline,) = shown.deadlines
    assert deadline.left.startswith("6 days 9 hours")
    assert deadline.day.endswith((" EST", " EDT"))
    assert shown.figures[2].about == "1 open for $84.00 · today −$84.00"


async def _endpoint(tx: Any, desk: Desk) -> None:
    tx.session.add(
        WebhookEndpoint(
            public_id="we_1", organizer_id=desk.shop.organizer_id, name="CRM sync", url="https://crm.example/in",
            sealed_secret="x", status="auto_disabled", failing_since=tx.now, created_at=tx.now,
        )
    )  # fmt: skip


async def test_the_page_follows_sales_refunds_disputes_and_webhooks(desk: Desk) -> None:
    with watching() as watched:
        tab = await _home(desk)
    organizer = desk.shop.organizer_id
    assert watched[-1] >= {
        topics.orders(organizer), topics.refunds(organizer), topics.disputes(organizer), topics.webhooks(organizer),
    }  # fmt: skip
    await _booked(desk, (desk.shop.now, EntryKind.CHARGE, 4200, "USD"))
    await tab.push(HomeState.refresh)
    assert _amounts(tab)["Sales"] == "$42.00"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "Choose the first and the last day."),
        ({"from": "2026-04-02", "until": "2026-04-01"}, "The last day is before the first one."),
        ({"from": "2016-04-02", "until": "2026-04-01"}, "Choose at most five years."),
    ],
)
async def test_days_that_are_none_are_refused(desk: Desk, form: dict[str, str], error: str) -> None:
    tab = await _home(desk)
    await tab.call(HomeState.choose_days, form)
    assert (tab.vars["days_error"], tab.redirects) == (error, [])


async def test_chosen_days_are_in_the_address(desk: Desk) -> None:
    tab = await _home(desk, currency="JPY")
    await tab.call(HomeState.choose_days, {"from": "2026-04-01", "until": "2026-04-30"})
    assert tab.redirects == ["/admin?currency=JPY&from=2026-04-01&until=2026-04-30"]
    odd = await _home(desk, days="x", since="nope")
    assert "could not be read" in odd.vars["notice"]
    assert len(odd.vars["shown"].chart.bars) == 30


@pytest.mark.parametrize("role", list(Role))
async def test_every_role_sees_the_figures(desk: Desk, role: Role) -> None:
    tab = await _home(desk, role=role)
    assert (tab.toasts, tab.vars["phase"]) == ([], "shown")


@pytest.mark.parametrize(
    ("first", "last", "bars", "second"),
    [
        ("2026-03-01", "2026-03-31", 31, date(2026, 3, 2)),
        ("2026-03-01", "2026-04-01", 5, date(2026, 3, 8)),
        ("2026-01-15", "2026-12-31", 12, date(2026, 2, 1)),
    ],
)
def test_bars_are_of_days_weeks_or_months(first: str, last: str, bars: int, second: date) -> None:
    period, ignored = read_period({"from": first, "until": last}, datetime(2026, 6, 1, tzinfo=UTC), BERLIN)
    assert (len(period.stretches), period.stretches[1], ignored) == (bars, second, [])
    bounds = period.bounds(BERLIN)
    assert len(bounds) == bars + 1
    assert list(bounds) == sorted(set(bounds))


def test_today_begins_at_midnight_of_the_organizer() -> None:
    late = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)
    period, _ = read_period({"days": "today"}, late, BERLIN)
    assert period.first == date(2026, 6, 2)
    assert period.bounds(BERLIN) == (
        datetime(2026, 6, 1, 22, tzinfo=UTC), datetime(2026, 6, 2, 22, tzinfo=UTC),
    )  # fmt: skip


def test_every_bar_stays_inside_the_drawing_and_says_its_figures() -> None:
    period = preset_period("7", date(2026, 4, 14))
    sums: Sequence[dict[str, Figures]] = [
        {"KWD": Figures("KWD", sales_minor=1_234_560 * number, refunded_minor=-250_000)}
        for number in range(6)
    ]
    drawn = chart(period, [*sums, {}], "KWD")
    assert len(drawn.bars) == 7
    for bar in drawn.bars:
        top = float(bar.sales_y)
        assert 7.9 <= top <= float(drawn.zero_y)
        assert float(drawn.zero_y) + float(bar.back_height) <= 180.1
        assert abs(top + float(bar.sales_height) - float(drawn.zero_y)) <= 0.11
    assert drawn.bars[5].sales == "KWD\u00a06,172.800"
    assert drawn.bars[6].sales_height == "0.0"
    assert "most of it 13 Apr 2026" in drawn.words
    assert drawn.grid[0].label == "KWD\u00a00"
