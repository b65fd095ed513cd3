"""Takes due jobs from the outbox, runs them, releases them."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog

from kagibag_app.jobs.outcome import Later
from kagibag_app.kit.errors import DomainError
from kagibag_app.runtime import Runtime
from kagibag_app.storage import outbox
from kagibag_app.storage.outbox import Job, OutboxStatus
from kagibag_app.storage.transaction import OUTBOX_TOPIC

log = structlog.get_logger(__name__)

Run = Callable[[Runtime, Job], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class LongRun:
    """A job that may take longer than a lease lasts: the worker renews the lease while it runs.

    Attributes:
        at_most: It is stopped after that long.
    """

    run: Run
    at_most: timedelta


LEASE = timedelta(seconds=120)
# A run that takes longer has lost its lease: it is stopped before somebody else starts the same.
DEADLINE = LEASE - timedelta(seconds=20)
RENEW_SECONDS = 30.0
DRAIN_SECONDS = 20.0
# A commit wakes the worker; this is only how long a lost wake-up can delay.
TICK_SECONDS = 5.0
MAX_ATTEMPTS = 12


class Worker:
    """The claim loop of one process.

    Args:
        runtime: This process's connections.
        catalog: What runs for each kind of job.
        concurrency: Jobs at once.
    """

    def __init__(
        self, runtime: Runtime, catalog: Mapping[str, Run | LongRun], *, concurrency: int | None = None
    ) -> None:
        self._runtime, self._catalog = runtime, catalog
        self._concurrency = concurrency or runtime.settings.worker_concurrency
        self._wake, self._stopping = asyncio.Event(), asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work until ``stop``, then let what runs finish, at most 20 s; an unfinished lease simply ends."""
        unlisten = self._runtime.bus.listen(self._on_topics)
        try:
            while not self._stopping.is_set():
                # Cleared before the look, so that a commit during it is not slept over.
                self._wake.clear()
                taken = await self._fill()
                if not taken:
                    await self._rest()
        finally:
            unlisten()
            await self._drain()

    def stop(self) -> None:
        """Claim nothing more."""
        self._stopping.set()
        self._wake.set()

    async def run_due(self) -> int:
        """Run what is due now until nothing is, and return how many jobs ran. For tests and the demo's clock."""
        count = 0
        while taken := await self._fill():
            count += taken
            await asyncio.gather(*self._running)
        return count

    def _on_topics(self, topics: set[str]) -> None:
        if OUTBOX_TOPIC in topics:
            self._wake.set()

    async def _fill(self) -> int:
        free = self._concurrency - len(self._running)
        if free <= 0:
            return 0
        try:
            jobs = await self._runtime.store.run(
                lambda tx: outbox.claim(tx.session, tx.now, limit=free, lease=LEASE)
            )
        except Exception:
            log.exception("worker.claim_failed")
            await asyncio.sleep(1)
            return 0
        for job in jobs:
            task = asyncio.create_task(self._perform(job), name=f"{job.kind}:{job.id}")
            self._running.add(task)
            task.add_done_callback(self._finished)
        return len(jobs)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._wake.set()

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), await self._pause())

    async def _pause(self) -> float:
        if len(self._running) >= self._concurrency:
            return TICK_SECONDS
        try:
            async with self._runtime.store.read() as session:
                due = await outbox.next_due(session)
        except Exception:
            log.exception("worker.look_failed")
            return 1.0
        if due is None:
            return TICK_SECONDS
        # A due row may sit in a full lane: never spin on it.
        return min(max((due - self._runtime.clock.now()).total_seconds(), 0.2), TICK_SECONDS)

    async def _drain(self) -> None:
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=DRAIN_SECONDS)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=2)

    async def _perform(self, job: Job) -> None:
        release = partial(self._release, job)
        try:
            known = self._catalog.get(job.kind)
            if known is None:
                raise LookupError(f"no job of the kind {job.kind!r} is known to this version")
            async with asyncio.timeout(DEADLINE.total_seconds()) as deadline:
                if isinstance(known, LongRun):
                    async with self._renewing(job, known.at_most, deadline):
                        await known.run(self._runtime, job)
                else:
                    await known(self._runtime, job)
        except asyncio.CancelledError:
            raise  # the process is ending: the lease ends by itself
        except Later as later:
            await release(OutboxStatus.PENDING, delay=later.delay, error=later.reason, count=later.count)
        except Exception as error:
            await self._failed(job, error)
        else:
            await release(OutboxStatus.DONE)

    @contextlib.asynccontextmanager
    async def _renewing(self, job: Job, at_most: timedelta, deadline: asyncio.Timeout) -> AsyncIterator[None]:
        renewing = asyncio.create_task(self._renew(job, at_most, deadline), name=f"renew:{job.id}")
        try:
            yield
        finally:
            renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewing

    async def _renew(self, job: Job, at_most: timedelta, deadline: asyncio.Timeout) -> None:
        """Move the lease's end and the deadline before it, as long as both the lease and the time last."""
        clock = asyncio.get_running_loop().time
        ends = clock() + at_most.total_seconds()
        while clock() + RENEW_SECONDS < ends:
            await asyncio.sleep(RENEW_SECONDS)
            asked = clock()
            try:
                held = await self._runtime.store.run(
                    lambda tx: outbox.renew(tx.session, job, tx.now, lease=LEASE)
                )
            except Exception:
                log.exception("worker.renew_failed", kind=job.kind, job=job.id)
                continue
            if deadline.expired():
                return
            if not held:
                deadline.reschedule(asked)
                return
            deadline.reschedule(min(asked + DEADLINE.total_seconds(), ends))

    async def _failed(self, job: Job, error: Exception) -> None:
        dead = job.attempts >= MAX_ATTEMPTS
        text = f"{type(error).__name__}: {error}"
        if isinstance(error, DomainError):
            log.warning("job.refused", kind=job.kind, job=job.id, code=error.code, dead=dead)
        else:
            log.error(
                "job.failed", kind=job.kind, job=job.id, attempts=job.attempts, dead=dead, exc_info=error
            )
        await self._release(
            job, OutboxStatus.DEAD if dead else OutboxStatus.PENDING, delay=backoff(job.attempts), error=text
        )

    async def _release(
        self,
        job: Job,
        status: OutboxStatus,
        *,
        delay: timedelta = timedelta(0),
        error: str = "",
        count: bool = True,
    ) -> None:
        try:
            held = await self._runtime.store.run(
                lambda tx: outbox.release(
                    tx.session,
                    job,
                    status=status,
                    now=tx.now,
                    due_at=tx.now + delay,
                    error=error,
                    count_attempt=count,
                )
            )
        except Exception:
            log.exception("worker.release_failed", kind=job.kind, job=job.id)
            return
        if not held:
            log.warning("worker.lease_lost", kind=job.kind, job=job.id)


def backoff(attempts: int) -> timedelta:
    """Return how long a failed job waits: 1 s doubling to 10 min, +-20 %."""
    seconds = min(2 ** max(attempts - 1, 0), 600)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
