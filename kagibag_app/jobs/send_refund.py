"""Brings one refund to Stripe exactly once. The protocol is told in docs/refund-protocol.md.

Each step is a transaction, then at most one call with none open, then a transaction that records what came back. A
crash at any point leaves a row from which the next run finds its way: by the same key, or by a look at Stripe.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import CLAIM_FRESH, NextStep
from kagibag_app.features.refunds.rules.failures import LOOK_FIRST
from kagibag_app.features.refunds.rules.schedule import retry_delay
from kagibag_app.features.refunds.service import Submission
from kagibag_app.jobs.outcome import Later
from kagibag_app.ports.payments import (
    RATE_LIMIT,
    NotReached,
    NotThere,
    OutcomeUnknown,
    PaymentsError,
    RefundSnapshot,
    Refused,
)
from kagibag_app.runtime import Runtime
from kagibag_app.storage.outbox import Job

# Another refund of the payment is at Stripe's door: it takes at most a call's time.
ITS_TURN = timedelta(seconds=30)
# No answer came: only the same key, or time, can tell more. After any other unclear answer Stripe is looked at.
_NO_ANSWER = frozenset({"timeout", "connection"})


async def run(runtime: Runtime, job: Job, *, chance: Callable[[], float] = random.random) -> None:
    """Take the refund one step further.

    Args:
        chance: Uniform in [0, 1); spreads the delays.

    Raises:
        Later: It has to be run again under the same row.
    """
    refund_id, began = str(job.payload["refund_id"]), runtime.clock.now()
    submission = await runtime.store.run(lambda tx: refunds.begin_submission(tx, refund_id=refund_id))
    if submission.step is NextStep.LOOK_BACK:
        submission = await _look_back(runtime, submission, job, chance)
    match submission.step:
        case NextStep.NOTHING:
            return
        case NextStep.WAIT:
            raise Later(ITS_TURN, "another refund of this payment is being sent", count=False)
        case NextStep.LOOK_UP:
            await _look_up(runtime, submission, chance)
        case _:
            await _send(runtime, submission, began, chance)


async def _look_back(
    runtime: Runtime, submission: Submission, job: Job, chance: Callable[[], float]
) -> Submission:
    """Make sure that no refund which this one replaces is alive at Stripe, then claim the first try."""
    try:
        listed = await _list(runtime, submission)
    except PaymentsError as error:
        raise Later(
            retry_delay(job.attempts, chance()), f"look-up failed: {error.message}", count=False
        ) from error
    free = await runtime.store.run(lambda tx: refunds.record_looked_back(tx, submission, listed))
    if not free:
        return replace(submission, step=NextStep.NOTHING)
    return await runtime.store.run(
        lambda tx: refunds.begin_submission(tx, refund_id=submission.refund_id, looked_back=True)
    )


async def _send(
    runtime: Runtime, submission: Submission, began: datetime, chance: Callable[[], float]
) -> None:
    if runtime.clock.now() - began > CLAIM_FRESH:
        # This process was stopped between claim and call: others may have gone on, the key may be old.
        await _not_reached(runtime, submission, NotReached("The worker was stopped before the call."), chance)
        return
    try:
        snapshot = await _create(runtime, submission)
    except NotReached as error:
        await _not_reached(runtime, submission, error, chance)
    except OutcomeUnknown as error:
        if error.code not in _NO_ANSWER:
            await _look_up(runtime, submission, chance)
        else:
            await _unknown(runtime, submission, error.message, chance)
    except (Refused, NotThere) as error:
        await _refused(runtime, submission, error, chance)
    else:
        await runtime.store.run(lambda tx: refunds.record_sent(tx, submission, snapshot))


async def _create(runtime: Runtime, submission: Submission) -> RefundSnapshot:
    snapshot = await runtime.payments.create_refund(
        payment_intent_id=submission.payment_intent_id, amount_minor=submission.amount_minor,
        currency=submission.currency, reference=submission.refund_id, order_number=submission.order_number,
        account=submission.account, key=submission.key,
    )  # fmt: skip
    if not submission.replay:
        return snapshot
    try:
        # The key may have repeated the answer to an earlier try: the object itself may have moved on.
        return await runtime.payments.get_refund(snapshot.refund_id, account=submission.account)
    except PaymentsError:
        return snapshot


async def _not_reached(
    runtime: Runtime, submission: Submission, error: NotReached, chance: Callable[[], float]
) -> None:
    delay = await runtime.store.run(
        lambda tx: refunds.record_not_reached(
            tx, submission, proven=not error.sent, busy=error.code == RATE_LIMIT, reason=error.message,
            chance=chance(),
        )
    )  # fmt: skip
    asked = timedelta(seconds=error.retry_after or 0)
    _again(None if delay is None else max(delay, asked), error.message)


async def _unknown(
    runtime: Runtime, submission: Submission, reason: str, chance: Callable[[], float]
) -> None:
    _again(
        await runtime.store.run(
            lambda tx: refunds.record_unknown(tx, submission, reason=reason, chance=chance())
        ),
        reason,
    )


async def _look_up(runtime: Runtime, submission: Submission, chance: Callable[[], float]) -> None:
    """Find the refund among the payment's refunds; ``Later`` while it is neither found nor provably absent."""
    try:
        listed = await _list(runtime, submission)
    except PaymentsError as error:
        await _unknown(runtime, submission, error.message, chance)
        return
    found = _own(submission, listed)
    if found is not None:
        await runtime.store.run(lambda tx: refunds.record_sent(tx, submission, found))
        return
    _again(
        await runtime.store.run(lambda tx: refunds.record_absent(tx, submission, chance=chance())),
        "Stripe does not list it yet",
    )


async def _refused(
    runtime: Runtime, submission: Submission, error: PaymentsError, chance: Callable[[], float]
) -> None:
    """Close a refusal, after a look at Stripe when an earlier try or another refund may explain it."""
    if submission.replay or error.code in LOOK_FIRST:
        try:
            listed = await _list(runtime, submission)
        except PaymentsError as unclear:
            await _unknown(runtime, submission, unclear.message, chance)
            return
        found = _own(submission, listed)
        if found is not None:
            await runtime.store.run(lambda tx: refunds.record_sent(tx, submission, found))
            return
        await runtime.store.run(lambda tx: refunds.record_others(tx, submission, listed))
    await runtime.store.run(
        lambda tx: refunds.record_refused(tx, submission, code=error.code, message=error.message)
    )


async def _list(runtime: Runtime, submission: Submission) -> list[RefundSnapshot]:
    return await runtime.payments.list_refunds(submission.payment_intent_id, account=submission.account)


def _own(submission: Submission, listed: list[RefundSnapshot]) -> RefundSnapshot | None:
    return next((s for s in listed if s.refund_reference == submission.refund_id), None)


def _again(delay: timedelta | None, reason: str) -> None:
    """Ask to be run again; a try that was taken over has nothing more to do."""
    if delay is not None:
        raise Later(delay, reason, count=False)
