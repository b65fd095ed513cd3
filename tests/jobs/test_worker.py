"""The claim loop: runs, tries again, gives up, wakes at once, drains."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.jobs import worker as worker_module
from kagibag_app.jobs.catalog import CATALOG
from kagibag_app.jobs.outcome import Later
from kagibag_app.jobs.schedule import PERIODIC
from kagibag_app.jobs.worker import DEADLINE, LEASE, MAX_ATTEMPTS, LongRun, Run, Worker, backoff
from kagibag_app.kit.errors import DomainError
from kagibag_app.runtime import Runtime
from kagibag_app.storage.outbox import Job, OutboxRow
from kagibag_app.storage.transaction import Transaction
from tests.product import World

pytest_plugins = ["tests.product"]

Do = Callable[[Job], Awaitable[None]]


@pytest.fixture
def runtime(world: World) -> Runtime:
    """An installation whose only jobs are the test's own."""
    return world.runtime


def catalog(**jobs: Do) -> dict[str, Run]:
    """Return a catalog of jobs that need no runtime."""

    def of(do: Do) -> Run:
        return lambda _runtime, job: do(job)

    return {kind: of(do) for kind, do in jobs.items()}


async def ask(runtime: Runtime, *kinds: str, lane: str = "") -> None:
    """Enqueue a job of each kind, in this order, in a transaction of its own."""
    for kind in kinds:
        await runtime.store.run(lambda tx, kind=kind: tx.enqueue_once(kind, f"{kind}:{tx.now}", lane=lane))


async def row(runtime: Runtime, kind: str) -> OutboxRow:
    """Return the one job of a kind."""
    async with runtime.store.read() as session:
        return (await session.execute(sa.select(OutboxRow).where(col(OutboxRow.kind) == kind))).scalar_one()


async def fine(_job: Job) -> None:
    """Nothing goes wrong."""


async def test_a_job_runs_once_and_is_done(runtime: Runtime) -> None:
    ran: list[Job] = []

    async def note(job: Job) -> None:
        ran.append(job)

    await runtime.store.run(lambda tx: tx.enqueue_once("note", "k", order_id=7))
    assert await Worker(runtime, catalog(note=note)).run_due() == 1
    assert [(job.payload, job.attempts) for job in ran] == [({"order_id": 7}, 1)]
    assert (await row(runtime, "note")).status == "done"
    assert await Worker(runtime, catalog(note=note)).run_due() == 0


@pytest.mark.parametrize(("count", "attempts"), [(True, 2), (False, 1)])
async def test_a_job_that_asks_for_later_runs_again_under_its_row(
    runtime: Runtime, count: bool, attempts: int
) -> None:
    tries: list[int] = []

    async def wait(job: Job) -> None:
        tries.append(job.attempts)
        if len(tries) == 1:
            raise Later(timedelta(minutes=2), "Stripe is away.", count=count)

    await ask(runtime, "wait")
    worker = Worker(runtime, catalog(wait=wait))
    assert await worker.run_due() == 1
    waiting = await row(runtime, "wait")
    assert (waiting.status, waiting.last_error) == ("pending", "Stripe is away.")
    assert abs(waiting.due_at - runtime.clock.now() - timedelta(minutes=2)) < timedelta(seconds=20)
    runtime.clock.advance(timedelta(minutes=3))
    assert await worker.run_due() == 1
    assert (tries, (await row(runtime, "wait")).status) == ([1, attempts], "done")


async def test_a_job_may_ask_for_later_more_often_than_it_may_fail(runtime: Runtime) -> None:
    async def wait(_job: Job) -> None:
        raise Later(timedelta(0), "Not yet.")

    await ask(runtime, "wait")
    for _ in range(MAX_ATTEMPTS + 2):
        worker = Worker(runtime, catalog(wait=wait), concurrency=1)
        await worker._fill()
        await asyncio.gather(*worker._running)
    assert (await row(runtime, "wait")).status == "pending"


async def test_fault_27_a_poison_job_dies_after_its_tries_while_the_others_go_on(runtime: Runtime) -> None:
    async def poison(_job: Job) -> None:
        raise ZeroDivisionError("always")

    worker = Worker(runtime, catalog(poison=poison, fine=fine))
    await ask(runtime, "poison", "fine")
    for _ in range(MAX_ATTEMPTS):
        await worker.run_due()
        runtime.clock.advance(timedelta(minutes=15))
    dead = await row(runtime, "poison")
    assert (dead.status, dead.attempts, dead.last_error) == (
        "dead",
        MAX_ATTEMPTS,
        "ZeroDivisionError: always",
    )
    assert dead.finished_at is not None
    assert (await row(runtime, "fine")).status == "done"
    assert await worker.run_due() == 0


async def test_a_job_of_an_unknown_kind_is_kept_and_tried_again(runtime: Runtime) -> None:
    await ask(runtime, "of_a_newer_version")
    await Worker(runtime, {}).run_due()
    kept = await row(runtime, "of_a_newer_version")
    assert (kept.status, kept.attempts) == ("pending", 1)
    assert "no job of the kind 'of_a_newer_version'" in kept.last_error


async def test_a_refusal_by_a_rule_is_noted_like_any_failure(runtime: Runtime) -> None:
    async def refuse(_job: Job) -> None:
        raise DomainError("Not now.", code="no")

    await ask(runtime, "refuse")
    await Worker(runtime, catalog(refuse=refuse)).run_due()
    assert (await row(runtime, "refuse")).last_error == "DomainError: Not now."


async def test_a_run_past_its_deadline_is_stopped_and_tried_again(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_job: Job) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(worker_module, "DEADLINE", timedelta(seconds=0.05))
    await ask(runtime, "hang")
    await asyncio.wait_for(Worker(runtime, catalog(hang=hang)).run_due(), 5)
    assert (await row(runtime, "hang")).last_error.startswith("TimeoutError")
    assert DEADLINE < LEASE


async def _pause(_job: Job) -> None:
    await asyncio.sleep(0.5)


@pytest.mark.parametrize(("at_most", "status"), [(60.0, "done"), (0.2, "pending")])
async def test_a_long_run_keeps_its_lease_for_as_long_as_it_may(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, at_most: float, status: str
) -> None:
    monkeypatch.setattr(worker_module, "DEADLINE", timedelta(seconds=0.25))
    monkeypatch.setattr(worker_module, "RENEW_SECONDS", 0.05)
    await ask(runtime, "long")
    long = LongRun(lambda _runtime, job: _pause(job), timedelta(seconds=at_most))
    worker = Worker(runtime, {"long": long})
    await worker._fill()
    await asyncio.gather(*worker._running)
    left = await row(runtime, "long")
    assert (left.status, left.attempts) == (status, 1)
    assert left.last_error.startswith("" if status == "done" else "TimeoutError")


async def test_fault_22_a_long_run_whose_lease_passed_to_another_is_stopped(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "RENEW_SECONDS", 0.05)
    began, ended = asyncio.Event(), asyncio.Event()

    async def endless(_runtime: Runtime, _job: Job) -> None:
        began.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    await ask(runtime, "long")
    work = asyncio.ensure_future(Worker(runtime, {"long": LongRun(endless, timedelta(minutes=5))}).run_due())
    await asyncio.wait_for(began.wait(), 5)
    async with runtime.store.transaction() as tx:
        await tx.session.execute(sa.update(OutboxRow).values(lease_token="another's"))
    await asyncio.wait_for(ended.wait(), 5)
    await asyncio.wait_for(work, 5)
    left = await row(runtime, "long")
    assert (left.status, left.lease_token, left.last_error) == ("running", "another's", "")


async def test_no_more_jobs_run_at_once_than_allowed(runtime: Runtime) -> None:
    running = most = 0

    async def count(_job: Job) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1

    await runtime.store.run(lambda tx: _many(tx, "count", 9))
    assert await Worker(runtime, catalog(count=count), concurrency=3).run_due() == 9
    assert most == 3


async def _many(tx: Transaction, kind: str, number: int) -> None:
    for n in range(number):
        tx.enqueue(kind, f"{kind}:{n}")


async def test_a_commit_wakes_the_worker_at_once(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "TICK_SECONDS", 30.0)
    ran = asyncio.Event()

    async def note(_job: Job) -> None:
        ran.set()

    worker = Worker(runtime, catalog(note=note))
    loop = asyncio.create_task(worker.run())
    await asyncio.sleep(0.2)
    await ask(runtime, "note")
    began = time.monotonic()
    await asyncio.wait_for(ran.wait(), 3)
    assert time.monotonic() - began < 2
    worker.stop()
    await asyncio.wait_for(loop, 5)


async def test_fault_25_a_running_job_is_let_finish_and_nothing_more_is_claimed(runtime: Runtime) -> None:
    began, may_end = asyncio.Event(), asyncio.Event()

    async def slow(_job: Job) -> None:
        began.set()
        await may_end.wait()

    worker = Worker(runtime, catalog(slow=slow, fine=fine), concurrency=1)
    loop = asyncio.create_task(worker.run())
    await ask(runtime, "slow")
    await asyncio.wait_for(began.wait(), 3)
    worker.stop()
    await ask(runtime, "fine")
    await asyncio.sleep(0.1)
    assert not loop.done()
    may_end.set()
    await asyncio.wait_for(loop, 5)
    assert [(await row(runtime, kind)).status for kind in ("slow", "fine")] == ["done", "pending"]


async def test_fault_25_a_job_that_takes_longer_loses_only_its_lease(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "DRAIN_SECONDS", 0.05)
    began = asyncio.Event()

    async def endless(_job: Job) -> None:
        began.set()
        await asyncio.sleep(60)

    worker = Worker(runtime, catalog(endless=endless))
    loop = asyncio.create_task(worker.run())
    await ask(runtime, "endless")
    await asyncio.wait_for(began.wait(), 3)
    worker.stop()
    await asyncio.wait_for(loop, 5)
    left = await row(runtime, "endless")
    assert (left.status, left.attempts, left.last_error) == ("running", 1, "")
    runtime.clock.advance(LEASE + timedelta(seconds=5))
    assert await Worker(runtime, catalog(endless=fine)).run_due() == 1
    assert (await row(runtime, "endless")).status == "done"


async def test_fault_22_two_workers_run_every_job_once(runtime: Runtime) -> None:
    ran: list[int] = []

    async def note(job: Job) -> None:
        ran.append(job.id)
        await asyncio.sleep(0.002)

    await runtime.store.run(lambda tx: _many(tx, "note", 40))
    workers = [Worker(runtime, catalog(note=note), concurrency=4) for _ in range(2)]
    loops = [asyncio.create_task(worker.run()) for worker in workers]
    async with asyncio.timeout(10):
        while len(ran) < 40:  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.02)
    for worker in workers:
        worker.stop()
    await asyncio.gather(*loops)
    assert len(set(ran)) == len(ran) == 40


async def test_a_database_that_is_away_for_a_moment_does_not_end_the_worker(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, failures = worker_module.outbox.claim, [OSError("away")]

    async def sometimes(*args: Any, **kwargs: Any) -> list[Job]:
        if failures:
            raise failures.pop()
        return await claim(*args, **kwargs)

    monkeypatch.setattr(worker_module.outbox, "claim", sometimes)
    await ask(runtime, "fine")
    worker = Worker(runtime, catalog(fine=fine))
    loop = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        while (await row(runtime, "fine")).status != "done":  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.05)
    worker.stop()
    await loop


def test_pauses_double_up_to_ten_minutes() -> None:
    for attempt, seconds in ((1, 1), (2, 2), (5, 16), (10, 512), (11, 600), (200, 600)):
        assert 0.8 * seconds <= backoff(attempt).total_seconds() <= 1.2 * seconds


def test_every_periodic_kind_is_in_the_catalog() -> None:
    assert {periodic.kind for periodic in PERIODIC} <= set(CATALOG)
