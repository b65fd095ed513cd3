"""Refunds made in Stripe's Dashboard that overtake ours: nothing is forgotten, nothing is stuck, nobody is paid twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from kagibag_app.features.orders.rules import OrderStatus, TicketStatus
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RefundSource, RefundStatus, RequestStatus
from kagibag_app.features.refunds.tables import Refund
from tests.fakes import Fault
from tests.refund_checks import clean
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]


async def test_the_rest_of_a_late_payment_goes_back_when_part_of_it_was_refunded_at_stripe(
    desk: Desk,
) -> None:
    order = await desk.sell()
    payment = await desk.second_payment(order)
    await desk.tell(desk.stripe.refund_in_dashboard("pi_second", 1000))
    await desk.work()
    back = [r.amount_minor for r in desk.stripe.live() if r.payment_intent_id == "pi_second"]
    assert sum(back) == payment.amount_minor, back
    await clean(desk)


async def test_the_rest_of_a_late_payment_can_be_sent_again_when_stripe_refused_it_all(desk: Desk) -> None:
    order = await desk.sell()
    payment = await desk.second_payment(order)
    made = desk.stripe.refund_in_dashboard("pi_second", 1000)
    await desk.work()
    await desk.tell(made)
    (failed,) = await desk.shop.rows(Refund, source=RefundSource.LATE_PAYMENT)
    assert failed.status == RefundStatus.FAILED
    await desk.shop.store.run(lambda tx: refunds.retry_refund(tx, desk.manager, refund_id=failed.public_id))
    await desk.work()
    back = [r.amount_minor for r in desk.stripe.live() if r.payment_intent_id == "pi_second"]
    assert sum(back) == payment.amount_minor, back
    await clean(desk)


async def test_a_failed_request_is_not_stuck_when_part_of_its_lines_was_refunded_at_stripe(
    desk: Desk,
) -> None:
    order, request, _ = await desk.approved(policy={"tiers": [{"days_before": 1, "percent": 100}]})
    payment = await desk.payment(order)
    made = desk.stripe.refund_in_dashboard(payment.payment_intent_id, 5000)
    await desk.work()  # Stripe refuses: too large
    await desk.tell(made)
    assert (await desk.request(request.public_id)).status == RequestStatus.FAILED
    await desk.retry(request)
    await desk.work()
    # The 5000 took half of each line's money: 1070 of the asked ticket's price are left.
    assert [r.amount_minor for r in desk.stripe.live()] == [5000, 1070]
    assert (await desk.request(request.public_id)).approved_minor == 1070
    assert (await desk.request(request.public_id)).status == RequestStatus.FULFILLED
    await clean(desk)


async def test_tickets_stay_void_until_revived_when_a_refund_made_at_stripe_fails_later(desk: Desk) -> None:
    order = await desk.sell()
    payment = await desk.payment(order)
    made = desk.stripe.refund_in_dashboard(payment.payment_intent_id, order.total_minor)
    await desk.tell(made)
    assert {t.status for t in await desk.tickets(order)} == {TicketStatus.VOID}
    await desk.tell(desk.stripe.settle(made.refund_id, "failed", reason="declined"))
    now = await desk.shop.order(order)
    assert (now.status, now.refunded_minor) == (OrderStatus.PAID, 0)
    assert {t.status for t in await desk.tickets(order)} == {TicketStatus.VOID}
    await desk.revive(order, await desk.tickets(order))
    assert {t.status for t in await desk.tickets(order)} == {TicketStatus.VALID}
    await clean(desk)


async def test_a_refund_that_names_ours_by_hand_on_another_payment_is_an_import(desk: Desk) -> None:
    _, _, refund = await desk.approved()
    other = await desk.sell()
    payment = await desk.payment(other)
    made = desk.stripe.refund_in_dashboard(payment.payment_intent_id, 1000)
    forged = replace(made, refund_reference=refund.public_id)
    desk.stripe.refunds[made.refund_id] = forged
    await desk.tell(forged)
    await desk.work()
    assert (await desk.payment(other)).committed_minor == 1000
    assert (await desk.refund(refund.public_id)).stripe_refund_id != made.refund_id
    assert (await desk.shop.order(other)).refunded_minor == 1000
    await clean(desk)


async def test_two_events_of_one_refund_made_at_stripe_import_it_once(desk: Desk) -> None:
    order = await desk.sell()
    payment = await desk.payment(order)
    made = desk.stripe.refund_in_dashboard(payment.payment_intent_id, 1000)
    answers = await asyncio.gather(*(desk.tell(made) for _ in range(4)), return_exceptions=True)
    assert answers == [True] * 4, answers
    assert len(await desk.shop.rows(Refund)) == 1
    await clean(desk)


async def test_two_workers_at_one_refund_send_it_once(desk: Desk) -> None:
    _, request, refund = await desk.approved()
    desk.stripe.faults = [Fault.TIMEOUT_AFTER]
    await asyncio.gather(*(desk.run_once(refund) for _ in range(4)), return_exceptions=True)
    await desk.later(timedelta(hours=1))
    assert len(desk.stripe.live()) == 1
    assert (await desk.request(request.public_id)).status == RequestStatus.FULFILLED
    await clean(desk)
