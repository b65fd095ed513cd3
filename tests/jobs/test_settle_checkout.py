"""A look at Stripe for a buyer who is back before any event is."""

from __future__ import annotations

from datetime import timedelta

from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.rules import SETTLE_CHECKOUT
from kagibag_app.jobs import settle_checkout
from tests.jobs.till import Till

pytest_plugins = ["tests.jobs.till_fixtures"]


async def test_the_order_completes_when_stripes_events_never_come(till: Till) -> None:
    order = await till.ordered()
    await till.pay(order)
    payment = await till.payment(order)
    await till.runtime.store.run(lambda tx: payments.look_soon(tx, payment_public_id=payment.public_id))
    [job] = await till.jobs(SETTLE_CHECKOUT)
    await settle_checkout.run(till.runtime, job)  # type: ignore[arg-type]

    assert (await till.shop.order(order)).status == OrderStatus.PAID


async def test_stripe_is_asked_again_only_after_a_while_when_a_page_is_reloaded(till: Till) -> None:
    order = await till.ordered()
    payment = await till.payment(order)

    async def look() -> None:
        await till.runtime.store.run(lambda tx: payments.look_soon(tx, payment_public_id=payment.public_id))

    for _ in range(3):
        await look()
    till.runtime.clock.advance(timedelta(seconds=30))
    await look()

    assert len(await till.jobs(SETTLE_CHECKOUT)) in (2, 3)  # a slot may end between two of the first looks
