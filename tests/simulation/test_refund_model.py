"""A model of an order's money: chance lets people, Stripe, a bank and a dying process act, and the books always hold.

Hypothesis chooses what happens. After each step: what the audit asks of money, requests that agree with their refunds,
and only legal moves. In the end, once Stripe works again, nothing is stuck and the ledger equals Stripe's.
`make test-long` makes 2,000 runs of 50 steps and asserts that all moves which our own code can take were taken.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.fakes import Fault
from tests.lengths import LONG
from tests.simulation import refund_acts as acts
from tests.simulation.refund_truths import TABLES, check_now, check_settled
from tests.simulation.refund_world import PRICES, Killed, Move, World, kill, open_world

T = TypeVar("T")
RUNS, STEPS = (1000, 50) if LONG else (10, 20)
HALVES = 2 if LONG else 1

# Hours: a first retry, a later one, near and beyond the age at which keys are forgotten, and three days.
WAITS = st.sampled_from([0.02, 1.0, 7.0, 22.5, 26.0, 73.0])
FIRST = st.sampled_from(["succeeded", "succeeded", "pending", "requires_action"])
PICK = st.integers(0, 7)

reached: Counter[Move] = Counter()


class RefundModel(RuleBasedStateMachine):
    """One paid order with three tickets."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world: World | None = None

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @property
    def it(self) -> World:
        """The order that this run is about."""
        assert self.world is not None
        return self.world

    @initialize(currency=st.sampled_from(sorted(PRICES)))
    def sell(self, currency: str) -> None:
        """Begin with an order that was just paid."""
        self.world = open_world(self.loop, currency)

    @rule(chosen=st.sets(st.integers(0, 4), min_size=1, max_size=3))
    def buyer_asks(self, chosen: set[int]) -> None:
        """The buyer asks for the money of some tickets."""
        self._wait(acts.ask(self.it, chosen))

    @precondition(lambda self: self.it.has("requests", "open", "awaiting_second", "approved"))
    @rule(pick=PICK)
    def buyer_withdraws(self, pick: int) -> None:
        """The buyer takes a request back."""
        self._wait(acts.withdraw(self.it, pick))

    @precondition(lambda self: self.it.has("requests", "declined"))
    @rule(pick=PICK)
    def buyer_replies(self, pick: int) -> None:
        """The buyer answers a declined request."""
        self._wait(acts.reply(self.it, pick))

    @precondition(lambda self: self.it.has("requests", "open", "awaiting_second"))
    @rule(pick=PICK, share=st.sampled_from([None, None, 0.5, 0.1]))
    def member_approves(self, pick: int, share: float | None) -> None:
        """A member approves a request, whole or a part of it."""
        self._wait(acts.approve(self.it, pick, share))

    @precondition(lambda self: self.it.has("requests", "open", "awaiting_second"))
    @rule(pick=PICK)
    def member_declines(self, pick: int) -> None:
        """A member declines a request."""
        self._wait(acts.decline(self.it, pick))

    @precondition(lambda self: self.it.has("refunds", "failed"))
    @rule(pick=PICK)
    def member_retries(self, pick: int) -> None:
        """A member sends a failed refund again."""
        self._wait(acts.retry(self.it, pick))

    @precondition(lambda self: self.it.has("refunds", "failed", "canceled"))
    @rule(pick=PICK)
    def member_returns_outside(self, pick: int) -> None:
        """A member records that money went back another way."""
        self._wait(acts.return_outside(self.it, pick))

    @precondition(lambda self: self.it.has("refunds", "failed", "canceled"))
    @rule(pick=PICK)
    def member_revives(self, pick: int) -> None:
        """A member makes a void ticket valid again."""
        self._wait(acts.revive(self.it, pick))

    @precondition(lambda self: self.it.desk.stripe.refunds)
    @rule(pick=PICK, void=st.booleans())
    def member_allocates(self, pick: int, void: bool) -> None:
        """A member says which tickets a refund made at Stripe was about."""
        self._wait(acts.allocate(self.it, pick, void=void))

    @rule(how=st.sampled_from(["part", "step", "ticket", "ticket", "all", "cancel"]), pick=PICK)
    def member_refunds(self, how: str, pick: int) -> None:
        """A member refunds without a request, or cancels the order."""
        self._wait(acts.refund(self.it, how, pick))

    @rule(what=st.sampled_from(["check_in", "undo_check_in", "void", "buy_seat"]), pick=PICK)
    def something_else_happens(self, what: str, pick: int) -> None:
        """The door lets somebody in, a member makes a ticket void, somebody buys a seat."""
        self._wait(acts.elsewhere(self.it, what, pick))

    @rule(
        fault=st.sampled_from([None, None, *Fault]),
        calls=st.integers(1, 2),
        look=st.booleans(),
        first=FIRST,
        refusal=st.sampled_from(["", "", "", "insufficient_funds"]),
        wait=WAITS,
    )
    def worker_runs(
        self, fault: Fault | None, calls: int, look: bool, first: str, refusal: str, wait: float
    ) -> None:
        """Time passes and the worker runs what is due; calls, and perhaps look-ups, go wrong."""
        stripe = self.it.desk.stripe
        stripe.first_status, stripe.refusal = first, refusal
        stripe.faults = [fault] * calls if fault else []
        stripe.list_faults = [Fault.TIMEOUT_BEFORE] * calls if look else []
        self._wait(self.it.later(wait))

    @rule(before=st.booleans(), first=FIRST, wait=WAITS)
    def process_is_killed(self, before: bool, first: str, wait: float) -> None:
        """The process dies just before or just after Stripe acts, and its lease ends."""
        stripe = self.it.desk.stripe
        stripe.faults, stripe.list_faults, stripe.first_status, stripe.refusal = [], [], first, ""
        stripe.before_call, stripe.after_call = (kill, None) if before else (None, kill)
        try:
            self._wait(self.it.later(wait))
        except Killed:
            self._wait(self.it.desk.abandon_leases())
        stripe.before_call = stripe.after_call = None

    @precondition(lambda self: self.it.desk.stripe.live())
    @rule(
        pick=PICK,
        status=st.sampled_from(["pending", "requires_action", "succeeded", "failed", "canceled"]),
        told=st.booleans(),
    )
    def bank_decides(self, pick: int, status: str, told: bool) -> None:
        """A refund at Stripe moves on, or its money comes back; the event arrives now or later."""
        self._wait(acts.settle(self.it, pick, status, told=told))

    @precondition(lambda self: self.it.desk.stripe.refunds)
    @rule(pick=PICK, ago=st.sampled_from([0.0, 0.0, 30.0]))
    def event_arrives(self, pick: int, ago: float) -> None:
        """An event about a refund is handled, perhaps one whose look at Stripe began long ago."""
        self._wait(acts.tell(self.it, pick, ago))

    @rule(share=st.sampled_from(["ticket", "odd", "odd", "all"]), first=FIRST, told=st.booleans())
    def refund_in_dashboard(self, share: str, first: str, told: bool) -> None:
        """Somebody refunds at Stripe behind our back; the event arrives now or later."""
        self._wait(acts.dashboard(self.it, share, first, told=told))

    @rule(
        status=st.sampled_from(["warning_needs_response", "needs_response", "under_review", "won", "lost"]),
        seldom=st.integers(0, 3),
    )
    def dispute_moves(self, status: str, seldom: int) -> None:
        """The buyer's bank opens a dispute, or the one there is moves on as one can; few are lost."""
        if seldom == 0 or status in ("won", "under_review"):
            self._wait(acts.dispute(self.it, status))

    @precondition(lambda self: self.world is not None)
    @invariant()
    def books_hold(self) -> None:
        """What has to hold at every moment does."""
        self._wait(check_now(self.it))

    def teardown(self) -> None:
        """Stripe works again: everything settles and the books hold."""
        try:
            if self.world is not None:
                self._wait(check_settled(self.world))
                reached.update(self.world.moves())
                self._wait(self.world.close())
        finally:
            self.loop.close()


# Moves of the tables that no step here can take, and why.
NOT_TAKEN: set[Move] = {
    # Nobody's limit asks for a second person here.
    ("refund_requests", "open", "awaiting_second"),
    *(
        ("refund_requests", "awaiting_second", became)
        for became in ("open", "approved", "declined", "withdrawn", "superseded")
    ),
}


@pytest.mark.timeout(0)
@pytest.mark.parametrize("half", range(HALVES))
def test_the_books_hold_whatever_happens_to_an_orders_money(half: int) -> None:
    run_state_machine_as_test(
        RefundModel,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not LONG,
            database=None,
            suppress_health_check=[
                HealthCheck.too_slow,
                HealthCheck.data_too_large,
                HealthCheck.filter_too_much,
            ],
        ),
    )
    if LONG:
        every = {(table, *pair) for table, pairs in TABLES.items() for pair in pairs}
        assert every - set(reached) == NOT_TAKEN
