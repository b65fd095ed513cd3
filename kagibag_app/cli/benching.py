"""Commands that measure."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from kagibag_app.cli.common import out, progress_of, read_settings
from kagibag_app.demo.synthetic.making import MOST
from kagibag_app.settings import Env, SettingsError, StripeMode

TABLE_WIDTH = 150
# The event loop never stands still for longer, however much comes at once.
LONGEST_STALL_MS = 200
app = typer.Typer()
bench_app = typer.Typer(help="Measurements on synthetic data.", no_args_is_help=True)
app.add_typer(bench_app, name="bench")


@bench_app.command()
def orders(
    orders: Annotated[int, typer.Option(help="Size of the data set.", min=1000, max=MOST)] = 1_000_000,
    database: Annotated[
        str,
        typer.Option(
            help="URL of a PostgreSQL server that may be given new databases; a SQLite file in the cache when omitted.",
            show_default=False,
        ),
    ] = "",
    cache: Annotated[
        Path | None,
        typer.Option(help="Keeps the data sets; KAGIBAG_DATA_DIR/bench when omitted.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the data set.", min=0, max=2**31)] = 7,
    small: Annotated[
        int,
        typer.Option(help="Size of the data set that growth is measured from; 0 leaves growth out.", min=0),
    ] = 10_000,
    export: Annotated[int, typer.Option(help="Orders of an export; 0 leaves exports out.", min=0)] = 100_000,
    browser: Annotated[
        bool, typer.Option(help="Measure in a browser too; needs Playwright and Chromium.")
    ] = True,
    rounds: Annotated[int, typer.Option(help="Rounds of quick cases; slow ones get fewer.", min=1)] = 100,
    only: Annotated[str, typer.Option(help="Only cases whose name contains this.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Measure how fast orders are found and read, beside floors on the same data; exit code 1 when a bar is missed.

    Example: kagibag bench orders --orders 100000 --database postgresql://localhost/postgres
    """
    from kagibag_app.bench import datasets
    from kagibag_app.bench.orders import Plan, run

    settings = read_settings(log_level="ERROR")
    if settings.env is Env.PRODUCTION or settings.stripe_mode is StripeMode.LIVE:
        raise SettingsError("Synthetic data is never made in production. Nothing was measured.")
    folder = cache or settings.data_dir / "bench"
    for size in filter(None, (orders, small if small < orders else 0)):
        with progress_of(f"data set of {size:,} orders", size) as progress:
            datasets.prepared(database, folder, size, seed=seed, progress=progress)
    plan = Plan(
        orders,
        database,
        folder,
        seed=seed,
        rounds=rounds,
        only=only,
        small=small,
        export=export,
        browser=browser,
    )
    report = asyncio.run(run(plan, say=_say))
    if as_json:
        out.print_json(json.dumps(report.as_list()))
    else:
        wide = Console(markup=False, highlight=False, width=max(out.width, TABLE_WIDTH))
        for table in report.tables():
            wide.print(table)
    sys.exit(1 if report.failures() else 0)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


@bench_app.command()
def live(
    database: Annotated[
        str,
        typer.Option(
            help="URL of an empty PostgreSQL database; a SQLite file that is removed afterwards when omitted.",
            show_default=False,
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Place 200 orders in ten seconds while 50 lists are open; exit code 1 when one misses an order or the loop stalls."""
    from kagibag_app.bench.live_burst import run

    settings = read_settings(log_level="ERROR")
    if settings.env is Env.PRODUCTION or settings.stripe_mode is StripeMode.LIVE:
        raise SettingsError("Synthetic data is never made in production. Nothing was measured.")
    with tempfile.TemporaryDirectory(prefix="kagibag-bench-") as folder:
        seen = run(Path(folder), database_url=database)
    if as_json:
        out.print_json(json.dumps(seen))
    else:
        table = Table("What", "Seen")
        for name, value in seen.items():
            table.add_row(name.replace("_", " "), str(value))
        out.print(table, soft_wrap=False)
    sys.exit(1 if seen["missed"] or seen["longest_stall_ms"] > LONGEST_STALL_MS else 0)


@bench_app.command("bulk-refund")
def bulk_refund(
    orders: Annotated[
        int, typer.Option(help="Orders that are refunded in one run.", min=1, max=20_000)
    ] = 3000,
    faults: Annotated[
        bool,
        typer.Option(
            help="Let Stripe refuse 2 %, leave 1 % unanswered and ask for less once, and kill the worker twice."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Refund an event's orders in one run, and retry what failed; exit code 1 when one is refunded twice or forgotten.

    Example: kagibag bench bulk-refund --orders 100 --faults
    """
    from kagibag_app.bench.bulk_refund import run

    settings = read_settings(log_level="ERROR")
    if settings.env is Env.PRODUCTION or settings.stripe_mode is not StripeMode.SANDBOX:
        raise SettingsError(
            "Bulk refunds are measured against the Stripe sandbox only. Nothing was measured."
        )
    with (
        tempfile.TemporaryDirectory(prefix="kagibag-bench-") as folder,
        progress_of("orders sold", orders) as progress,
    ):
        seen = run(Path(folder), orders=orders, faults=faults, progress=progress, say=_say)
    if as_json:
        out.print_json(json.dumps(seen))
    else:
        table = Table("What", "Seen")
        for name, value in seen.items():
            table.add_row(name.replace("_", " "), str(value))
        out.print(table, soft_wrap=False)
    right = seen["refunded"] == orders and not seen["duplicates"] and not seen["audit_violations"]
    sys.exit(0 if right else 1)
