"""Every query, asked for one organizer with whatever belongs to the other, finds nothing."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

import kagibag_app.web
from tests.isolation import asking
from tests.isolation.conftest import House


def test_every_query_takes_an_organizer_or_says_why_not() -> None:
    taking, known = asking.of_organizer(), asking.queries()
    unexplained = {
        name
        for name, query in known.items()
        if name not in taking
        and not name.rpartition(".")[2].startswith("system_")
        and not asking.takes_a_row(query)
    }
    assert unexplained == {*asking.WITHOUT_ORGANIZER, *asking.NOT_ASKED}
    assert len(taking) > 40


def test_the_organizer_stands_first() -> None:
    second = {
        name: list(inspect.signature(query).parameters)[1] for name, query in asking.of_organizer().items()
    }
    assert {name: word for name, word in second.items() if word != "organizer_id"} == {}


def test_screens_ask_no_query_with_the_internal_id_of_a_row() -> None:
    known = asking.queries()
    inner = [known[name] for name, why in asking.WITHOUT_ORGANIZER.items() if why == asking.OF_ROW]
    used = {
        f"{module.__name__}: {place.attr}"
        for module in _screens()
        for place in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(place, ast.Attribute) and isinstance(place.value, ast.Name)
        if any(getattr(vars(module).get(place.value.id), place.attr, None) is query for query in inner)
    }
    assert used == set()


async def test_what_one_organizer_reads_is_the_same_without_the_other(house: House) -> None:
    now = await asking.alone(house.runtime.store, house.two.ours)
    assert len(now) > 10
    assert {name: said for name, said in now.items() if said != house.two.alone[name]} == {}
    assert {name: house.spy.told(said) for name, said in now.items() if house.spy.told(said)} == {}


async def test_the_other_s_ids_find_what_nobody_s_ids_find(house: House) -> None:
    spied, wrong, asked = house.spy, {}, 0
    async with house.runtime.store.read() as session:
        for name, query in asking.of_organizer().items():
            nothing: dict[str, str] = {}
            for case in asking.cases(query, spied.theirs, spied.ours):
                asked += 1
                said = await _said(query, session, house.two.ours, case.arguments)
                # All that nobody has looks the same, in most places; where it does not, the very same is asked.
                if said != nothing.get(case.place):
                    nothing[case.place] = await _said(query, session, house.two.ours, case.missing)
                if spied.told(said) or said != nothing[case.place]:
                    wrong[f"{name}({case.arguments})"] = (
                        spied.told(said) or f"{said[:300]} instead of {nothing[case.place][:300]}"
                    )
    assert asked > 1000
    assert wrong == {}


# One is asked only where a page begins; the others need an address and the promotion that it used, an order and who
# refunded it, the one request that somebody has open, or a refund made at Stripe that waits for its allocation.
BLIND = {
    "promotions.queries.uses_by_email",
    "refunds.queries.facts.given_alone",
    "refunds.queries.mending.allocation_choice",
    "refunds.queries.queue.queue_page",
    "refunds.queries.reviewing.reviewers",
}


async def test_the_same_questions_find_something_for_whom_it_belongs_to(sqlite_house: House) -> None:
    """Otherwise the walk would be blind."""
    spied, silent = sqlite_house.spy, set()
    async with sqlite_house.runtime.store.read() as session:
        for name, query in asking.of_organizer().items():
            nothing: dict[str, str] = {}
            for case in asking.cases(query, spied.theirs, spied.theirs):
                silent.add(name)
                said = await _said(query, session, sqlite_house.two.theirs, case.arguments)
                if case.place not in nothing:
                    nothing[case.place] = await _said(query, session, sqlite_house.two.theirs, case.missing)
                if said != nothing[case.place] or asking.takes_a_row(query):
                    silent.discard(name)
                    break
    assert silent - BLIND == set()


async def _said(query: Any, session: AsyncSession, organizer_id: int, arguments: dict[str, Any]) -> str:
    """Return an answer without what was asked, which it may repeat."""
    return asking.without(
        await asking.answer(query, session, organizer_id=organizer_id, **arguments), arguments
    )


def _screens() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(kagibag_app.web.__path__, f"{kagibag_app.web.__name__}."):
        yield importlib.import_module(found.name)
