"""Signed delivery of events: durable queue, retries with back-off, duplicates and disorder on demand.

Source: docs.stripe.com/webhooks
"""

import asyncio
import hashlib
import hmac
import json
import logging
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from math import inf
from typing import Any

import httpx

from kagibag_app.sandbox.books import GATHER_SECONDS
from kagibag_app.sandbox.engine import Engine

logger = logging.getLogger(__name__)

Deliver = Callable[[str, bytes, dict[str, str]], Awaitable[int]]

AT_ONCE = 4
ATTEMPTS = 16
LONGEST_PAUSE = 3_600.0
TIMEOUT_SECONDS = 10.0
SHORTEST_NAP, LONGEST_NAP = 0.05, 30.0
MODES = ("auto", "hold", "reverse", "shuffle")
USER_AGENT = "Stripe/1.0 (+https://stripe.com/docs/webhooks)"


def signature_header(payload: bytes, secret: str, timestamp: int) -> str:
    """`Stripe-Signature` of a payload: a real, never virtual time and the HMAC-SHA256 over both."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


@dataclass(frozen=True)
class Job:
    """One event for one receiver."""

    seq: int
    event: str
    url: str
    secret: str
    attempts: int


@dataclass
class FlushResult:
    """What a flush did: deliveries that arrived, that failed, and how many are still queued."""

    delivered: int = 0
    failed: int = 0
    queued: int = 0

    def as_dict(self) -> dict[str, int]:
        """For JSON."""
        return asdict(self)


class Courier:
    """Sends what is queued.

    Args:
        engine: the sandbox's state.
        deliver: posts a body to a URL and returns the HTTP status; by default over the network.
    """

    def __init__(self, engine: Engine, deliver: Deliver | None = None) -> None:
        self._engine = engine
        self._db = engine.store.db
        self._deliver = deliver or self._post
        self._client: httpx.AsyncClient | None = None
        self._sending: set[int] = set()
        self._slots: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        engine.on_commit = self._wake.set

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False)
        return (await self._client.post(url, content=body, headers=headers)).status_code

    async def pump(self) -> None:
        """Deliver and run the agenda while the server lives; wakes at a commit or when something is due."""
        while True:
            self._wake.clear()
            try:
                self._engine.run_due()
                self._start_due()
            except Exception:
                logger.exception("The sandbox could not run what was due; it tries again.")
            await asyncio.sleep(SHORTEST_NAP)
            try:
                await asyncio.wait_for(self._wake.wait(), self._nap())
            except TimeoutError:
                continue

    def _nap(self) -> float:
        pauses = [LONGEST_NAP]
        if self._mode() != "hold":
            pauses.append(self._next_due() - time.time())
        agenda = self._engine.seconds_to_next_due()
        if agenda is not None:
            pauses.append(agenda)
        return max(SHORTEST_NAP, min(pauses))

    def _next_due(self) -> float:
        row = self._db.execute("SELECT min(due_at) AS due FROM deliveries WHERE state = 'queued'").fetchone()
        return inf if row["due"] is None else row["due"]

    def _mode(self) -> str:
        return self._engine.store.setting("webhook_mode", "auto")

    def _start_due(self) -> None:
        mode = self._mode()
        if mode == "hold":
            return
        now = time.time()
        if mode == "auto":
            for job in self._take_queued(now):
                self._start(self._send_in_slot(job))
        elif self._next_due() <= now:
            # Disorder needs company: the first that is due takes along all that was queued after it.
            for batch in self._by_target(self._take_queued(now + GATHER_SECONDS), mode):
                self._start(self._send_all(batch, FlushResult()))

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_in_slot(self, job: Job) -> None:
        async with self._slots[job.url]:
            await self._send(job)
        self._wake.set()

    async def _send_all(self, batch: list[Job], result: FlushResult) -> None:
        for job in batch:
            if await self._send(job):
                result.delivered += 1
            else:
                result.failed += 1

    @staticmethod
    def _by_target(jobs: list[Job], mode: str) -> list[list[Job]]:
        """One batch for each receiver, in the order the mode asks for."""
        batches: defaultdict[str, list[Job]] = defaultdict(list)
        for job in jobs:
            batches[job.url].append(job)
        for batch in batches.values():
            if mode == "reverse":
                batch.reverse()
            if mode == "shuffle":
                random.shuffle(batch)
        return list(batches.values())

    def _take_queued(self, due_before: float) -> list[Job]:
        """What is queued and not under way already; from now on it is."""
        rows = self._db.execute(
            "SELECT seq, event, url, secret, attempts FROM deliveries WHERE state = 'queued' AND due_at <= ?"
            " ORDER BY seq",
            (due_before,),
        ).fetchall()
        jobs = [Job(**row) for row in rows if row["seq"] not in self._sending]
        self._sending.update(job.seq for job in jobs)
        return jobs

    async def flush(self) -> FlushResult:
        """Deliver once everything queued now, whatever its back-off, also while webhooks are held."""
        self._engine.run_due()
        result = FlushResult()
        batches = self._by_target(self._take_queued(inf), self._mode())
        await asyncio.gather(*(self._send_all(batch, result) for batch in batches))
        result.queued = self.queued()
        return result

    def queued(self) -> int:
        """How many deliveries have neither arrived nor been given up."""
        return self._db.execute("SELECT count(*) FROM deliveries WHERE state = 'queued'").fetchone()[0]

    def of_event(self, event_id: str) -> list[dict[str, Any]]:
        """The deliveries of one event: receiver, state, attempts and the last answer."""
        rows = self._db.execute(
            "SELECT url, state, attempts, last_status FROM deliveries WHERE event = ? ORDER BY seq",
            (event_id,),
        ).fetchall()
        return [dict(row) for row in rows]

    async def _send(self, job: Job) -> bool:
        event = self._engine.store.body(job.event)
        try:
            status = await self._attempt(job, event) if event else "event is gone"
        finally:
            self._sending.discard(job.seq)
        arrived = status.isdecimal() and 200 <= int(status) < 300
        self._record(job, status, arrived)
        return arrived

    async def _attempt(self, job: Job, event: dict[str, Any]) -> str:
        payload = json.dumps(event, indent=2).encode()
        headers = {
            "content-type": "application/json; charset=utf-8",
            "stripe-signature": signature_header(payload, job.secret, int(time.time())),
            "user-agent": USER_AGENT,
        }
        try:
            return str(await asyncio.wait_for(self._deliver(job.url, payload, headers), TIMEOUT_SECONDS))
        except TimeoutError:
            return "timed out"
        except Exception as error:  # A receiver may fail in any way; the queue goes on.
            return type(error).__name__

    def _record(self, job: Job, status: str, arrived: bool) -> None:
        attempts = job.attempts + 1
        state = "delivered" if arrived else "queued" if attempts < ATTEMPTS else "given_up"
        pause = min(self._engine.config.retry_base_seconds * 2**job.attempts, LONGEST_PAUSE)
        with self._engine.store.transaction():
            self._db.execute(
                "UPDATE deliveries SET state = ?, attempts = ?, last_status = ?, due_at = ? WHERE seq = ?",
                (state, attempts, status, time.time() + pause, job.seq),
            )
            if arrived:
                self._count_pending(job.event)

    def _count_pending(self, event_id: str) -> None:
        event = self._engine.store.body(event_id)
        if event is None:
            return
        row = self._db.execute(
            "SELECT count(*) AS n FROM deliveries WHERE event = ? AND state != 'delivered'", (event_id,)
        ).fetchone()
        event["pending_webhooks"] = row["n"]
        self._engine.store.update(event)

    async def close(self) -> None:
        """Stop what is under way; it stays queued."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
