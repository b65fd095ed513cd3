"""The bench on a small data set: product and floors find the same, and what is printed can be read by a script."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kagibag_app.bench import datasets, exporting
from kagibag_app.bench.orders import Plan, run
from kagibag_app.bench.report import Compared, Grown, Measured, Report
from kagibag_app.bench.stand import Stand
from kagibag_app.bench.timing import race
from kagibag_app.features.reports.rules import ExportFormat
from tests.command_line import Kagibag
from tests.servers.postgres import PostgresCluster

pytest_plugins = ["tests.command_line"]

FIELDS = {"name", "median_ms", "p99_ms", "floor_sync_ms", "floor_async_ms", "statements"}


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_product_and_floors_find_the_same_in_every_case(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    database = ""
    if kind == "postgres":
        cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
        database = cluster.url("postgres")
    said: list[str] = []
    report = await run(
        Plan(2000, database, tmp_path, rounds=1, small=1000, export=0, browser=False), say=said.append
    )
    names = [case.name for case in report.measured]
    assert [line for line in said if not line.startswith("growth")] == names
    assert {"list, first page", "list, deep page", "search, number", "order, plain", "neighbours"} <= set(
        names
    )
    for case in report.measured:
        most = 12 if case.name.startswith("order") else 4
        assert 0 < (case.statements or 0) <= most, case.name
        assert case.rows or "dates" in case.name
        assert 0 < case.median_ms <= case.p99_ms
    assert {grown.name for grown in report.grown} >= {
        "list, first page",
        "search, number",
        "order of 1 ticket",
    }
    assert all(grown.rows for grown in report.grown)


def test_the_command_prints_a_list_for_scripts_and_keeps_the_data_set(
    kagibag: Kagibag, tmp_path: Path
) -> None:
    arguments = (
        "bench",
        "orders",
        "--orders",
        "2000",
        "--small",
        "0",
        "--export",
        "0",
        "--no-browser",
        "--rounds",
        "1",
        "--only",
        "search, number",
    )
    first = kagibag(*arguments, "--json")
    (figure,) = json.loads(first.out)
    assert figure.keys() >= FIELDS | {"pass", "why"}
    assert first.code == (0 if figure["pass"] else 1)
    (kept,) = (tmp_path / "bench").glob("*.db")
    made = kept.stat().st_mtime_ns
    table = kagibag(*arguments)
    assert "search, number" in table.out
    assert kept.stat().st_mtime_ns == made


async def test_exports_are_compared_with_the_same_rows_and_cells(tmp_path: Path) -> None:
    stand = await Stand.open(datasets.prepared("", tmp_path, 1000), tmp_path)
    try:
        compared = await exporting.compare(stand, rows=300, say=lambda _: None, rounds=1)
        memory = await exporting.memory(stand, ExportFormat.CSV, rows=300, say=lambda _: None)
    finally:
        await stand.close()
    assert [figure.name.split(",")[0] for figure in compared] == [
        "export CSV",
        "export CSV",
        "export XLSX",
        "export XLSX",
    ]
    assert all("300 orders" in figure.name and figure.value > 0 for figure in compared)
    assert all(figure.unit == "MB" and figure.value > figure.plus / 10 for figure in memory)


ASK_FOR_ROUTES = """
import os, sys
from kagibag_app.web import routes

class Recorder:
    def __init__(self): self.routes = []
    def add_page(self, page, *, route, **rest): self.routes.append(route)

for bench in ("", "1"):
    os.environ.update({"KAGIBAG_BENCH": bench} if bench else {})
    recorder = Recorder()
    routes.register(recorder)
    print(len(recorder.routes), "/bench/rows" in recorder.routes, "kagibag_app.web.yardstick" in sys.modules)
"""


def test_the_page_of_constant_rows_is_there_for_the_bench_alone() -> None:
    # Asked of another process: a State that was imported once stays registered.
    asked = subprocess.run(
        [sys.executable, "-c", ASK_FOR_ROUTES], capture_output=True, text=True, check=True, timeout=60
    )
    usual, bench = (line.split() for line in asked.stdout.splitlines())
    assert usual[1:] == ["False", "False"]
    assert bench[1:] == ["True", "True"]
    assert int(bench[0]) == int(usual[0]) + 1


def test_synthetic_data_is_not_made_beside_live_payments(kagibag: Kagibag) -> None:
    answer = kagibag("bench", "orders", stripe_mode="live", stripe_secret_key="sk_live_1")
    assert (answer.code, "never made" in answer.err) == (2, True)


@pytest.mark.parametrize(
    ("figure", "says"),
    [
        (Measured("a", 7.0, 26.9, 1.0, 2.0, 3, 3), []),
        (Measured("a", 7.1, 7.2, 1.0, 2.0, 3, 3), ["median 7.10 ms, allowed 7.00 ms"]),
        (Measured("a", 7.0, 27.1, 1.0, 2.0, 3, 3), ["p99 27.1 ms, allowed 27.0 ms"]),
        (Measured("a", 7.0, 7.0, 1.0, 2.0, 4, 3), ["4 statements, the floor needs 3"]),
        (Grown("a", 50, 2.0, 3.0, 10_000), []),
        (Grown("a", 50, 2.0, 3.1, 10_000), ["1.55 times as long as with 10,000 orders, allowed 1.5"]),
        (Compared("a", 62.0, 10.0, 6.0, plus=2.0), []),
        (Compared("a", 62.1, 10.0, 6.0, plus=2.0), ["62.1 ms, allowed 62.0 ms"]),
    ],
)
def test_a_figure_is_judged_by_its_bars(figure: Measured | Grown | Compared, says: list[str]) -> None:
    assert figure.failures() == says
    report = Report(
        1000, "SQLite", measured=[figure] if isinstance(figure, Measured) else [],
        grown=[figure] if isinstance(figure, Grown) else [], compared=[figure] if isinstance(figure, Compared) else [],
    )  # fmt: skip
    assert report.failures() == len(says[:1])
    (written,) = report.as_list()
    assert (written["pass"], written["why"]) == (not says, "; ".join(says))


async def test_every_way_runs_once_a_round_and_the_slowest_of_a_hundred_is_the_last_percent() -> None:
    order: list[str] = []
    taken = iter(range(10_000))

    async def left() -> float:
        order.append("left")
        return next(taken) / 1000

    async def right() -> float:
        order.append("right")
        return 0.001

    times = await race({"left": left, "right": right}, rounds=100)
    assert (times["left"].rounds, times["right"].median_ms) == (100, 1.0)
    # The five rounds before don't count.
    assert (times["left"].median_ms, times["left"].p99_ms) == (54.5, 103.0)
    assert order.count("left") == order.count("right") == 105
    assert order[10:14] == ["left", "right", "right", "left"]
