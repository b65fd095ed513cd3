"""Bulk refunds as jobs carry them out: one refund an order, whatever happens in between."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.tables import Membership
from kagibag_app.features.bulk_refunds import service as bulk
from kagibag_app.features.bulk_refunds.rules import BULK_REFUND
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules.pacing import AT_ONCE, USUAL
from kagibag_app.features.refunds.tables import RefundPace
from kagibag_app.jobs import audit, bulk_refund
from kagibag_app.storage.outbox import Job, OutboxRow
from tests.bulk_desk import GOODWILL, BulkDesk, open_bulk_desk
from tests.fakes import ACCOUNT, Fault
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]

SOLD = 3


@pytest.fixture
async def hall(desk: Desk) -> BulkDesk:
    """A closed hall with some orders sold."""
    return await open_bulk_desk(desk, orders=SOLD)


async def clean(hall: BulkDesk) -> None:
    """Assert that nothing of the books is violated."""
    async with hall.desk.shop.store.read() as session:
        found = [f for f in await audit.check(session) if f.count]
    assert found == []


async def interval(hall: BulkDesk) -> int:
    """Return how many milliseconds lie between two refunds of the account now."""
    async with hall.desk.shop.store.read() as session:
        return (await session.scalars(sa.select(col(RefundPace.interval_ms)))).one()


async def test_every_order_is_refunded_once_and_cancelled_after_it(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run)
    view = await hall.finish(run)

    assert (view.orders(), await hall.states()) == (SOLD, {"refunded": SOLD})
    assert [r.source for r in await hall.refunds()] == ["bulk"] * SOLD
    assert len(hall.desk.stripe.live()) == SOLD
    for order in hall.orders:
        now = await hall.desk.shop.order(order)
        assert (now.status, now.refund_state, now.refunded_minor) == ("cancelled", "full", 3570)
        assert [t.status for t in await hall.desk.tickets(order)] == ["void"]
    assert await hall.desk.shop.seats(hall.kind) == (0, SOLD)
    (mail,) = await hall.desk.mails(Template.BULK_REFUND_FINISHED)
    assert (mail.recipient, mail.params["refunded"]) == ("dana@lanternrow.example", SOLD)
    assert {m.params["message"] for m in await hall.desk.mails(Template.ORDER_CANCELLED)} == {
        "The hall is closed."
    }
    await clean(hall)


async def test_tickets_stay_as_they_are_when_that_was_chosen(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run, GOODWILL)
    await hall.finish(run)

    order = await hall.desk.shop.order(hall.orders[0])
    assert (order.status, order.refund_state) == ("paid", "full")
    assert [t.status for t in await hall.desk.tickets(order)] == ["valid"]
    await clean(hall)


async def test_refunds_leave_at_the_accounts_pace_and_no_faster(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run)
    await hall.round()
    rows = [r for r in await hall.desk.shop.rows(OutboxRow) if r.kind == "send_refund"]
    assert {(r.lane, r.lane_limit) for r in rows} == {(f"refunds:{ACCOUNT}", AT_ONCE)}
    assert len(rows) == SOLD
    assert all(b - a >= USUAL for a, b in pairwise(sorted(r.due_at for r in rows)))


async def test_the_speed_is_halved_when_stripe_asks_for_less_and_comes_back(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run)
    hall.desk.stripe.faults = [Fault.RATE_LIMIT]
    await hall.round()
    await hall.round()
    assert await interval(hall) == 400
    rows = [r for r in await hall.desk.shop.rows(OutboxRow) if r.kind == "send_refund"]
    waiting = sorted(r.due_at for r in rows if r.status == "pending" and not r.last_error)
    assert all(b - a >= 1.9 * USUAL for a, b in pairwise(waiting))
    await hall.finish(run)

    hall.desk.shop.clock.advance(timedelta(minutes=1))
    await hall.sell(1)
    await hall.start(await hall.prepare())
    await hall.round()
    assert await interval(hall) == 200
    assert len(hall.desk.stripe.live()) == SOLD


async def test_a_pause_begins_no_further_order_and_a_resume_goes_on(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run)
    await hall.slow()
    await hall.round()
    # No more are begun than can leave in the next moments: a pause is felt at once.
    assert 0 < len(await hall.refunds()) <= 2
    await hall.decide(bulk.pause_run, run)
    for _ in range(5):
        hall.desk.shop.clock.advance(timedelta(seconds=20))
        await hall.work()
    states = await hall.states()
    assert states["refunded"] == len(await hall.refunds()) <= 2
    assert states["waiting"] == SOLD - states["refunded"]
    assert {r.status for r in await hall.desk.shop.rows(OutboxRow) if r.kind == BULK_REFUND} == {"done"}

    await hall.decide(bulk.resume_run, run)
    await hall.finish(run, step=timedelta(seconds=5))
    assert await hall.states() == {"refunded": SOLD}
    assert len(await hall.refunds()) == len(hall.desk.stripe.live()) == SOLD
    await clean(hall)


async def test_a_persons_refund_does_not_stand_behind_a_run(hall: BulkDesk) -> None:
    other = await hall.desk.sell()
    run = await hall.prepare()
    await hall.start(run)
    await hall.slow()
    await hall.round()
    made = await hall.desk.shop.store.run(
        lambda tx: refunds.refund_order(
            tx, hall.desk.manager, order=other.public_id, version=other.version, tickets=None, amount_minor=None
        )
    )  # fmt: skip
    await hall.round()
    assert (await hall.desk.refund(made)).status == "succeeded"
    assert (await hall.states())["waiting"] > 0


async def test_only_what_failed_is_sent_again(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run)
    await hall.slow()
    hall.desk.stripe.refusal = "balance_insufficient"
    for _ in range(2):
        await hall.round()
    hall.desk.stripe.refusal = ""
    view = await hall.finish(run, step=timedelta(seconds=5))
    before = {r.order_id: r for r in await hall.refunds()}
    failed = {order for order, r in before.items() if r.status == "failed"}
    assert 0 < len(failed) < SOLD
    rows = [r for r in await hall.rows(run) if r.state == "failed"]
    assert {r.reason for r in rows} == {
        "The balance at Stripe is too low to pay the refund. Add funds in Stripe, then try again."
    }
    assert view.status == "finished"
    # One report tells of them all.
    assert await hall.desk.mails(Template.REFUND_FAILED) == []

    assert await hall.decide(bulk.retry_failed, run) == len(failed)
    await hall.finish(run, step=timedelta(seconds=5))
    assert await hall.states() == {"refunded": SOLD}
    again = [r for r in await hall.refunds() if r.retry_of is not None]
    assert {r.order_id for r in again} == failed
    assert all(r.retry_of == before[r.order_id].id for r in again)
    assert len(hall.desk.stripe.live()) == SOLD
    await clean(hall)


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("moment", ["before_call", "after_call"])
async def test_a_kill_in_the_middle_leaves_one_refund_an_order(hall: BulkDesk, moment: str) -> None:
    run = await hall.prepare()
    await hall.start(run)
    calls = 0

    def kill() -> None:
        nonlocal calls
        calls += 1
        if calls in (1, 3):
            raise Killed

    setattr(hall.desk.stripe, moment, kill)
    for _ in range(60):
        with contextlib.suppress(Killed):
            await hall.round()
        hall.desk.shop.clock.advance(timedelta(milliseconds=250))
    await hall.finish(run)
    assert calls > SOLD
    assert await hall.states() == {"refunded": SOLD}
    assert len(await hall.refunds()) == len(hall.desk.stripe.live()) == SOLD
    await clean(hall)


async def test_two_processes_at_once_refund_each_order_once(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run)
    row = await hall.row(run)
    job = Job(
        1, BULK_REFUND, {"run_id": row.id, "turn": row.turn}, 1, "t", hall.desk.shop.now, hall.desk.shop.now
    )
    await asyncio.gather(*(bulk_refund.run(hall.desk.runtime, job) for _ in range(3)), return_exceptions=True)
    await hall.finish(run)
    assert len(await hall.refunds()) == SOLD
    await clean(hall)


async def test_a_run_pauses_by_itself_when_its_member_may_no_longer_decide(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run)
    async with hall.desk.shop.store.transaction() as tx:
        await tx.session.execute(sa.update(Membership).values(role="support"))
    await hall.work()
    view = await hall.view(run)
    assert (view.status, await hall.refunds()) == ("paused", [])
    assert view.note.startswith("Dana Moreau may no longer decide about refunds")


async def test_an_order_that_changed_since_the_preview_is_left_out_with_the_reason(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.desk.dispute(hall.orders[0])
    await hall.start(run)
    await hall.finish(run)
    assert await hall.states() == {"refunded": SOLD - 1, "skipped": 1}
    (left_out,) = [r for r in await hall.rows(run) if r.state == "skipped"]
    assert left_out.number == hall.orders[0].number
    assert "disputed at the buyer's bank" in left_out.reason


async def test_a_refund_that_was_retried_from_its_order_is_followed(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run)
    hall.desk.stripe.refusal = "balance_insufficient"
    await hall.finish(run)
    hall.desk.stripe.refusal = ""
    failed = (await hall.refunds(hall.orders[0]))[0]
    await hall.desk.shop.store.run(
        lambda tx: refunds.retry_refund(tx, hall.desk.manager, refund_id=failed.public_id)
    )
    for _ in range(10):
        hall.desk.shop.clock.advance(timedelta(seconds=1))
        await hall.work()
        await bulk_refund.follow(hall.desk.runtime)
    assert await hall.states() == {"failed": SOLD - 1, "refunded": 1}


async def test_money_that_a_bank_sends_back_after_the_run_shows_as_failed(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run)
    await hall.finish(run)
    (refund,) = await hall.refunds(hall.orders[0])
    await hall.desk.tell(hall.desk.stripe.settle(refund.stripe_refund_id or "", "failed", reason="declined"))
    assert await bulk_refund.follow(hall.desk.runtime) == 1
    assert await hall.states() == {"failed": 1, "refunded": SOLD - 1}
    # Nobody looks at a finished run: of this one the organizer is told.
    assert len(await hall.desk.mails(Template.REFUND_FAILED)) == 1
