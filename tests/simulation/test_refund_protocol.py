"""The real services and job against a Stripe that fails at random, with crashes, lost clocks and pruned keys.

Hypothesis chooses the schedule. Whatever it is: never two live refunds at Stripe for one approved request, and in the
end, once Stripe works again, exactly one, with books that hold and equal Stripe's.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.refunds.rules import RefundStatus, RequestStatus
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.jobs.audit import run as audit
from kagibag_app.kit.clock import Clock
from kagibag_app.kit.ids import public_id
from kagibag_app.live.bus import MemoryBus
from kagibag_app.storage.transaction import Store
from tests.databases import sqlite_url
from tests.fakes import Fault
from tests.refund_desk import Desk, open_desk
from tests.services.shop import Shop

T = TypeVar("T")
REQUESTS = 2
LAST_RESORT = timedelta(hours=7)
# Hours: a first retry, a later one, one near the age at which keys are forgotten, and one beyond it.
WAITS = st.sampled_from([0.02, 1, 7, 22.5, 26])


class Killed(BaseException):
    """The process ended here."""


def _kill() -> None:
    raise Killed


class RefundProtocol(RuleBasedStateMachine):
    """One order with two approved requests, and everything that can go wrong on the way to Stripe."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory(prefix="kagibag-simulation-")
        self.desk = self._await(self._open())

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    async def _open(self) -> Desk:
        url, clock = sqlite_url(Path(self.folder.name)), Clock()
        shop = Shop(Store(url, MemoryBus(), clock), clock, 0)
        async with shop.store.transaction() as tx:
            organizer = Organizer(
                public_id=public_id("org"), name="Lantern Row", slug="lantern-row", currency="USD", zone="UTC",
                created_at=tx.now,
            )  # fmt: skip
            tx.session.add(organizer)
            await tx.session.flush()
        shop.organizer_id = organizer.id or 0
        return await open_desk(shop, Path(self.folder.name))

    @initialize()
    def approve_two(self) -> None:
        """Sell two tickets and approve a refund of each."""
        self._await(self._approve_two())

    async def _approve_two(self) -> None:
        order = await self.desk.sell(
            tickets=REQUESTS, policy={"tiers": [{"days_before": 1, "percent": 100}]}, days=90
        )
        for ticket in await self.desk.tickets(order):
            await self.desk.approve(await self.desk.ask(order, [ticket]))

    @rule(fault=st.sampled_from([None, *Fault]), calls=st.integers(1, 2), look=st.booleans(), wait=WAITS)
    def work(self, fault: Fault | None, calls: int, look: bool, wait: float) -> None:
        """Time passes, then the worker runs what is due; calls, and perhaps look-ups, go wrong."""
        stripe = self.desk.stripe
        stripe.faults = [fault] * calls if fault else []
        stripe.list_faults = [Fault.TIMEOUT_BEFORE] * calls if look else []
        self._await(self.desk.later(timedelta(hours=wait)))

    @rule(before=st.booleans(), wait=WAITS)
    def process_is_killed(self, before: bool, wait: float) -> None:
        """The process dies just before or just after Stripe acts, and its lease ends."""
        stripe = self.desk.stripe
        stripe.faults, stripe.list_faults = [], []
        stripe.before_call, stripe.after_call = (_kill, None) if before else (None, _kill)
        try:
            self._await(self.desk.later(timedelta(hours=wait)))
        except Killed:
            self._await(self.desk.abandon_leases())
        stripe.before_call = stripe.after_call = None

    @precondition(lambda self: self.desk.stripe.refunds)
    @rule(chosen=st.integers(0, 10))
    def event_arrives(self, chosen: int) -> None:
        """Stripe's event about a refund arrives, perhaps before our own record."""
        refunds = list(self.desk.stripe.refunds.values())
        self._await(self.desk.tell(refunds[chosen % len(refunds)]))

    @invariant()
    def never_two_live_refunds_for_a_request(self) -> None:
        """R: what is alive at Stripe is at most one refund an approved request."""
        self._await(self._never_two())

    async def _never_two(self) -> None:
        rows = {r.public_id: r.request_id for r in await self.desk.shop.rows(Refund)}
        alive = [rows[r.refund_reference] for r in self.desk.stripe.live()]
        assert len(alive) == len(set(alive)) <= REQUESTS

    def teardown(self) -> None:
        """Stripe works again: everything settles, once, and the books hold."""
        try:
            self._await(self._settle())
        finally:
            self._await(self.desk.shop.store.close())
            self.loop.close()
            self.folder.cleanup()

    async def _settle(self) -> None:
        self.desk.stripe.faults, self.desk.stripe.list_faults = [], []
        for _ in range(20):
            await self.desk.later(LAST_RESORT)
            waiting = await self.desk.shop.rows(RefundRequest)
            if all(r.status != RequestStatus.APPROVED for r in waiting):
                break
        requests = await self.desk.shop.rows(RefundRequest)
        sent = [r for r in await self.desk.shop.rows(Refund) if r.status == RefundStatus.SUCCEEDED]
        fulfilled = [r for r in requests if r.status == RequestStatus.FULFILLED]
        assert {r.status for r in requests} <= {RequestStatus.FULFILLED, RequestStatus.FAILED}
        assert len(sent) == len(fulfilled) == len(self.desk.stripe.live())
        # Only three days without any try may end in a failure that a person has to look at.
        assert all(r.failure_code == "not_sent" for r in await self._failed(requests))
        await self._never_two()
        assert [f for f in await audit(self.desk.runtime, stripe=True) if f.count] == []

    async def _failed(self, requests: list[RefundRequest]) -> list[Refund]:
        ids = {r.id for r in requests if r.status == RequestStatus.FAILED}
        newest = {r.request_id: r for r in await self.desk.shop.rows(Refund)}
        return [newest[i] for i in ids]


TestRefundProtocol = RefundProtocol.TestCase
TestRefundProtocol.settings = settings(
    max_examples=10,
    stateful_step_count=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
