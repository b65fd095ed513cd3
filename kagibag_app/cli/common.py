"""What every command shares: settings, output, a database to work on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from kagibag_app.bootstrap import build
from kagibag_app.kit.clock import Clock
from kagibag_app.live.bus import MemoryBus
from kagibag_app.logs import configure as configure_logs
from kagibag_app.runtime import Runtime
from kagibag_app.settings import Settings
from kagibag_app.storage.transaction import Store

T = TypeVar("T")

# Plain lines: an address stays whole wherever the output goes, and a name with brackets is no markup.
out = Console(markup=False, highlight=False, soft_wrap=True)
ROOT = Path(__file__).resolve().parent.parent.parent

Port = Annotated[
    int | None,
    typer.Option(
        help="Port of the product; the Stripe sandbox takes the next one. KAGIBAG_PORT, PORT or 8000 when omitted.",
        min=1,
        max=65534,
        show_default=False,
    ),
]


def read_settings(**changes: Any) -> Settings:
    """Read the settings; what the command line says wins, also in the processes that it starts."""
    said = {f"KAGIBAG_{name.upper()}": str(value) for name, value in changes.items() if value is not None}
    os.environ.update(said)
    settings = Settings()
    configure_logs(settings)
    return settings


def with_store(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    """Work on the database alone: no Stripe, no worker."""

    async def run() -> T:
        store = Store(settings.database, MemoryBus(), Clock())
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def with_runtime(settings: Settings, work: Callable[[Runtime], Awaitable[T]]) -> T:
    """Work on the whole installation, Stripe included."""

    async def run() -> T:
        runtime = await build(settings)
        try:
            return await work(runtime)
        finally:
            await runtime.close()

    return asyncio.run(run())


@contextmanager
def progress_of(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how far long work has come; what is yielded is told how much is done. It goes to standard error.

    Args:
        what: What is counted, e.g. ``orders``.
    """
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
