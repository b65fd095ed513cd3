"""The end of a hold: Stripe's page first, then the seats."""

from __future__ import annotations

from datetime import timedelta

import httpx

from kagibag_app.features.checkout import service as checkout
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.orders.tables import Ticket
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.jobs.settlement import settle_checkout
from kagibag_app.kit.actor import SYSTEM, attendee
from kagibag_app.storage.outbox import OutboxStatus
from tests.jobs.till import DECLINED, Till

pytest_plugins = ["tests.jobs.till_fixtures"]

OVER = timedelta(minutes=32)


async def test_the_seats_are_free_when_stripe_has_closed_the_page(till: Till) -> None:
    order = await till.ordered()
    till.runtime.clock.advance(OVER)
    await till.work()
    assert (await till.shop.order(order)).status == "expired"
    assert till.sandbox.objects("checkout.session")[0]["status"] == "expired"
    payment = await till.payment(order)
    assert (payment.status, payment.is_open) == ("canceled", False)
    assert "payment_expired" in await till.kinds(order)
    await till.settle()
    assert (await till.kinds(order)).count("payment_expired") == 1
    await till.shop.check_books()


async def test_the_page_is_left_alone_when_its_time_has_not_come(till: Till) -> None:
    order = await till.ordered()
    till.runtime.clock.advance(timedelta(minutes=30))
    await till.work()
    assert (await till.shop.order(order)).status == "pending"
    assert till.sandbox.objects("checkout.session")[0]["status"] == "open"


async def test_the_order_is_completed_when_it_was_paid_in_the_last_second(till: Till) -> None:
    order = await till.ordered()
    await till.pay(order)
    till.runtime.clock.advance(OVER)
    await till.work()
    assert (await till.shop.order(order)).status == "paid"
    await till.settle()
    assert len(await till.shop.rows(Ticket)) == 2
    await till.shop.check_books()


async def test_nothing_is_released_when_stripe_does_not_answer(till: Till) -> None:
    order = await till.ordered()
    till.runtime.clock.advance(OVER)
    till.line.before.append(httpx.ConnectError("refused"))
    await till.work()
    assert (await till.shop.order(order)).status == "pending"
    (job,) = await till.jobs("expire_order")
    assert job.status == OutboxStatus.PENDING
    till.runtime.clock.advance(timedelta(minutes=1))
    await till.work()
    assert (await till.shop.order(order)).status == "expired"


async def test_the_wait_ends_when_stripe_does_not_know_the_page(till: Till) -> None:
    order = await till.ordered()
    till.sandbox.reset()
    till.runtime.clock.advance(OVER)
    await till.work()
    assert (await till.shop.order(order)).status == "expired"


async def test_the_return_page_completes_the_order_when_webhooks_are_late(till: Till) -> None:
    order = await till.ordered()
    await till.pay(order)
    assert await settle_checkout(till.runtime, (await till.payment(order)).public_id)
    assert (await till.shop.order(order)).status == "paid"
    await till.settle()
    assert len(await till.shop.rows(Ticket)) == 2
    assert not await settle_checkout(till.runtime, (await till.payment(order)).public_id)


async def test_late_money_buys_the_seats_when_they_are_still_there(till: Till) -> None:
    order = await till.ordered()
    session = (await till.payment(order)).session_id
    await _expire_here_alone(till, order.id)
    till.sandbox.pay(session)
    await till.settle()
    assert (await till.shop.order(order)).status == "paid"
    assert await till.shop.rows(Refund) == []
    await till.shop.check_books()


async def test_late_money_goes_back_when_the_seats_are_gone(till: Till) -> None:
    event = await till.shop.event()
    kind = await till.shop.ticket_type(event, capacity=2)
    await till.shop.open(event)
    placed = await till.shop.buy(event, {kind.public_id: 2}, platform_account=till.runtime.platform_account)
    await till.work()
    order = await till.shop.order(placed)
    session = (await till.payment(order)).session_id
    await _expire_here_alone(till, order.id)
    await till.shop.buy(
        event,
        {kind.public_id: 2},
        buyer_email="other@example.com",
        platform_account=till.runtime.platform_account,
    )
    till.sandbox.pay(session)
    await till.settle()
    assert (await till.shop.order(order)).status == "expired"
    (refund,) = await till.shop.rows(Refund)
    assert (refund.source, refund.status, refund.amount_minor) == ("late_payment", "succeeded", 8400)
    assert "late_payment" in await till.kinds(order)
    payment = await till.payment(order)
    assert (payment.status, payment.captured_minor, payment.committed_minor) == ("captured", 8400, 8400)
    await till.shop.check_books()


async def test_money_that_comes_twice_goes_back_once(till: Till) -> None:
    """The first page is paid after the order was opened again: the second page is closed, or paid back."""
    order = await till.ordered()
    first = await till.payment(order)
    await _fail_here_alone(till, order.id)
    await till.runtime.store.run(
        lambda tx: checkout.retry_payment(
            tx, attendee(order.organizer_id, "Maren"), order_public_id=order.public_id,
            platform_account=till.runtime.platform_account,
        )
    )  # fmt: skip
    await till.work()
    second = await till.payment(order)
    assert second.id != first.id
    till.sandbox.pay(second.session_id)
    till.sandbox.pay(first.session_id)
    await till.settle()
    order = await till.shop.order(order)
    assert order.status == "paid"
    (refund,) = await till.shop.rows(Refund)
    assert (refund.source, refund.status) == ("late_payment", "succeeded")
    assert {payment.is_open for payment in await till.shop.rows(Payment)} == {False}
    await till.shop.check_books()


async def test_the_second_page_is_closed_when_the_first_one_is_paid_late(till: Till) -> None:
    order = await till.ordered()
    first = await till.payment(order)
    await _fail_here_alone(till, order.id)
    await till.runtime.store.run(
        lambda tx: checkout.retry_payment(
            tx, attendee(order.organizer_id, "Maren"), order_public_id=order.public_id,
            platform_account=till.runtime.platform_account,
        )
    )  # fmt: skip
    await till.work()
    till.sandbox.pay(first.session_id)
    await till.settle()
    newest = till.sandbox.objects("checkout.session")[0]
    assert newest["status"] == "expired"
    assert (await till.shop.order(order)).status == "paid"
    assert await till.shop.rows(Refund) == []


async def test_a_declined_card_does_not_keep_the_hold_when_the_page_ends(till: Till) -> None:
    order = await till.ordered()
    await till.pay(order, DECLINED)
    await till.advance(OVER)
    await till.settle()
    assert (await till.shop.order(order)).status == "expired"
    assert (await till.payment(order)).status == "canceled"
    await till.shop.check_books()


async def _expire_here_alone(till: Till, order_id: int) -> None:
    """The order is over for us while its page at Stripe lives on, as after a lost answer."""
    async with till.runtime.store.transaction() as tx:
        order = await orders.lock(tx, order_id)
        await orders.release(tx, SYSTEM, order, OrderStatus.EXPIRED)


async def _fail_here_alone(till: Till, order_id: int) -> None:
    async with till.runtime.store.transaction() as tx:
        order = await orders.lock(tx, order_id)
        await orders.release(tx, SYSTEM, order, OrderStatus.PAYMENT_FAILED)
        (payment,) = await till.shop.rows(Payment, order_id=order_id)
        (await tx.session.get_one(Payment, payment.id)).is_open = False
