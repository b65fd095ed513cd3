"""What follows when Stripe says no, changes its mind, or is used by somebody else, and when workers stumble."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders.rules import RefundState, TicketStatus
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RefundSource, RefundStatus, RequestStatus
from kagibag_app.features.refunds.tables import Refund, RefundAllocation
from kagibag_app.kit.errors import DomainError
from tests.fakes import Fault
from tests.refund_checks import HOUR, clean, crash, kill, one_refund
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]


async def test_fault_12_already_refunded_is_reconciled_and_the_request_closed(desk: Desk) -> None:
    order, request, refund = await desk.approved()
    payment = await desk.payment(order)
    desk.stripe.refund_in_dashboard(payment.payment_intent_id, payment.captured_minor)
    await desk.work()
    row = await desk.refund(refund.public_id)
    assert (row.status, row.failure_code) == (RefundStatus.FAILED, "charge_already_refunded")
    assert (await desk.request(request.public_id)).status == RequestStatus.SUPERSEDED
    now = await desk.shop.order(order)
    assert (now.refunded_minor, now.refund_state) == (payment.captured_minor, RefundState.FULL)
    assert {t.status for t in await desk.tickets(order)} == {TicketStatus.VOID}
    await clean(desk)


async def test_fault_12_a_dispute_opened_meanwhile_stops_the_refund_and_says_so(desk: Desk) -> None:
    order, request, refund = await desk.approved()
    desk.stripe.charges[(await desk.payment(order)).payment_intent_id].disputed = True
    await desk.work()
    row = await desk.refund(refund.public_id)
    assert (row.status, row.failure_code) == (RefundStatus.FAILED, "charge_disputed")
    assert "disputed the payment" in row.failure_message
    assert (await desk.request(request.public_id)).status == RequestStatus.FAILED
    assert [t.refund_in_progress for t in await desk.tickets(order)] == [False, False]
    assert len(await desk.mails(Template.REFUND_FAILED)) == 1
    await clean(desk)


async def test_fault_13_a_refund_that_fails_days_later_is_booked_back_and_can_be_retried(desk: Desk) -> None:
    desk.stripe.first_status = "pending"
    order, request, refund = await desk.approved()
    await desk.work()
    assert (await desk.shop.order(order)).refund_state == RefundState.PENDING
    assert await desk.mails(Template.REFUNDED) == []
    desk.shop.clock.advance(timedelta(days=5))
    await desk.tell(desk.stripe.settle("re_0001", "failed", reason="expired_or_canceled_card"))
    row = await desk.refund(refund.public_id)
    assert (row.status, row.failure_code) == (RefundStatus.FAILED, "expired_or_canceled_card")
    assert (await desk.request(request.public_id)).status == RequestStatus.FAILED
    assert (await desk.payment(order)).committed_minor == 0
    assert [t.status for t in await desk.tickets(order)] == [TicketStatus.VOID, TicketStatus.VALID]
    assert (await desk.shop.order(order)).refund_state == RefundState.NONE
    await clean(desk)
    desk.stripe.first_status = "succeeded"
    retried = await desk.retry(request)
    await desk.work()
    assert (await desk.request(request.public_id)).status == RequestStatus.FULFILLED
    await one_refund(desk, retried)


async def test_fault_13_a_succeeded_refund_that_fails_restores_the_totals(desk: Desk) -> None:
    order, request, refund = await desk.approved()
    await desk.work()
    await desk.tell(desk.stripe.settle("re_0001", "failed", reason="declined"))
    now = await desk.shop.order(order)
    assert (now.refunded_minor, now.refund_state) == (0, RefundState.NONE)
    assert (await desk.request(request.public_id)).status == RequestStatus.FAILED
    why = (await desk.refund(refund.public_id)).failure_message
    assert why.startswith("The buyer's bank declined the refund. Try again once;")
    (told,), (buyer,) = await desk.mails(Template.REFUND_FAILED), await desk.mails(Template.REFUND_CAME_BACK)
    assert (
        told.params["reason"]
        == f"{why} Its tickets stay void; you can make them valid again on the order's page."
    )
    assert (buyer.recipient, buyer.params["tickets_void"]) == (order.buyer_email, True)
    await clean(desk)


async def test_fault_13_the_ticket_stays_void_and_only_a_free_seat_revives_it(desk: Desk) -> None:
    order, request, _ = await desk.approved(tickets=1, capacity=1)
    await desk.work()
    event, kind = await desk.event_of(order)
    other = await desk.buy(event, kind, 1)
    await desk.tell(desk.stripe.settle("re_0001", "failed", reason="declined"))
    tickets = await desk.tickets(order)
    assert [t.status for t in tickets] == [TicketStatus.VOID]
    with pytest.raises(DomainError, match="seat was sold meanwhile"):
        await desk.revive(order, tickets)
    await desk.approve(await desk.ask(other))
    await desk.work()
    await desk.revive(order, tickets)
    assert [t.status for t in await desk.tickets(order)] == [TicketStatus.VALID]
    assert (await desk.request(request.public_id)).status == RequestStatus.SUPERSEDED
    (mail,) = await desk.mails(Template.TICKETS_REVIVED)
    assert [t["code"] for t in mail.params["tickets"]] == [tickets[0].code]
    await clean(desk)


async def test_fault_14_a_refund_made_in_the_dashboard_is_imported(desk: Desk) -> None:
    order = await desk.sell(tickets=2, price=1000)
    payment = await desk.payment(order)
    snapshot = desk.stripe.refund_in_dashboard(payment.payment_intent_id, 501)
    assert await desk.tell(snapshot)
    assert await desk.tell(snapshot)
    (row,) = await desk.shop.rows(Refund)
    assert (row.source, row.status, row.amount_minor) == (RefundSource.EXTERNAL, RefundStatus.SUCCEEDED, 501)
    assert [a.amount_minor for a in await desk.shop.rows(RefundAllocation)] == [251, 250]
    assert (await desk.shop.order(order)).refund_state == RefundState.PARTIAL
    assert {t.status for t in await desk.tickets(order)} == {TicketStatus.VALID}
    await clean(desk)


async def test_fault_14_our_own_unsent_refund_gives_way_to_one_made_in_the_dashboard(desk: Desk) -> None:
    order, request, refund = await desk.approved()
    payment = await desk.payment(order)
    await desk.tell(desk.stripe.refund_in_dashboard(payment.payment_intent_id, payment.captured_minor))
    assert (await desk.refund(refund.public_id)).status == RefundStatus.CANCELED
    assert (await desk.request(request.public_id)).status == RequestStatus.SUPERSEDED
    await desk.work()
    assert desk.stripe.calls == []
    await clean(desk)


async def test_fault_14_an_overlap_with_a_sent_refund_is_flagged_until_it_settles(desk: Desk) -> None:
    order, _, refund = await desk.approved()
    desk.stripe.faults = [Fault.TIMEOUT_BEFORE]
    await desk.work()
    payment = await desk.payment(order)
    await desk.tell(desk.stripe.refund_in_dashboard(payment.payment_intent_id, payment.captured_minor))
    outside = (await desk.shop.rows(Refund, source=RefundSource.EXTERNAL))[0]
    assert outside.flagged
    await clean(desk)
    await desk.later(timedelta(minutes=1))
    assert (await desk.refund(refund.public_id)).status == RefundStatus.FAILED
    assert not (await desk.refund(outside.public_id)).flagged
    await clean(desk)


async def test_a_refund_of_an_unknown_payment_waits(desk: Desk) -> None:
    order = await desk.sell()
    snapshot = desk.stripe.refund_in_dashboard((await desk.payment(order)).payment_intent_id, 100)
    elsewhere = type(snapshot)(**{**_fields(snapshot), "payment_intent_id": "pi_elsewhere"})
    assert not await desk.tell(elsewhere)


def _fields(snapshot: object) -> dict[str, object]:
    return {name: getattr(snapshot, name) for name in snapshot.__dataclass_fields__}  # type: ignore[attr-defined]


async def test_fault_22_a_worker_stopped_past_its_lease_makes_no_extra_call_and_changes_nothing(
    desk: Desk,
) -> None:
    _, _, refund = await desk.approved()
    stale = await desk.shop.store.run(lambda tx: refunds.begin_submission(tx, refund_id=refund.public_id))
    await desk.work()
    assert len(desk.stripe.calls) == 1
    for answer in (
        lambda tx: refunds.record_unknown(tx, stale, reason="late", chance=0.5),
        lambda tx: refunds.record_not_reached(tx, stale, proven=True, reason="late", chance=0.5),
        lambda tx: refunds.record_refused(tx, stale, code="late", message=""),
        lambda tx: refunds.record_absent(tx, stale, chance=0.5),
    ):
        await desk.shop.store.run(answer)
    await one_refund(desk, refund)


async def test_fault_22_a_worker_stopped_between_claim_and_call_does_not_call(desk: Desk) -> None:
    _, _, refund = await desk.approved()
    run = desk.shop.store.run

    async def slow(work):  # type: ignore[no-untyped-def]
        result = await run(work)
        desk.shop.clock.advance(timedelta(minutes=10))
        desk.shop.store.run = run  # type: ignore[method-assign]
        return result

    desk.shop.store.run = slow  # type: ignore[method-assign]
    with pytest.raises(Exception, match="stopped before the call"):
        await desk.run_once(refund)
    assert desk.stripe.calls == []
    assert (await desk.refund(refund.public_id)).status == RefundStatus.CREATED


async def test_fault_22_two_workers_make_one_call(desk: Desk) -> None:
    _, _, refund = await desk.approved()
    await asyncio.gather(desk.work(), desk.work())
    assert len(desk.stripe.calls) == 1
    await one_refund(desk, refund)


async def test_two_refunds_of_one_payment_are_sent_one_after_the_other(desk: Desk) -> None:
    order = await desk.sell(tickets=2)
    first, second = await desk.tickets(order)
    one = await desk.approve(await desk.ask(order, [first]))
    await desk.approve(await desk.ask(order, [second]))
    desk.stripe.after_call = kill
    await crash(desk)
    desk.stripe.after_call = None
    await desk.later(timedelta(minutes=1))
    assert [r.status for r in await desk.shop.rows(Refund)] == [RefundStatus.SUCCEEDED] * 2
    assert len(desk.stripe.live(one.public_id)) == 1
    await clean(desk)


async def test_an_event_before_our_own_record_finds_the_row_by_metadata(desk: Desk) -> None:
    _, request, refund = await desk.approved()
    desk.stripe.faults = [Fault.TIMEOUT_AFTER]
    await desk.work()
    await desk.tell(desk.stripe.refunds["re_0001"])
    assert (await desk.request(request.public_id)).status == RequestStatus.FULFILLED
    await desk.later(timedelta(minutes=5))
    assert len(desk.stripe.calls) == 1
    await one_refund(desk, refund)


async def test_a_status_that_we_do_not_know_is_kept_and_waits(desk: Desk) -> None:
    desk.stripe.first_status = "under_lunar_review"
    _, _, refund = await desk.approved()
    await desk.work()
    row = await desk.refund(refund.public_id)
    assert (row.status, row.raw_status) == (RefundStatus.PENDING, "under_lunar_review")
    await desk.tell(desk.stripe.settle("re_0001", "succeeded"))
    await one_refund(desk, refund)


async def test_an_older_look_changes_nothing(desk: Desk) -> None:
    desk.stripe.first_status = "pending"
    _, _, refund = await desk.approved()
    await desk.work()
    old, before = desk.stripe.refunds["re_0001"], desk.shop.now
    desk.shop.clock.advance(HOUR)
    await desk.tell(desk.stripe.settle("re_0001", "succeeded"))
    await desk.shop.store.run(
        lambda tx: refunds.record_gateway_refund(tx, old, account=refund.account, fetched_at=before)
    )
    await one_refund(desk, refund)


async def test_late_money_goes_back_whole_and_leaves_the_order_as_it_was(desk: Desk) -> None:
    order = await desk.sell()
    payment = await desk.second_payment(order)
    await desk.work()
    (row,) = await desk.shop.rows(Refund)
    assert (row.source, row.amount_minor, row.status) == (
        RefundSource.LATE_PAYMENT,
        7140,
        RefundStatus.SUCCEEDED,
    )
    assert row.payment_id == payment.id
    assert await desk.shop.rows(RefundAllocation) == []
    assert len(await desk.mails(Template.LATE_PAYMENT)) == len(await desk.mails(Template.REFUNDED)) == 1
    now = await desk.shop.order(order)
    assert (now.status, now.refunded_minor, now.refund_state) == ("paid", 0, RefundState.NONE)
    assert {t.status for t in await desk.tickets(order)} == {TicketStatus.VALID}
    assert (await desk.ask(order)).amount_minor == 3370
    await clean(desk)


async def test_a_refusal_of_a_later_try_says_nothing_on_an_earlier_one(desk: Desk) -> None:
    _, _, refund = await desk.approved()
    desk.stripe.faults = [Fault.TIMEOUT_AFTER]
    await desk.work()
    desk.stripe.forget_keys()
    desk.stripe.refusal = "api_key_expired"
    await desk.later(timedelta(minutes=1))
    await one_refund(desk, refund)


async def test_a_refusal_of_a_later_try_stays_unknown_while_stripe_can_not_be_asked(desk: Desk) -> None:
    _, _, refund = await desk.approved()
    desk.stripe.faults = [Fault.TIMEOUT_BEFORE]
    await desk.work()
    desk.stripe.refusal, desk.stripe.list_faults = "insufficient_funds", [Fault.TIMEOUT_BEFORE]
    await desk.later(timedelta(minutes=1))
    assert (await desk.refund(refund.public_id)).status == RefundStatus.UNKNOWN
    await desk.later(timedelta(minutes=5))
    assert (await desk.refund(refund.public_id)).failure_code == "insufficient_funds"
    await clean(desk)


async def test_a_refund_that_failed_before_we_heard_of_it_is_imported_as_failed(desk: Desk) -> None:
    order = await desk.sell()
    payment = await desk.payment(order)
    made = desk.stripe.refund_in_dashboard(payment.payment_intent_id, 500)
    await desk.tell(desk.stripe.settle(made.refund_id, "failed", reason="declined"))
    (row,) = await desk.shop.rows(Refund)
    assert row.status == RefundStatus.FAILED
    assert (await desk.payment(order)).committed_minor == 0
    await clean(desk)
