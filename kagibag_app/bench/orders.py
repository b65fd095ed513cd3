"""`kagibag bench orders`: how fast orders are found, read and exported, beside floors on the same data."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from kagibag_app.bench import browser, datasets, exporting
from kagibag_app.bench.cases import Case
from kagibag_app.bench.questions import all_cases, growth_pairs
from kagibag_app.bench.report import Grown, Measured, Report
from kagibag_app.bench.stand import Stand
from kagibag_app.bench.timing import ROUNDS, race
from kagibag_app.features.reports.rules import ExportFormat

SMALL = 10_000
# Growth compares two medians with each other: more rounds than against a floor that leaves room.
GROWTH_ROUNDS = 150


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run measures.

    Attributes:
        database: As ``datasets.prepared`` takes it.
        only: Cases whose name contains this; empty: all.
        small: Orders of the data set that growth is measured from; 0: no growth.
        export: Orders of an export; 0: none is measured.
        browser: Whether a browser is measured too.
    """

    orders: int
    database: str
    cache: Path
    seed: int = datasets.SEED
    rounds: int = ROUNDS
    only: str = ""
    small: int = SMALL
    export: int = exporting.ROWS
    browser: bool = True


async def run(plan: Plan, *, say: Callable[[str], None]) -> Report:
    """Measure everything.

    Args:
        say: Is told what is being measured.

    Raises:
        Different: The product and a floor found different things.
        LookupError: The data set is too small for a question.
    """
    large = _dataset(plan, plan.orders)
    # What is there by now stays: collecting garbage between the rounds need not look at it again.
    gc.freeze()
    async with AsyncExitStack() as stack:
        stand = await _stand(stack, large, plan)
        measured = [
            await _measure(stand, case, plan) for case in _named(all_cases(stand), plan.only, say, "")
        ]
        grown = await _growth(stack, stand, plan, say) if plan.small and plan.small < plan.orders else []
        compared = []
        if plan.export and plan.only in "export":
            rounds = min(exporting.ROUNDS, plan.rounds)
            rows = min(plan.export, plan.orders)
            compared += await exporting.compare(stand, rows=rows, say=say, rounds=rounds)
            for wanted in ExportFormat:
                compared += await exporting.memory(stand, wanted, rows=rows, say=say)
        if plan.browser and plan.only in "browser":
            rounds = min(browser.ROUNDS, plan.rounds)
            compared += await browser.compare(stand, plan.cache, say=say, rounds=rounds)
    return Report(plan.orders, "SQLite" if large.sqlite else "PostgreSQL", measured, grown, compared)


def _dataset(plan: Plan, orders: int) -> datasets.Dataset:
    return datasets.prepared(plan.database, plan.cache, orders, seed=plan.seed)


async def _stand(stack: AsyncExitStack, dataset: datasets.Dataset, plan: Plan) -> Stand:
    stand = await Stand.open(dataset, plan.cache)
    stack.push_async_callback(stand.close)
    return stand


def _named(cases: Iterable[Case], only: str, say: Callable[[str], None], before: str) -> Iterable[Case]:
    for case in cases:
        if only in case.name:
            say(before + case.name)
            yield case


async def _measure(stand: Stand, case: Case, plan: Plan) -> Measured:
    stand.use()
    answer, statements = await stand.statements(case.ask)
    expected, floor_statements = stand.plain.answer(case.floor)
    case.check(answer, expected)
    times = await race(
        {
            "product": lambda: case.timed(stand),
            "plain": lambda: stand.plain.timed(case.floor),
            "async": lambda: stand.driver.timed(case.floor),
        },
        rounds=plan.rounds,
    )
    product = times["product"]
    return Measured(
        case.name, product.median_ms, product.p99_ms, times["plain"].median_ms, times["async"].median_ms, statements,
        floor_statements, case.size(answer), product.rounds,
    )  # fmt: skip


async def _growth(stack: AsyncExitStack, large: Stand, plan: Plan, say: Callable[[str], None]) -> list[Grown]:
    small = await _stand(stack, _dataset(plan, plan.small), plan)
    found = []
    for name, in_small, in_large, rows in growth_pairs(small, large):
        if plan.only not in name:
            continue
        say(f"growth: {name}")

        async def from_small(case: Case = in_small) -> float:
            small.use()
            return await case.timed(small)

        async def from_large(case: Case = in_large) -> float:
            large.use()
            return await case.timed(large)

        rounds = min(GROWTH_ROUNDS, plan.rounds * 2)
        times = await race({"small": from_small, "large": from_large}, rounds=rounds)
        found.append(Grown(name, rows, times["small"].median_ms, times["large"].median_ms, plan.small))
    return found
