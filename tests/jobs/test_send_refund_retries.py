"""Failed refunds sent again by a person: a new key, the same money, never beside a refund that is alive."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RefundStatus, RequestStatus
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.kit.errors import DomainError
from tests.fakes import Fault
from tests.refund_checks import clean, one_refund
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]


async def test_a_retry_looks_for_the_old_refund_first_and_gives_way_to_it(desk: Desk) -> None:
    order, request, refund = await desk.approved()
    desk.stripe.refusal = "insufficient_funds"
    await desk.work()
    assert (await desk.refund(refund.public_id)).failure_code == "insufficient_funds"
    desk.stripe.refusal = ""
    retried = await desk.retry(request)
    # Support at Stripe pushed the refused refund through by hand.
    await desk.stripe.create_refund(
        payment_intent_id=(await desk.payment(order)).payment_intent_id, amount_minor=refund.amount_minor, currency="USD",
        reference=refund.public_id, order_number="", account="", key="by-hand",
    )  # fmt: skip
    await desk.work()
    assert (await desk.refund(retried.public_id)).status == RefundStatus.CANCELED
    assert (await desk.request(request.public_id)).status == RequestStatus.FULFILLED
    await one_refund(desk, refund)


async def test_a_retry_waits_while_the_old_refund_can_not_be_looked_for(desk: Desk) -> None:
    _, request, _ = await desk.approved()
    desk.stripe.refusal = "insufficient_funds"
    await desk.work()
    desk.stripe.refusal, desk.stripe.list_faults = "", [Fault.TIMEOUT_BEFORE]
    retried = await desk.retry(request)
    await desk.work()
    assert (await desk.refund(retried.public_id)).status == RefundStatus.CREATED
    await desk.later(timedelta(minutes=1))
    await one_refund(desk, retried)


async def test_a_retry_of_what_was_refunded_another_way_meanwhile_is_refused(desk: Desk) -> None:
    order = await desk.sell()
    await desk.second_payment(order)
    desk.stripe.refusal = "insufficient_funds"
    await desk.work()
    await desk.tell(desk.stripe.refund_in_dashboard("pi_second", order.total_minor))
    (failed, _) = await desk.shop.rows(Refund)
    with pytest.raises(DomainError) as refused:
        await desk.shop.store.run(
            lambda tx: refunds.retry_refund(tx, desk.manager, refund_id=failed.public_id)
        )
    assert refused.value.code == "refund_exceeds_remaining"
    await clean(desk)


async def test_a_failed_request_is_closed_when_all_its_money_was_refunded_another_way(desk: Desk) -> None:
    order, request, _ = await desk.approved()
    desk.stripe.refusal = "insufficient_funds"
    await desk.work()
    payment = await desk.payment(order)
    await desk.tell(desk.stripe.refund_in_dashboard(payment.payment_intent_id, order.total_minor))
    with pytest.raises(refunds.AlreadyDecided):
        await desk.retry(request)
    assert (await desk.request(request.public_id)).status == RequestStatus.SUPERSEDED
    await clean(desk)


async def test_a_refund_that_never_failed_is_not_sent_again(desk: Desk) -> None:
    _, _, refund = await desk.approved()
    await desk.work()
    with pytest.raises(DomainError) as refused:
        await desk.shop.store.run(
            lambda tx: refunds.retry_refund(tx, desk.manager, refund_id=refund.public_id)
        )
    assert refused.value.code == "not_failed"


async def test_a_refund_that_another_one_replaced_makes_it_unneeded_when_it_comes_alive(desk: Desk) -> None:
    _, request, refund = await desk.approved()
    await desk.work()
    await desk.tell(desk.stripe.settle("re_0001", "failed", reason="declined"))
    retried = await desk.retry(request)
    await desk.tell(desk.stripe.settle("re_0001", "succeeded"))
    assert (await desk.refund(retried.public_id)).status == RefundStatus.CANCELED
    assert (await desk.refund(refund.public_id)).status == RefundStatus.SUCCEEDED
    assert (await desk.request(request.public_id)).status == RequestStatus.FULFILLED


async def test_a_failed_refund_of_late_money_is_sent_again_by_a_member(desk: Desk) -> None:
    order = await desk.sell()
    await desk.second_payment(order)
    desk.stripe.refusal = "insufficient_funds"
    await desk.work()
    (failed,) = await desk.shop.rows(Refund)
    assert failed.status == RefundStatus.FAILED
    desk.stripe.refusal = ""
    retried = await desk.shop.store.run(
        lambda tx: refunds.retry_refund(tx, desk.manager, refund_id=failed.public_id)
    )
    await desk.work()
    assert (await desk.refund(retried)).status == RefundStatus.SUCCEEDED
    await clean(desk)
