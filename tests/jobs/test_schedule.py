"""The clock asks; the outbox's key picks one run a period."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.jobs.running import working
from kagibag_app.jobs.schedule import PERIODIC, SWEEP, Periodic, ask, clock, occurrence
from kagibag_app.storage.outbox import OutboxRow
from tests.product import World

pytest_plugins = ["tests.product"]

MINUTELY = Periodic("sweep", timedelta(minutes=1))


def test_a_period_has_one_name_from_its_first_moment_to_its_last() -> None:
    start = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    names = [occurrence(MINUTELY, start + timedelta(seconds=s)) for s in (0, 30, 59.999, 60, 119)]
    assert names[0] == names[1] == names[2] != names[3] == names[4]
    assert names[0].startswith("sweep:")


async def test_fault_22_two_schedulers_make_one_run_a_period(world: World) -> None:
    runtime = world.runtime
    asked = await asyncio.gather(*(ask(runtime, MINUTELY) for _ in range(6)))
    assert sum(asked) <= 2  # a minute may end between the six
    runtime.clock.advance(timedelta(minutes=1))
    assert await ask(runtime, MINUTELY)
    assert not await ask(runtime, MINUTELY) or (await _runs(world)) == 3


async def _runs(world: World) -> int:
    async with world.runtime.store.read() as session:
        return (
            await session.scalar(
                sa.select(sa.func.count()).select_from(OutboxRow).where(col(OutboxRow.kind) == SWEEP)
            )
            or 0
        )


async def test_late_ticks_are_never_dropped_and_never_pile_up(world: World) -> None:
    scheduler = clock(world.runtime)
    scheduler.start(paused=True)
    jobs = scheduler.get_jobs()
    scheduler.shutdown(wait=False)
    assert {job.id for job in jobs} == {periodic.kind for periodic in PERIODIC}
    assert {(job.coalesce, job.max_instances, job.misfire_grace_time) for job in jobs} == {(True, 1, None)}
    assert {periodic.kind: periodic.every for periodic in PERIODIC} == {
        job.id: job.trigger.interval for job in jobs
    }


async def test_a_process_that_starts_asks_at_once_and_stops_clean(world: World) -> None:
    async with working(world.runtime):
        async with asyncio.timeout(10):
            while await _runs(world) == 0:  # noqa: ASYNC110 - nothing tells when
                await asyncio.sleep(0.05)
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "worker"]
