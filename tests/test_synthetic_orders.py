"""The synthetic data set: clean books, something of everything, the same again for the same size and seed."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

import kagibag_app.tables  # noqa: F401 - puts every table into the metadata
from kagibag_app.demo.synthetic.making import Made, make
from kagibag_app.features.accounts.service import check_password
from kagibag_app.features.disputes.rules import DisputeStatus
from kagibag_app.features.ledger import queries as ledger
from kagibag_app.features.ledger.views import Figures, figures_of
from kagibag_app.features.messages.documents import MailLinks, render
from kagibag_app.features.messages.rules import MessageStatus, Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.rules import (
    DisputeState,
    OrderFilter,
    OrderStatus,
    RefundState,
    TicketStatus,
)
from kagibag_app.features.refunds.rules import RefundStatus, RequestStatus
from kagibag_app.jobs.audit import check
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.kit.clock import Clock
from kagibag_app.live.bus import MemoryBus
from kagibag_app.runtime import Runtime
from kagibag_app.settings import KeyRing, Settings, SettingsError
from kagibag_app.storage.schema import sync_url
from kagibag_app.storage.secrets import AccessLinks, SecretBox
from kagibag_app.storage.transaction import Store
from kagibag_app.web import runtime as web_runtime
from kagibag_app.web.admin.order.reading import story
from tests.databases import BOTH, fresh_database, sqlite_url

ORDERS, SEED, PASSWORD = 2000, 7, "five halls, one password"
KEYS = KeyRing({"k1": "synthetic-tests-synthetic-tests-synthetic"})
# Mails about what the data set has nothing of.
NOT_WRITTEN = {
    Template.ORDER_LINKS, Template.WEBHOOK_DISABLED, Template.TICKET_LINK, Template.NOTE_MENTION, Template.INVITATION,
    Template.REFUND_CAME_BACK, Template.REFUND_RETURNED, Template.REFUND_TO_ALLOCATE, Template.TICKETS_REVIVED,
    Template.EMAIL_CORRECTED, Template.REFUND_RECEIVED, Template.REFUND_WITHDRAWN, Template.REFUND_AWAITS_SECOND,
    Template.BULK_REFUND_FINISHED,
}  # fmt: skip
# What differs between two runs: salts, and the moment at which it was made.
NOT_REPEATED = {"users": {"password_hash"}, "audit_entries": {"at"}, "alembic_version": set()}


@pytest.fixture(scope="module", params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of each kind with the data set in it."""
    with fresh_database(request, tmp_path_factory.mktemp("synthetic")) as fresh:
        made = make(fresh, orders=ORDERS, seed=SEED, password=PASSWORD)
        assert (made.slug, made.orders, made.added) == ("synthetic-2000-7", ORDERS, ORDERS)
        yield fresh


@pytest.fixture
def empty(tmp_path: Path) -> str:
    """A database without anything."""
    return sqlite_url(tmp_path)


def look(url: str, query: str) -> list[Any]:
    """Return the rows of a query."""
    engine = sa.create_engine(sync_url(url))
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(sa.text(query))]
    engine.dispose()
    return rows


def counts(url: str, column: str, table: str) -> Counter[str]:
    """Return how many rows have each value of a column."""
    return Counter(dict(look(url, f"SELECT {column}, count(*) FROM {table} GROUP BY {column}")))  # noqa: S608


def everything(url: str) -> dict[str, list[Any]]:
    """Return all rows that are to be the same in every run."""
    found = {}
    for table in SQLModel.metadata.sorted_tables:
        left_out = NOT_REPEATED.get(table.name, set())
        names = ", ".join(name for name in table.columns.keys() if name not in left_out)  # noqa: SIM118
        order = ", ".join(table.primary_key.columns.keys())
        found[table.name] = look(url, f"SELECT {names} FROM {table.name} ORDER BY {order}")  # noqa: S608
    return found


def again(url: str, **changes: Any) -> Made:
    """Run the command once more."""
    return make(url, **({"orders": ORDERS, "seed": SEED, "password": PASSWORD} | changes))


AUTUMN = ("2025-09-30 22:00:00", "2026-01-31 23:00:00")
"""October to January in Berlin, across the change of the clocks, as the database writes moments."""


async def _figures(url: str, *bounds: datetime) -> dict[str, Figures]:
    """Add up what the home page shows of the organizer's stretches of time."""
    ((organizer,),) = look(url, "SELECT id FROM organizers")
    store = Store(url, MemoryBus(), Clock())
    async with store.read() as session:
        found = await ledger.movements(session, organizer, bounds=bounds or ledger.EVER)
    await store.close()
    return figures_of(found)


async def test_the_figures_of_all_time_are_what_payments_refunds_and_disputes_say(url: str) -> None:
    found = await _figures(url)
    assert {"JPY", "KWD"} < set(found)
    paid = look(
        url,
        "SELECT currency, sum(captured_minor), count(*) FROM payments WHERE captured_minor > 0 GROUP BY currency",
    )
    assert {code: (each.sales_minor, each.sales) for code, each in found.items()} == {
        code: (int(minor), count) for code, minor, count in paid
    }
    returned = look(
        url,
        "SELECT currency, sum(amount_minor), count(*) FROM refunds WHERE accepted_at IS NOT NULL"
        " AND status NOT IN ('failed', 'canceled') AND source <> 'outside_stripe' GROUP BY currency",
    )
    assert {code: (-each.refunded_minor, each.refunds) for code, each in found.items() if each.refunds} == {
        code: (int(minor), count) for code, minor, count in returned
    }
    taken = look(
        url,
        "SELECT currency, sum(amount_minor) FROM disputes WHERE kind = 'chargeback' AND status <> 'won'"
        " AND status NOT IN ('prevented', 'unknown') GROUP BY currency",
    )
    assert {code: -each.disputed_minor for code, each in found.items() if each.disputed_minor} == {
        code: int(minor) for code, minor in taken
    }


async def test_the_figures_of_a_period_are_what_was_booked_in_it(url: str) -> None:
    begin, end = (datetime.fromisoformat(f"{moment}+00:00") for moment in AUTUMN)
    suffix = "" if url.startswith("sqlite") else "+00"
    middle = begin + (end - begin) / 3
    found = await _figures(url, begin, middle, end)
    booked = look(
        url,
        "SELECT kind, settlement_currency, presentment_currency, sum(settlement_minor), sum(presentment_minor)"  # noqa: S608
        f" FROM ledger_entries WHERE at >= '{AUTUMN[0]}{suffix}' AND at < '{AUTUMN[1]}{suffix}' GROUP BY 1, 2, 3",
    )
    net, fees, shown = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    for kind, settled, presented, settled_minor, shown_minor in booked:
        net[settled] += int(settled_minor)
        fees[settled] += int(settled_minor) if kind.endswith(("_fee", "_fee_reversal", "_fee_refund")) else 0
        shown[presented, kind.removesuffix("_reversal")] += int(shown_minor or 0)
    assert {"JPY", "KWD"} & set(found)
    assert any(each.disputed_minor for each in found.values())
    assert {code: each.net_minor for code, each in found.items()} == dict(net)
    assert {code: each.fees_minor for code, each in found.items()} == dict(fees)
    for code, each in found.items():
        assert each.sales_minor == shown[code, "charge"]
        assert each.refunded_minor == shown[code, "refund"]
        assert each.disputed_minor == shown[code, "dispute"]


async def test_its_books_are_clean(url: str) -> None:
    store = Store(url, MemoryBus(), Clock())
    async with store.read() as session:
        findings = await check(session)
    await store.close()
    assert [(found.name, found.examples) for found in findings if found.count] == []
    assert look(url, "SELECT count(*) FROM outbox") == [(0,)]


def test_it_has_something_of_everything_in_the_shares_that_were_promised(url: str) -> None:
    assert look(url, "SELECT count(DISTINCT order_id) FROM refunds") == [(ORDERS * 3 // 100,)]
    assert look(url, "SELECT count(*) FROM disputes") == [(ORDERS // 200,)]
    ((codes,),) = look(url, "SELECT count(*) FROM applied_promotions")
    assert 0.13 <= codes / ORDERS <= 0.17
    sources = counts(url, "source", "orders")
    assert 0.04 <= sources["free"] / ORDERS <= 0.12
    assert set(counts(url, "currency", "orders")) == {"EUR", "JPY", "KWD", "USD", "GBP"}
    assert set(counts(url, "status", "orders")) == set(OrderStatus)
    assert set(counts(url, "refund_state", "orders")) == set(RefundState)
    assert set(counts(url, "dispute_state", "orders")) == set(DisputeState)
    assert set(counts(url, "status", "refunds")) == set(RefundStatus)
    assert set(counts(url, "status", "refund_requests")) == set(RequestStatus)
    assert set(counts(url, "status", "disputes")) == set(DisputeStatus)
    assert set(counts(url, "status", "tickets")) == set(TicketStatus)
    assert set(counts(url, "status", "email_messages")) >= {MessageStatus.SENT, MessageStatus.KEPT}
    tickets = look(
        url,
        "SELECT n, count(*) FROM (SELECT count(*) AS n FROM line_items GROUP BY order_id) AS t GROUP BY n",
    )
    assert {n for n, _ in tickets} == {1, 2, 3, 4}


def test_orders_were_placed_one_after_the_other_over_two_years_and_mostly_in_the_evening(url: str) -> None:
    moments = [row[0] for row in look(url, "SELECT placed_at FROM orders ORDER BY id")]
    assert moments == sorted(moments)
    hours = Counter(str(moment)[11:13] for moment in moments)
    assert hours["19"] > 3 * hours["08"]
    assert (str(moments[0])[:7], str(moments[-1])[:7]) == ("2024-11", "2026-10")


async def test_orders_are_found_by_all_that_belongs_to_them(url: str) -> None:
    ((organizer,),) = look(url, "SELECT id FROM organizers")
    store = Store(url, MemoryBus(), Clock())
    values = look(
        url,
        "SELECT orders.number, buyer_email, payment_intent_id, charge_id, stripe_refund_id, disputes.stripe_id, code"
        " FROM orders JOIN payments ON payments.order_id = orders.id"
        " LEFT JOIN refunds ON refunds.order_id = orders.id LEFT JOIN disputes ON disputes.order_id = orders.id"
        " JOIN tickets ON tickets.order_id = orders.id WHERE dispute_state <> 'none' OR refund_state = 'full'",
    )
    async with store.read() as session:
        for number, *others in values[:12]:
            for value in filter(None, [number, *others]):
                page = await orders.order_page(session, organizer, OrderFilter(search=value), counts=False)
                assert number in [row.number for row in page.rows], value
    await store.close()


def test_some_come_again_and_again_and_names_have_many_scripts(url: str) -> None:
    ((most,),) = look(url, "SELECT max(n) FROM (SELECT count(*) AS n FROM orders GROUP BY email_key) AS t")
    assert most >= 5
    names = "".join(row[0] for row in look(url, "SELECT DISTINCT buyer_name FROM orders"))
    for letter in "łźğéßøКЖのはן伟민ليლआ":
        assert any(ord(letter) // 128 == ord(other) // 128 for other in names), letter


def test_every_mail_can_be_read(url: str) -> None:
    links = MailLinks("http://localhost:8000", AccessLinks(KEYS))
    engine = sa.create_engine(sync_url(url))
    seen: set[str] = set()
    with Session(engine) as session:
        for template in Template:
            query = sa.select(EmailMessage).where(col(EmailMessage.template) == template).limit(3)
            rows = session.execute(query).scalars().all()
            for row in rows:
                seen.add(row.template)
                mail = render(Template(row.template), row.params, links, sandbox=True)
                assert mail.subject
                assert "KB-" in mail.text
    engine.dispose()
    assert seen >= set(Template) - NOT_WRITTEN


async def test_the_story_of_every_kind_of_order_can_be_told(url: str, tmp_path: Path) -> None:
    numbers = look(
        url,
        "SELECT min(number) FROM orders GROUP BY status, source, refund_state, dispute_state"
        " UNION SELECT min(number) FROM orders JOIN refunds ON order_id = orders.id GROUP BY refunds.status, refunds.source"
        " UNION SELECT min(number) FROM orders JOIN refund_requests ON order_id = orders.id GROUP BY refund_requests.status"
        " UNION SELECT min(number) FROM orders JOIN disputes ON order_id = orders.id GROUP BY disputes.status",
    )
    ((organizer,),) = look(url, "SELECT id FROM organizers")
    store = Store(url, MemoryBus(), Clock())
    shown_by = Runtime(
        settings=Settings(data_dir=tmp_path), store=store, bus=MemoryBus(), payments=cast("Any", None),
        mailer=cast("Any", None), webhook_sender=cast("Any", None), clock=Clock(), links=AccessLinks(KEYS),
        box=SecretBox(KEYS),
    )  # fmt: skip
    web_runtime.use(shown_by)
    support = Actor(ActorKind.MEMBER, organizer_id=organizer, role="support", name="Wren Halloran")
    try:
        for (number,) in numbers:
            told = await story(support, number)
            assert told.order.number == number
            assert told.timeline.rows
            assert all(row.text for row in told.timeline.rows)
    finally:
        web_runtime.use(None)
        await store.close()
    assert len(numbers) > 25


def test_its_members_can_log_in(url: str) -> None:
    rows = look(
        url,
        "SELECT users.email, role, password_hash FROM users JOIN memberships ON memberships.user_id = users.id ORDER BY users.id",
    )
    assert [(email.split("@")[0], role) for email, role, _ in rows] == [
        ("imke", "owner"), ("tarek", "manager"), ("wren", "support"), ("pau", "viewer"),
    ]  # fmt: skip
    assert check_password(PASSWORD, rows[0][2])


def test_a_second_run_changes_nothing(url: str) -> None:
    before = everything(url)
    made = again(url, password="another password")
    assert (made.added, made.orders, list(made.logins)) == (0, ORDERS, [])
    assert everything(url) == before


def test_the_same_size_and_seed_make_the_same_rows_again_and_an_interrupted_run_goes_on(
    empty: str, tmp_path: Path
) -> None:
    def stop_after_the_first_batch(done: int) -> None:
        if done == 1000:
            raise KeyboardInterrupt

    other = f"sqlite+aiosqlite:///{tmp_path / 'other.db'}"
    shutil.copy(tmp_path / "kagibag.db", tmp_path / "other.db")
    again(empty)
    with pytest.raises(KeyboardInterrupt):
        again(other, batch=1000, progress=stop_after_the_first_batch)
    assert look(other, "SELECT count(*) FROM orders") == [(1000,)]
    made = again(other, batch=1000)
    assert made.added == 1000
    whole, mended = everything(empty), everything(other)
    assert [table for table in whole if whole[table] != mended[table]] == []


def test_another_seed_makes_other_orders_beside_them(empty: str) -> None:
    again(empty, orders=300)
    again(empty, orders=300, seed=8)
    assert look(empty, "SELECT count(*), count(DISTINCT number) FROM orders") == [(600, 600)]
    assert look(empty, "SELECT count(DISTINCT organizer_id) FROM orders") == [(2,)]


def test_rows_refer_to_rows_that_are_there(empty: str, tmp_path: Path) -> None:
    again(empty)
    with sqlite3.connect(tmp_path / "kagibag.db") as database:
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_orders_that_it_did_not_make_are_left_alone(empty: str) -> None:
    again(empty, orders=1000)
    engine = sa.create_engine(sync_url(empty))
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM refunds"))
        connection.execute(sa.text("DELETE FROM orders WHERE id > 990"))
    engine.dispose()
    with pytest.raises(SettingsError, match="990 orders already"):
        again(empty, orders=1000)
