"""The refund protocol against a Stripe that fails on demand: one live refund per approval, whatever happens."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders.rules import RefundState, TicketStatus
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RefundStatus, RequestStatus
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.timeline.rules import EntryKind
from tests.fakes import Fault
from tests.refund_checks import HOUR, Killed, clean, crash, kill, kinds, one_refund
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]


async def test_a_refund_reaches_the_buyer_and_the_books(desk: Desk) -> None:
    order, request, refund = await desk.approved()
    await desk.work()
    row = await one_refund(desk, refund)
    assert (row.tries, row.stripe_refund_id) == (1, "re_0001")
    assert (await desk.request(request.public_id)).status == RequestStatus.FULFILLED
    now = await desk.shop.order(order)
    assert (now.refunded_minor, now.refund_state) == (3370, RefundState.PARTIAL)
    assert [t.status for t in await desk.tickets(order)] == [TicketStatus.VOID, TicketStatus.VALID]
    (mail,) = await desk.mails(Template.REFUNDED)
    assert (mail.params["amount_minor"], mail.params["refund_public_id"]) == (3370, refund.public_id)
    assert {EntryKind.REFUND_SENT, EntryKind.REFUND_SUCCEEDED} <= set(await kinds(desk, order.id))


async def test_refunding_all_that_is_left_leaves_nothing(desk: Desk) -> None:
    order = await desk.sell(tickets=3, price=3333, policy={"tiers": [{"days_before": 14, "percent": 100}]})
    await desk.approve(await desk.ask(order), 1000)
    await desk.work()
    rest = (await desk.tickets(order))[1:]
    await desk.approve(await desk.ask(order, rest))
    await desk.work()
    now = await desk.shop.order(order)
    assert (now.refunded_minor, now.refund_state) == (7666, RefundState.PARTIAL)
    await clean(desk)


async def test_fault_1_killed_before_the_approve_commit_leaves_the_request_open(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order)

    async def approve_and_die() -> None:
        async with desk.shop.store.transaction() as tx:
            await refunds.approve(
                tx, desk.manager, request_id=request.public_id, version=request.version, amount_minor=None
            )
            raise Killed

    with pytest.raises(Killed):
        await approve_and_die()
    assert (await desk.request(request.public_id)).status == RequestStatus.OPEN
    assert await desk.shop.rows(Refund) == []
    assert (await desk.payment(order)).committed_minor == 0
    await clean(desk)


async def test_fault_2_killed_after_approve_is_picked_up_by_the_next_process(desk: Desk) -> None:
    _, _, refund = await desk.approved()
    assert desk.stripe.calls == []
    await desk.work()
    await one_refund(desk, refund)


async def test_fault_3_killed_after_the_claim_sends_with_the_same_key(desk: Desk) -> None:
    _, _, refund = await desk.approved()
    desk.stripe.before_call = kill
    await crash(desk)
    row = await desk.refund(refund.public_id)
    assert (row.status, row.tries) == (RefundStatus.SUBMITTING, 1)
    assert row.maybe_sent_at is not None
    desk.stripe.before_call = None
    await desk.work()
    row = await one_refund(desk, refund)
    assert desk.stripe.calls == [row.idempotency_key]


async def test_fault_4_killed_after_stripe_acted_replays_the_same_key(desk: Desk) -> None:
    _, _, refund = await desk.approved()
    desk.stripe.after_call = kill
    await crash(desk)
    assert len(desk.stripe.live()) == 1
    desk.stripe.after_call = None
    await desk.work()
    row = await one_refund(desk, refund)
    assert desk.stripe.calls == [row.idempotency_key] * 2


async def test_fault_5_killed_inside_the_record_transaction_records_all_or_nothing(desk: Desk) -> None:
    order, request, refund = await desk.approved()
    submission = await desk.shop.store.run(
        lambda tx: refunds.begin_submission(tx, refund_id=refund.public_id)
    )
    snapshot = await desk.stripe.create_refund(
        payment_intent_id=submission.payment_intent_id, amount_minor=submission.amount_minor, currency="USD",
        reference=submission.refund_id, order_number="", account="", key=submission.key,
    )  # fmt: skip

    async def record_and_die() -> None:
        async with desk.shop.store.transaction() as tx:
            await refunds.record_sent(tx, submission, snapshot)
            raise Killed

    with pytest.raises(Killed):
        await record_and_die()
    assert (await desk.refund(refund.public_id)).status == RefundStatus.SUBMITTING
    assert (await desk.request(request.public_id)).status == RequestStatus.APPROVED
    assert (await desk.shop.order(order)).refunded_minor == 0
    assert await desk.mails(Template.REFUNDED) == []
    await desk.work()
    await one_refund(desk, refund)


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_AFTER, Fault.TIMEOUT_BEFORE])
async def test_fault_8_a_time_out_leaves_the_outcome_unknown_and_the_same_key_settles_it(
    desk: Desk, fault: Fault
) -> None:
    order, _, refund = await desk.approved()
    desk.stripe.faults = [fault]
    await desk.work()
    row = await desk.refund(refund.public_id)
    assert row.status == RefundStatus.UNKNOWN
    assert EntryKind.REFUND_UNKNOWN in await kinds(desk, order.id)
    assert row.next_try_at is not None
    assert timedelta(seconds=15) <= row.next_try_at - desk.shop.now <= timedelta(seconds=36)
    await desk.later(timedelta(seconds=40))
    row = await one_refund(desk, refund)
    assert desk.stripe.calls == [row.idempotency_key] * 2


async def test_fault_9_a_500_although_the_refund_exists_is_found_by_its_metadata(desk: Desk) -> None:
    _, _, refund = await desk.approved()
    desk.stripe.faults = [Fault.ERROR_AFTER]
    await desk.work()
    row = await one_refund(desk, refund)
    assert desk.stripe.calls == [row.idempotency_key]


async def test_fault_9_a_500_that_is_replayed_for_the_key_ends_in_a_new_one_once_absence_is_proven(
    desk: Desk,
) -> None:
    _, request, refund = await desk.approved()
    desk.stripe.faults = [Fault.ERROR_BEFORE]
    await desk.work()
    for _ in range(30):
        await desk.later(HOUR)
        if desk.stripe.live():
            break
    first, second = await desk.shop.rows(Refund)
    assert (first.status, first.failure_code) == (RefundStatus.FAILED, "never_reached_stripe")
    assert second.retry_of == first.id
    assert desk.shop.now - first.created_at > timedelta(hours=25)
    assert (await desk.request(request.public_id)).status == RequestStatus.FULFILLED
    assert first.public_id == refund.public_id
    await one_refund(desk, second)


@pytest.mark.parametrize("fault", [Fault.RATE_LIMIT, Fault.UNREACHABLE])
async def test_fault_10_a_429_backs_off_and_proves_that_nothing_was_sent(desk: Desk, fault: Fault) -> None:
    _, _, refund = await desk.approved()
    desk.stripe.faults = [fault]
    await desk.work()
    row = await desk.refund(refund.public_id)
    assert (row.status, row.maybe_sent_at, row.tries) == (RefundStatus.CREATED, None, 1)
    assert await desk.work() == 0
    await desk.later(timedelta(minutes=1))
    await one_refund(desk, refund)


async def test_fault_10_a_429_after_an_unclear_try_stays_unknown(desk: Desk) -> None:
    _, _, refund = await desk.approved()
    desk.stripe.faults = [Fault.TIMEOUT_AFTER, Fault.RATE_LIMIT]
    await desk.work()
    await desk.later(timedelta(minutes=1))
    row = await desk.refund(refund.public_id)
    assert row.status == RefundStatus.UNKNOWN
    assert row.maybe_sent_at is not None
    await desk.later(timedelta(minutes=4))
    await one_refund(desk, refund)


async def test_fault_10_a_lock_leads_to_unknown_and_the_same_key(desk: Desk) -> None:
    _, _, refund = await desk.approved()
    desk.stripe.faults = [Fault.LOCK]
    await desk.work()
    assert (await desk.refund(refund.public_id)).status == RefundStatus.UNKNOWN
    await desk.later(timedelta(minutes=1))
    await one_refund(desk, refund)


@pytest.mark.parametrize("acted", [True, False])
async def test_fault_11_an_outage_of_30_hours_is_reconciled_before_a_new_key(desk: Desk, acted: bool) -> None:
    _, request, refund = await desk.approved()
    desk.stripe.faults = [Fault.TIMEOUT_AFTER if acted else Fault.TIMEOUT_BEFORE]
    await desk.work()
    desk.stripe.faults = [Fault.TIMEOUT_BEFORE] * 99
    desk.stripe.list_faults = [Fault.TIMEOUT_BEFORE] * 99
    for _ in range(30):
        await desk.later(HOUR)
    (mail,) = await desk.mails(Template.REFUND_FAILED)
    assert "neither lost nor sent twice" in mail.params["reason"]
    desk.stripe.faults, desk.stripe.list_faults = [], []
    for _ in range(8):
        await desk.later(HOUR)
    rows = await desk.shop.rows(Refund)
    assert [r.status for r in rows] == (
        [RefundStatus.SUCCEEDED] if acted else [RefundStatus.FAILED, RefundStatus.SUCCEEDED]
    )
    assert rows[0].public_id == refund.public_id
    assert (await desk.request(request.public_id)).status == RequestStatus.FULFILLED
    await one_refund(desk, rows[-1])


async def test_fault_11_an_outage_of_four_days_flags_the_refund_and_looks_daily(desk: Desk) -> None:
    order, _, refund = await desk.approved()
    desk.stripe.faults = desk.stripe.list_faults = [Fault.TIMEOUT_BEFORE] * 200
    await desk.work()
    for _ in range(40):
        await desk.later(2 * HOUR)
    row = await desk.refund(refund.public_id)
    assert (row.status, row.flagged) == (RefundStatus.UNKNOWN, True)
    assert row.next_try_at is not None
    assert timedelta(hours=8) < row.next_try_at - desk.shop.now <= timedelta(hours=24)
    assert (await desk.payment(order)).committed_minor == 3370
    await clean(desk)


async def test_a_refund_that_was_never_tried_for_three_days_fails_as_not_sent(desk: Desk) -> None:
    _, request, refund = await desk.approved()
    await desk.later(timedelta(hours=72))
    row = await desk.refund(refund.public_id)
    assert (row.status, row.failure_code) == (RefundStatus.FAILED, "not_sent")
    assert (await desk.request(request.public_id)).status == RequestStatus.FAILED
    assert desk.stripe.calls == []
    retried = await desk.retry(request)
    await desk.work()
    await one_refund(desk, retried)
