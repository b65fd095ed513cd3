"""Cancelling through the real SDK, the Stripe sandbox, signed events and the worker."""

from __future__ import annotations

from datetime import timedelta

import httpx

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import OrderStatus, RefundState, TicketStatus
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RefundStatus
from kagibag_app.features.refunds.service import CancelOutcome
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.jobs.audit import run as audit
from kagibag_app.kit.actor import SYSTEM, Actor, ActorKind
from tests.jobs.till import Till

pytest_plugins = ["tests.jobs.till_fixtures"]

REFUND_FAILS, REFUND_PENDING = "4000000000005126", "4000000000007726"
CREATE = {"path": "/v1/refunds", "method": "POST"}


async def cancel(till: Till, order: Order) -> CancelOutcome:
    """Cancel as a manager who looks at the order now."""
    manager = Actor(ActorKind.MEMBER, till.shop.organizer_id, None, Role.MANAGER, "Dana Moreau")
    version = (await till.shop.order(order)).version
    return await till.shop.store.run(
        lambda tx: refunds.cancel_order(
            tx, manager, order=order.public_id, version=version, message="The hall was flooded."
        )
    )


async def paid_with(till: Till, card: str) -> Order:
    """Sell two tickets to the holder of a card."""
    order = await till.ordered()
    await till.pay(order, card)
    await till.settle()
    return await till.shop.order(order)


async def later(till: Till, by: timedelta) -> None:
    """Let time pass here and at Stripe, then let everything due happen."""
    await till.advance(by)
    await till.settle()


async def mails(till: Till, template: Template) -> int:
    """Count the mails of a template."""
    return len(await till.shop.rows(EmailMessage, template=template))


async def clean(till: Till) -> None:
    """Assert that every invariant holds and the ledger equals Stripe."""
    await till.shop.check_books()
    assert [f for f in await audit(till.runtime, stripe=True) if f.count] == []


async def test_the_seats_of_an_unpaid_order_are_free_when_stripe_has_closed_its_page(till: Till) -> None:
    order = await till.ordered()
    assert await cancel(till, order) == CancelOutcome.CLOSING
    assert (await till.shop.order(order)).status == OrderStatus.PENDING
    await till.settle()
    assert till.sandbox.objects("checkout.session")[0]["status"] == "expired"
    now = await till.shop.order(order)
    assert (now.status, now.paid_at) == (OrderStatus.CANCELLED, None)
    assert await mails(till, Template.ORDER_CANCELLED) == 1
    await clean(till)


async def test_an_order_that_was_paid_meanwhile_is_completed_not_cancelled(till: Till) -> None:
    order = await till.ordered()
    await till.pay(order)
    assert await cancel(till, order) == CancelOutcome.CLOSING
    await till.settle()
    now = await till.shop.order(order)
    assert (now.status, now.cancel_asked_at) == (OrderStatus.PAID, None)
    assert "cancel_dropped" in await till.kinds(order)
    assert len(await till.shop.rows(Ticket)) == 2
    assert await mails(till, Template.ORDER_CANCELLED) == 0
    await clean(till)


async def test_nothing_is_released_while_stripe_does_not_answer(till: Till) -> None:
    order = await till.ordered()
    await cancel(till, order)
    till.line.before.append(httpx.ConnectError("refused"))
    await till.work()
    assert (await till.shop.order(order)).status == OrderStatus.PENDING
    await later(till, timedelta(minutes=1))
    assert (await till.shop.order(order)).status == OrderStatus.CANCELLED
    await clean(till)


async def test_a_page_that_is_still_being_opened_is_closed_too(till: Till) -> None:
    event = await till.shop.event()
    kind = await till.shop.ticket_type(event)
    await till.shop.open(event)
    placed = await till.shop.buy(event, {kind.public_id: 1}, platform_account=till.runtime.platform_account)
    order = await till.shop.order(placed)
    await cancel(till, order)
    await till.settle()
    assert (await till.shop.order(order)).status == OrderStatus.CANCELLED
    assert {s["status"] for s in till.sandbox.objects("checkout.session")} <= {"expired"}
    await clean(till)


async def test_money_that_comes_for_a_cancelled_order_goes_back(till: Till) -> None:
    """The page lives on at Stripe, as after a lost answer."""
    order = await till.ordered()
    async with till.runtime.store.transaction() as tx:
        await orders.release(tx, SYSTEM, await orders.lock(tx, order.id), OrderStatus.CANCELLED)
    await till.pay(order)
    await till.settle()
    now = await till.shop.order(order)
    assert (now.status, now.paid_at, now.refunded_minor) == (OrderStatus.CANCELLED, None, 0)
    (back,) = await till.shop.rows(Refund)
    assert (back.source, back.status, back.amount_minor) == ("late_payment", RefundStatus.SUCCEEDED, 8400)
    await clean(till)


async def test_a_refund_that_is_pending_at_first_cancels_and_is_called_refunded_only_later(
    till: Till,
) -> None:
    order = await paid_with(till, REFUND_PENDING)
    assert await cancel(till, order) == CancelOutcome.REFUNDING
    await till.work()
    now = await till.shop.order(order)
    assert (now.status, now.refund_state) == (OrderStatus.CANCELLED, RefundState.PENDING)
    assert {t.status for t in await till.shop.rows(Ticket)} == {TicketStatus.VOID}
    assert (await mails(till, Template.ORDER_CANCELLED), await mails(till, Template.REFUNDED)) == (1, 0)
    (made,) = till.sandbox.objects("refund")
    assert made["status"] == "pending"
    await later(till, timedelta(days=10))
    assert (await till.shop.order(order)).refund_state == RefundState.FULL
    assert await mails(till, Template.REFUNDED) == 1
    await clean(till)


async def test_a_refund_that_fails_later_leaves_the_order_cancelled_and_can_be_sent_again(till: Till) -> None:
    order = await paid_with(till, REFUND_FAILS)
    await cancel(till, order)
    await till.settle()
    await later(till, timedelta(days=10))
    (failed,) = await till.shop.rows(Refund)
    assert failed.status == RefundStatus.FAILED
    now = await till.shop.order(order)
    assert (now.status, now.refunded_minor) == (OrderStatus.CANCELLED, 0)
    assert {t.status for t in await till.shop.rows(Ticket)} == {TicketStatus.VOID}
    await clean(till)
    manager = Actor(ActorKind.MEMBER, till.shop.organizer_id, None, Role.MANAGER, "Dana Moreau")
    await till.shop.store.run(lambda tx: refunds.retry_refund(tx, manager, refund_id=failed.public_id))
    await till.work()
    (_, again) = await till.shop.rows(Refund)
    assert again.cancels_order
    assert again.stripe_refund_id
    assert await mails(till, Template.ORDER_CANCELLED) == 1


async def test_a_time_out_after_stripe_acted_cancels_once(till: Till) -> None:
    order = await till.paid()
    await cancel(till, order)
    till.line.after.append(httpx.ReadTimeout("gone"))
    await till.work()
    assert (await till.shop.order(order)).status == OrderStatus.PAID
    await later(till, timedelta(minutes=1))
    assert (await till.shop.order(order)).status == OrderStatus.CANCELLED
    assert len(till.sandbox.objects("refund")) == 1
    assert await mails(till, Template.ORDER_CANCELLED) == 1
    await clean(till)


async def test_a_500_although_the_refund_exists_cancels_once(till: Till) -> None:
    order = await till.paid()
    await cancel(till, order)
    till.sandbox.add_fault("error_after", **CREATE)
    await till.settle()
    assert (await till.shop.order(order)).status == OrderStatus.CANCELLED
    assert len(till.sandbox.objects("refund")) == 1
    await clean(till)


async def test_a_dispute_that_comes_first_keeps_the_order(till: Till) -> None:
    order = await till.paid()
    await cancel(till, order)
    till.sandbox.open_dispute(payment_intent=(await till.payment(order)).payment_intent_id)
    await till.settle()
    now = await till.shop.order(order)
    assert (now.status, now.dispute_state) == (OrderStatus.PAID, "open")
    assert {(t.status, t.refund_in_progress) for t in await till.shop.rows(Ticket)} == {
        (TicketStatus.VALID, False)
    }
    (failed,) = await till.shop.rows(Refund)
    assert (failed.status, failed.failure_code) == (RefundStatus.FAILED, "charge_disputed")
    await clean(till)


async def test_a_refund_of_everything_in_the_dashboard_makes_ours_unneeded(till: Till) -> None:
    order = await till.paid()
    await cancel(till, order)
    till.sandbox.refund((await till.payment(order)).payment_intent_id)
    await till.settle()
    now = await till.shop.order(order)
    assert (now.status, now.refund_state) == (OrderStatus.PAID, RefundState.FULL)
    assert await cancel(till, order) == CancelOutcome.CANCELLED
    await clean(till)
