"""What is measured: each case as the product does it and as a floor does it, and that both find the same."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.bench.floors import Floor, Statement
from kagibag_app.bench.list_floors import Wanted, neighbours_floor, page_floor, search_floor
from kagibag_app.bench.stand import Stand
from kagibag_app.bench.story_floor import story_floor
from kagibag_app.demo.synthetic.sheets import stamp
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.rules import OrderFilter
from kagibag_app.features.orders.views import Neighbours, OrderPage
from kagibag_app.web.admin.order.reading import Story, read_story


class Different(Exception):
    """The product and the floor found different things: there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question.

    Attributes:
        ask: Asks the product in a session that is open already; the seconds it takes are what counts.
        floor: Asks the database.
        size: How many rows the answer has, for people.
        check: Compares the two answers.
    """

    name: str
    ask: Callable[[AsyncSession], Awaitable[Any]]
    floor: Floor
    size: Callable[[Any], int]
    check: Callable[[Any, Any], None]

    async def timed(self, stand: Stand) -> float:
        """Return the seconds that the product takes."""
        async with stand.session() as session:
            began = time.perf_counter()
            await self.ask(session)
            return time.perf_counter() - began


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the list.

    Attributes:
        chosen: Filter, search and sort.
        after: The page follows the order of this public id.
        counts: Whether the counts are asked for.
        finds: Find the keys of a search by hand; the quicker of them is the floor.
    """

    chosen: OrderFilter = field(default_factory=OrderFilter)
    after: str = ""
    counts: bool = True
    finds: tuple[Statement, ...] = ()

    def within(self, placed_from: datetime) -> Question:
        """Return the same question about the orders from a moment on."""
        return replace(self, chosen=replace(self.chosen, placed_from=placed_from), counts=False)


def page_case(stand: Stand, name: str, question: Question) -> Case:
    """A page of the list."""
    organizer = stand.dataset.organizer_id
    wanted, finds = _wanted(stand, question), question.finds

    async def ask(session: AsyncSession) -> OrderPage:
        return await orders.order_page(
            session, organizer, question.chosen, after=question.after, counts=question.counts
        )

    if finds:
        floor = _quicker(stand, *(_search(stand, wanted, find) for find in finds))
    elif question.counts:
        floor = _quicker(stand, lambda: page_floor(wanted), lambda: page_floor(wanted, in_one_pass=True))
    else:
        floor = _quicker(stand, lambda: page_floor(wanted))
    return Case(name, ask, floor, lambda page: len(page.rows), _same_page)


def _search(stand: Stand, wanted: Wanted, finds: Statement) -> Floor:
    return lambda: search_floor(wanted, finds, sqlite=stand.dataset.sqlite)


def _quicker(stand: Stand, *floors: Floor) -> Floor:
    """Return the floor that answers first."""
    if len(floors) == 1:
        return floors[0]

    def seconds(floor: Floor) -> float:
        taken = []
        for _ in range(2):
            began = time.perf_counter()
            stand.plain.answer(floor)
            taken.append(time.perf_counter() - began)
        return min(taken)

    return min(floors, key=seconds)


def neighbours_case(stand: Stand, name: str, question: Question) -> Case:
    """The orders beside one."""
    organizer = stand.dataset.organizer_id
    wanted = _wanted(stand, question)

    async def ask(session: AsyncSession) -> Neighbours:
        return await orders.neighbours(session, organizer, question.chosen, question.after)

    return Case(name, ask, lambda: neighbours_floor(wanted), lambda _: 2, _same_neighbours)


def story_case(stand: Stand, name: str, number: str) -> Case:
    """An order's page."""
    organizer = stand.dataset.organizer_id

    async def ask(session: AsyncSession) -> Story:
        return await read_story(session, stand.member, number)

    return Case(
        name,
        ask,
        lambda: story_floor(organizer, number),
        lambda told: len(told.timeline.rows),
        _same_story,
    )


def _wanted(stand: Stand, question: Question) -> Wanted:
    chosen = question.chosen
    values: dict[str, Any] = {
        "event": chosen.event,
        "promotion": chosen.promotion,
        "source": chosen.source,
        "placed_from": _moment(stand, chosen.placed_from),
        "placed_until": _moment(stand, chosen.placed_until),
    }
    return Wanted(
        stand.dataset.organizer_id,
        chosen.status,
        {name: value for name, value in values.items() if value},
        chosen.sort.value,
        question.after,
        question.counts,
    )


def _moment(stand: Stand, at: datetime | None) -> Any:
    if at is None:
        return None
    return stamp(at.astimezone(UTC)) if stand.dataset.sqlite else at


def _same_page(page: OrderPage, answer: tuple[list[Any], Mapping[str, int]]) -> None:
    rows, counts = answer
    _equal(
        "rows",
        [
            (r.id, r.number, r.buyer_email, r.status, r.total_minor, r.discount_code, r.tickets)
            for r in page.rows
        ],
        [(r[0], r[1], r[3], r[5], r[9], r[12] or "", r[13]) for r in rows[: len(page.rows)]],
    )
    _equal("another page", bool(page.next_after), len(rows) > len(page.rows))
    if counts:
        _equal("counts", {c.status: c.count for c in page.counts}, dict(counts))


def _same_neighbours(found: Neighbours, answer: tuple[str, str]) -> None:
    _equal("neighbours", (found.previous_number, found.next_number), answer)


def _same_story(told: Story, parts: Mapping[str, list[Any]]) -> None:
    def named(part: str) -> list[Any]:
        return list(dict.fromkeys(row[0] for row in parts[part]))

    _equal("order", told.order.id, parts["order"][0][0])
    _equal("lines", [line.id for line in told.order.lines], named("lines"))
    _equal("payments", [payment.public_id for payment in told.payments], named("payments"))
    _equal("requests", [request.id for request in told.requests], named("requests"))
    _equal("refunds", [refund.id for refund in told.refunds], named("refunds"))
    _equal("bookings", [row.balance_transaction for row in told.bookings], [r[0] for r in parts["bookings"]])
    _equal("disputes", len(told.disputes), len(parts["disputes"]))
    _equal("mails", [mail.public_id for mail in told.mails], named("mails"))
    _equal("timeline", [row.id for row in told.timeline.rows], named("timeline")[:40])
    _equal("beside", (told.beside.previous_number, told.beside.next_number), parts["beside"][0])
    _equal("waiting", (told.counts.refunds, told.counts.disputes), tuple(parts["waiting"][0]))


def _equal(what: str, product: object, floor: object) -> None:
    if product != floor:
        raise Different(f"{what}: the product found {product!r:.600}, the floor {floor!r:.600}")
