"""A bulk refund over a real sandbox and a worker that is killed: nobody refunded twice, nobody forgotten, how fast."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

import kagibag_app.tables  # noqa: F401 - every table is known to the metadata
from kagibag_app.bench.bulk_stand import sell
from kagibag_app.bootstrap import build
from kagibag_app.features.bulk_refunds import queries
from kagibag_app.features.bulk_refunds import service as bulk
from kagibag_app.features.bulk_refunds.rules import BulkStatus, OrderState
from kagibag_app.features.bulk_refunds.views import RunView
from kagibag_app.features.orders.rules import OrderFilter
from kagibag_app.features.refunds.rules.pacing import USUAL
from kagibag_app.features.refunds.service import BulkChoices
from kagibag_app.jobs import audit
from kagibag_app.kit.actor import Actor
from kagibag_app.processes import Child, free_port_pair
from kagibag_app.runtime import Runtime
from kagibag_app.serve import sandbox_environment
from kagibag_app.settings import Settings
from kagibag_app.storage import schema

_CHOICES = BulkChoices(
    ends_tickets=True, keeps_seats=True, cancels_orders=True, message="The hall is closed."
)
_REFUNDS = {"path": "/v1/refunds", "method": "POST"}
_MANY = 1_000_000
# Two of a hundred are refused, one of a hundred is made and its answer never comes.
FAULTS: tuple[dict[str, Any], ...] = (
    {
        "kind": "error", "share": 0.02, "n": _MANY, "status": 400, "type": "invalid_request_error",
        "code": "balance_insufficient", "message": "Insufficient funds in your Stripe balance.", **_REFUNDS,
    },
    {"kind": "timeout_after", "share": 0.01, "n": _MANY, "seconds": 60, **_REFUNDS},
)  # fmt: skip
BURST = {"kind": "rate_limit", "n": 12, **_REFUNDS}
# How much of the run is done when Stripe asks for less, and when the worker is killed.
BURST_AT, KILLS_AT = 0.5, (0.3, 0.7)
_LOOK_SECONDS = 1.0


@dataclass(slots=True)
class Outcome:
    """What was seen.

    Attributes:
        refunded: Orders whose money is back in the end; ``failed``: not even after the retry.
        duplicates: Payments with more than one live refund at Stripe, and orders with more than one here.
        seconds: From the start until all but the failed ones were refunded; ``refunds_per_s`` in that time.
        limit_per_s: What is sent to one account at most.
        failed_first: Failed and listed with their reason before the retry; ``retry_seconds``: how long that took.
        audit_violations: Of the books, Stripe's own included.
    """

    orders: int
    refunded: int = 0
    failed: int = 0
    duplicates: int = 0
    seconds: float = 0.0
    refunds_per_s: float = 0.0
    limit_per_s: float = 1 / USUAL.total_seconds()
    audit_violations: int = 0
    failed_first: int = 0
    retry_seconds: float = 0.0
    kills: int = 0
    violated: list[str] = field(default_factory=list)


def run(
    folder: Path, *, orders: int, faults: bool, progress: Callable[[int], None], say: Callable[[str], None]
) -> dict[str, Any]:
    """Sell, refund everything in one run, retry what failed, and check.

    Args:
        folder: Where the installation is made.
        faults: Let Stripe fail and the worker be killed on the way.
        progress: Told how many orders are sold.

    Returns:
        The fields of ``Outcome``.
    """
    port = free_port_pair()
    os.environ |= {"KAGIBAG_DATA_DIR": str(folder), "KAGIBAG_PORT": str(port), "KAGIBAG_DATABASE_URL": ""}
    settings = Settings()
    schema.upgrade(settings.database)
    return asdict(asyncio.run(_measure(settings, port, orders, faults, progress, say)))


async def _measure(
    settings: Settings,
    port: int,
    orders: int,
    faults: bool,
    progress: Callable[[int], None],
    say: Callable[[str], None],
) -> Outcome:
    manager, event = await sell(settings, orders, progress=progress)
    outcome = Outcome(orders)
    async with _installation(settings, port) as (runtime, worker):
        bench = _Bench(settings, runtime, worker, manager, outcome, say)
        run_id = await bench.prepare(event)
        if faults:
            for fault in FAULTS:
                await bench.sandbox("fault", **fault)
        await bench.decide(
            lambda version: (
                lambda tx: bulk.start_run(
                    tx, manager, run=run_id, version=version, choices=_CHOICES, with_checked_in=True
                )
            )
        )
        outcome.seconds = await bench.follow(kills=KILLS_AT if faults else (), burst=faults)
        view = await bench.view()
        outcome.failed_first = view.orders(OrderState.FAILED)
        outcome.refunds_per_s = round(view.orders(OrderState.REFUNDED) / outcome.seconds, 2)
        await bench.sandbox("faults/clear")
        if outcome.failed_first:
            await bench.decide(
                lambda version: lambda tx: bulk.retry_failed(tx, manager, run=run_id, version=version)
            )
            outcome.retry_seconds = await bench.follow()
        await bench.check()
    return outcome


@dataclass
class _Bench:
    """One run under measurement."""

    settings: Settings
    runtime: Runtime
    worker: Child
    manager: Actor
    outcome: Outcome
    say: Callable[[str], None]
    run_id: str = ""

    async def prepare(self, event: str) -> str:
        chosen = OrderFilter(event=event)
        self.run_id = await self.runtime.store.run(
            lambda tx: bulk.prepare_run(tx, self.manager, chosen=chosen)
        )
        await self.follow(until=BulkStatus.READY)
        return self.run_id

    async def decide(self, verb: Callable[[int], Any]) -> None:
        await self.runtime.store.run(verb((await self.view()).version))

    async def view(self) -> RunView:
        async with self.runtime.store.read() as session:
            return await queries.run_view(session, self.manager.organizer_id or 0, self.run_id)

    async def follow(
        self, *, until: BulkStatus = BulkStatus.FINISHED, kills: tuple[float, ...] = (), burst: bool = False
    ) -> float:
        """Wait until the run is that far and return how long that took, killing the worker on the way."""
        began, told = time.monotonic(), 0
        left = list(kills)
        while True:
            view = await self.view()
            done = view.orders(OrderState.REFUNDED, OrderState.FAILED)
            if view.status is until:
                return round(time.monotonic() - began, 1)
            if left and done >= left[0] * self.outcome.orders:
                left.pop(0)
                await asyncio.to_thread(self.kill)
            if burst and done >= BURST_AT * self.outcome.orders:
                burst = False
                await self.sandbox("fault", **BURST)
            if done - told >= max(self.outcome.orders // 20, 1):
                told = done
                self.say(f"{done} of {self.outcome.orders} after {time.monotonic() - began:.0f} s")
            await asyncio.sleep(_LOOK_SECONDS)

    def kill(self) -> None:
        """End the worker as a crash does, and start another."""
        if self.worker.process is not None:
            os.kill(self.worker.process.pid, signal.SIGKILL)
            self.worker.process.wait()
        self.outcome.kills += 1
        self.say("the worker was killed")
        self.worker.start()
        self.worker.wait_ready()

    async def check(self) -> None:
        view, outcome = await self.view(), self.outcome
        outcome.refunded, outcome.failed = view.orders(OrderState.REFUNDED), view.orders(OrderState.FAILED)
        made = [r for r in await self.objects("refund") if r["status"] in ("succeeded", "pending")]
        at_stripe = Counter(refund["payment_intent"] for refund in made)
        outcome.duplicates = sum(count > 1 for count in at_stripe.values()) + abs(
            len(at_stripe) - outcome.refunded
        )
        for found in await audit.run(self.runtime, stripe=True):
            outcome.audit_violations += found.count
            if found.count:
                outcome.violated.append(f"{found.number}: {found.name}")

    async def sandbox(self, action: str, **body: Any) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            (
                await client.post(f"{self.settings.sandbox_url}/_sandbox/{action}", json=body)
            ).raise_for_status()

    async def objects(self, kind: str) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            answer = await client.get(f"{self.settings.sandbox_url}/_sandbox/objects", params={"type": kind})
        answer.raise_for_status()
        return answer.json()["objects"]


@asynccontextmanager
async def _installation(settings: Settings, port: int) -> AsyncIterator[tuple[Runtime, Child]]:
    """Run the sandbox and a worker beside this process, and end both."""
    stripe = Child(
        "Stripe sandbox", [sys.executable, "-m", "kagibag_app.sandbox", "--port", str(port + 1)],
        sandbox_environment(settings), f"{settings.sandbox_url}/healthz", aside=True,
    )  # fmt: skip
    worker = Child(
        "worker", [sys.executable, "-m", "kagibag_app.bench.bulk_worker", str(port)],
        {"KAGIBAG_LOG_LEVEL": "CRITICAL"}, f"http://{settings.host}:{port}/healthz", aside=True,
    )  # fmt: skip
    started = []
    try:
        for child in (stripe, worker):
            child.start()
            started.append(child)
            await asyncio.to_thread(child.wait_ready)
        runtime = await build(settings)
        try:
            yield runtime, worker
        finally:
            await runtime.close()
    finally:
        for child in reversed(started):
            if child.process is not None and child.exit_code is None:
                child.process.terminate()
                await asyncio.to_thread(child.process.wait)
