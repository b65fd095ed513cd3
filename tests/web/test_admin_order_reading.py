"""What the order's screen reads: everything, in as many statements whatever happened to the order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from kagibag_app.features.accounts.rules import Role
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.kit.errors import NotFound
from kagibag_app.web.admin.order.reading import FIRST_ENTRIES, Story, story
from tests.databases import BOTH, fresh_database
from tests.services.full_order import fill
from tests.services.stripe_snapshots import captured
from tests.web.attendee_desk import Desk, open_desk

MOST_STATEMENTS = 12


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database of each kind."""
    with fresh_database(request, tmp_path) as url:
        yield url


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """An event on sale."""
    async with open_desk(tmp_path, database_url=database_url) as opened:
        yield opened


def owner(organizer_id: int, role: Role = Role.OWNER) -> Actor:
    """A member of the organizer."""
    return Actor(ActorKind.MEMBER, organizer_id=organizer_id, user_id=1, role=role, name="Noor Haas")


async def counted(desk: Desk, number: str, actor: Actor) -> tuple[Story, list[str]]:
    """Read an order and return what was asked of the database, the transaction's own words apart."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "SET TRANSACTION")):
            asked.append(statement)

    engine = desk.runtime.store.reader.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        return await story(actor, number), asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def test_statements_are_as_many_for_one_ticket_as_for_ten_to_which_everything_happened(
    desk: Desk,
) -> None:
    small, _ = await captured(desk.shop, slug="small", count=1)
    large, payment = await captured(desk.shop, slug="large", count=10, capacity=10)
    await fill(desk.shop, large, payment)
    actor = owner(small.organizer_id)
    one, few = await counted(desk, small.number, actor)
    ten, many = await counted(desk, large.number, actor)
    assert few == many
    assert len(many) <= MOST_STATEMENTS
    assert (len(one.order.lines), len(one.refunds), len(one.disputes)) == (1, 0, 0)
    assert (len(ten.order.lines), len(ten.order.tickets), len(ten.refunds), len(ten.requests)) == (
        10, 10, 10, 10,
    )  # fmt: skip
    assert (len(ten.disputes), len(ten.payments[0].attempts), len(ten.mails)) == (2, 3, 13)
    assert (len(ten.timeline.rows), ten.timeline.more) == (FIRST_ENTRIES, True)
    assert ten.refunded == {line.id: 100 for line in ten.order.lines}
    assert [(s.currency, s.minor) for s in ten.sums] == [("USD", 42000 - 274 - 12 * 100)]


@pytest.mark.parametrize(
    "typed", [str, str.lower, lambda n: n.replace("-", ""), lambda n: f" {n.lower().removeprefix('kb-')}"]
)
async def test_a_number_is_found_however_it_is_typed(desk: Desk, typed: object) -> None:
    order, _ = await captured(desk.shop, slug="paid")
    found = await story(owner(order.organizer_id), typed(order.number))  # type: ignore[operator]
    assert found.order.number == order.number


async def test_another_organizers_number_is_not_found(desk: Desk) -> None:
    order, _ = await captured(desk.shop, slug="paid")
    with pytest.raises(NotFound):
        await story(owner(order.organizer_id + 1), order.number)


async def test_a_viewer_reads_no_address_in_any_text(desk: Desk) -> None:
    order, payment = await captured(desk.shop, slug="paid")
    await fill(desk.shop, order, payment)
    found = await story(owner(order.organizer_id, Role.VIEWER), order.number)
    assert found.order.buyer_email == "m•••@example.com"
    shown = " ".join(row.text + row.detail + row.said for row in found.timeline.rows)
    assert "maren.okafor@" not in shown
