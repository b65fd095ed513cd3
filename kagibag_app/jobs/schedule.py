"""APScheduler as a clock. The truth is ``due_at`` in the rows; a lost tick only delays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from kagibag_app.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job that runs once a period, whichever worker asks first.

    Attributes:
        kind: Name in the catalog.
        every: The period.
    """

    kind: str
    every: timedelta


SWEEP = "sweep"
CATCH_UP_STRIPE = "catch_up_stripe"
PRUNE = "prune"

# Every worker carries this clock; the outbox's unique key `kind:period` picks one run.
PERIODIC = (
    Periodic(SWEEP, timedelta(minutes=1)),
    Periodic(CATCH_UP_STRIPE, timedelta(minutes=10)),
    Periodic(PRUNE, timedelta(hours=1)),
)


def clock(runtime: Runtime) -> AsyncIOScheduler:
    """Return a scheduler, not yet started, that enqueues each periodic job."""
    scheduler = AsyncIOScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for periodic in PERIODIC:
        scheduler.add_job(
            _asker(runtime, periodic),
            IntervalTrigger(seconds=int(periodic.every.total_seconds())),
            id=periodic.kind,
            # At once: a process that never lives through a whole period catches up too.
            next_run_time=datetime.now(UTC),
        )
    return scheduler


async def ask(runtime: Runtime, periodic: Periodic) -> bool:
    """Enqueue this period's run unless somebody did; returns whether we did."""

    return await runtime.store.run(lambda tx: tx.enqueue_once(periodic.kind, occurrence(periodic, tx.now)))


def occurrence(periodic: Periodic, now: datetime) -> str:
    """Name the period that ``now`` is in."""
    return f"{periodic.kind}:{int(now.timestamp() // periodic.every.total_seconds())}"


def _asker(runtime: Runtime, periodic: Periodic) -> Callable[[], Awaitable[None]]:
    async def tick() -> None:
        await ask(runtime, periodic)

    return tick
