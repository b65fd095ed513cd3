"""Orders that a member cancels: what comes first, what follows, and what is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import OrderStatus, RefundState, Seat
from kagibag_app.features.orders.tables import LineItem, Order, Ticket
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RefundSource, RefundStatus, RequestStatus
from kagibag_app.features.refunds.service import AlreadyDecided, CancelOutcome
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.kit.actor import STRIPE
from kagibag_app.kit.errors import BadInput, DomainError, Forbidden
from kagibag_app.storage.outbox import OutboxRow
from tests.fakes import Fault
from tests.order_acts import acting_as, cancel, options, put, refund
from tests.refund_checks import HOUR, clean, kinds
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]


async def ended(desk: Desk, order: Order) -> None:
    """Assert that an order is cancelled, lets nobody in, holds no seat, and that its buyer was told once."""
    now = await desk.shop.order(order)
    assert (now.status, now.cancelled_at is not None, now.cancel_asked_at) == (
        OrderStatus.CANCELLED,
        True,
        None,
    )
    tickets = await desk.shop.rows(Ticket, order_id=order.id)
    assert {(t.status, t.refund_in_progress) for t in tickets} <= {("void", False)}
    assert {line.seat for line in await desk.shop.rows(LineItem, order_id=order.id)} == {Seat.RELEASED}
    (mail,) = await desk.mails(Template.ORDER_CANCELLED)
    assert (mail.recipient, mail.params["message"]) == (order.buyer_email, "The hall was flooded.")
    await clean(desk)


async def stays_paid(desk: Desk, order: Order) -> None:
    """Assert that nothing came of it: tickets valid, seats sold, nobody told of a cancellation."""
    assert (await desk.shop.order(order)).status == OrderStatus.PAID
    assert {(t.status, t.refund_in_progress) for t in await desk.tickets(order)} == {("valid", False)}
    assert {line.seat for line in await desk.shop.rows(LineItem, order_id=order.id)} == {Seat.SOLD}
    assert await desk.mails(Template.ORDER_CANCELLED) == []
    await clean(desk)


async def test_a_free_order_is_cancelled_at_once_without_a_refund(desk: Desk) -> None:
    order = await desk.sell_free()
    preview = (await options(desk, order)).cancel
    assert (preview.may, preview.outcome, preview.amount_minor, preview.label) == (
        True,
        CancelOutcome.CANCELLED,
        0,
        "Cancel order",
    )
    assert preview.parts[:2] == ["Nothing was paid, so nothing goes back.", "1 ticket becomes void."]
    assert await cancel(desk, order) == CancelOutcome.CANCELLED
    await ended(desk, order)
    assert await desk.shop.rows(Refund) == []
    (mail,) = await desk.mails(Template.ORDER_CANCELLED)
    assert (mail.params["amount_minor"], mail.params["was_paid"]) == (0, False)
    entries = await desk.shop.rows(TimelineEntry, order_id=order.id, kind="order_status")
    assert (entries[-1].actor_name, entries[-1].data["message"]) == ("Dana Moreau", "The hall was flooded.")


async def test_a_paid_order_is_cancelled_when_stripe_accepts_the_refund_and_not_before(desk: Desk) -> None:
    order = await desk.sell()
    preview = (await options(desk, order)).cancel
    assert (preview.outcome, preview.amount_minor, preview.label) == (
        CancelOutcome.REFUNDING,
        7140,
        "Cancel and refund $71.40",
    )
    assert "$71.40 goes back to Visa •••• 4242." in preview.parts
    assert await cancel(desk, order) == CancelOutcome.REFUNDING
    now = await desk.shop.order(order)
    assert (now.status, now.refund_state) == (OrderStatus.PAID, RefundState.PENDING)
    assert {t.refund_in_progress for t in await desk.tickets(order)} == {True}
    (made,) = await desk.shop.rows(Refund)
    assert (made.source, made.cancels_order, made.amount_minor) == (RefundSource.ADMIN, True, 7140)
    assert await desk.mails(Template.ORDER_CANCELLED) == []
    desk.stripe.first_status = "pending"
    await desk.work()
    await ended(desk, order)
    (mail,) = await desk.mails(Template.ORDER_CANCELLED)
    assert (mail.params["amount_minor"], mail.params["was_paid"]) == (7140, True)
    assert await desk.mails(Template.REFUNDED) == []
    await desk.tell(desk.stripe.settle("re_0001", "succeeded"))
    assert (await desk.shop.order(order)).refund_state == RefundState.FULL
    assert len(await desk.mails(Template.REFUNDED)) == 1
    await ended(desk, order)


async def test_the_order_stays_paid_when_stripe_refuses_and_a_retry_still_cancels(desk: Desk) -> None:
    order = await desk.sell()
    await cancel(desk, order)
    desk.stripe.refusal = "balance_insufficient"
    await desk.work()
    await stays_paid(desk, order)
    (failed,) = await desk.shop.rows(Refund)
    await desk.dispute(order)
    with pytest.raises(DomainError) as held:
        await desk.shop.store.run(
            lambda tx: refunds.retry_refund(tx, desk.manager, refund_id=failed.public_id)
        )
    assert held.value.code == "charge_disputed"
    await desk.dispute(order, open_chargeback=False)
    (told,) = await desk.mails(Template.REFUND_FAILED)
    assert told.params["reason"].endswith("So the order is not cancelled, and its tickets are as they were.")
    desk.stripe.refusal = ""
    await desk.shop.store.run(lambda tx: refunds.retry_refund(tx, desk.manager, refund_id=failed.public_id))
    await desk.work()
    await ended(desk, order)


async def test_a_retry_gives_back_what_is_left_by_then(desk: Desk) -> None:
    order = await desk.sell()
    await cancel(desk, order)
    desk.stripe.refusal = "balance_insufficient"
    await desk.work()
    desk.stripe.refusal = ""
    await refund(desk, order, (await desk.tickets(order))[:1])
    (failed, _) = await desk.shop.rows(Refund)
    with pytest.raises(DomainError) as refused:
        await desk.shop.store.run(
            lambda tx: refunds.retry_refund(tx, desk.manager, refund_id=failed.public_id)
        )
    assert refused.value.code == "refund_in_progress"
    await desk.work()
    made = await desk.shop.store.run(
        lambda tx: refunds.retry_refund(tx, desk.manager, refund_id=failed.public_id)
    )
    assert (await desk.refund(made)).amount_minor == 3570
    await desk.work()
    await ended(desk, order)


async def test_the_order_can_be_cancelled_anew_when_stripe_refused(desk: Desk) -> None:
    order = await desk.sell()
    await cancel(desk, order, message="First words.")
    desk.stripe.refusal = "balance_insufficient"
    await desk.work()
    desk.stripe.refusal = ""
    assert await cancel(desk, order) == CancelOutcome.REFUNDING
    await desk.work()
    await ended(desk, order)
    (failed, _) = await desk.shop.rows(Refund)
    with pytest.raises(DomainError) as refused:
        await desk.shop.store.run(
            lambda tx: refunds.retry_refund(tx, desk.manager, refund_id=failed.public_id)
        )
    assert refused.value.code == "refund_exceeds_remaining"


async def test_a_new_key_after_a_day_of_silence_still_cancels(desk: Desk) -> None:
    order = await desk.sell()
    desk.stripe.faults = [Fault.TIMEOUT_BEFORE] * 20
    await cancel(desk, order)
    await desk.work()
    for _ in range(13):
        await desk.later(2 * HOUR)
    assert (await desk.shop.order(order)).status == OrderStatus.PAID
    desk.stripe.faults = []
    await desk.later(HOUR)
    await ended(desk, order)


async def test_it_stays_cancelled_when_the_bank_returns_the_money_and_the_refund_can_be_sent_again(
    desk: Desk,
) -> None:
    order = await desk.sell()
    await cancel(desk, order)
    await desk.work()
    await desk.tell(desk.stripe.settle("re_0001", "failed", reason="expired_or_canceled_card"))
    await ended(desk, order)
    now = await desk.shop.order(order)
    assert (now.refunded_minor, now.refund_state) == (0, RefundState.NONE)
    (told,) = await desk.mails(Template.REFUND_FAILED)
    assert told.params["reason"].endswith("The order stays cancelled, so the money is still to be returned.")
    assert (await options(desk, order)).limit_minor == 7140
    (failed,) = await desk.shop.rows(Refund)
    await desk.shop.store.run(lambda tx: refunds.retry_refund(tx, desk.manager, refund_id=failed.public_id))
    await desk.work()
    assert (await desk.shop.order(order)).refund_state == RefundState.FULL
    await ended(desk, order)


async def test_a_failed_request_can_be_retried_after_its_order_was_cancelled(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order, await desk.tickets(order))
    await desk.approve(request, 7140)
    await desk.work()
    assert await cancel(desk, order) == CancelOutcome.CANCELLED
    await desk.tell(desk.stripe.settle("re_0001", "failed", reason="declined"))
    await desk.retry(request)
    await desk.work()
    assert (await desk.request(request.public_id)).status == RequestStatus.FULFILLED
    await ended(desk, order)


async def test_only_the_rest_goes_back_when_part_of_it_did_before(desk: Desk) -> None:
    order = await desk.sell(tickets=3)
    await refund(desk, order, (await desk.tickets(order))[:1])
    await desk.work()
    await desk.check_in(order)
    shown = (await options(desk, order)).cancel
    assert (shown.amount_minor, shown.label) == (7140, "Cancel and refund $71.40")
    await cancel(desk, order)
    await desk.work()
    assert [r.amount_minor for r in await desk.shop.rows(Refund)] == [3570, 7140]
    await ended(desk, order)


async def test_nothing_goes_back_when_all_of_it_did_before(desk: Desk) -> None:
    order = await desk.sell()
    await refund(desk, order)
    await desk.work()
    shown = (await options(desk, order)).cancel
    assert (shown.outcome, shown.parts[0]) == (
        CancelOutcome.CANCELLED,
        "All of the money went back already.",
    )
    assert await cancel(desk, order) == CancelOutcome.CANCELLED
    assert len(await desk.shop.rows(Refund)) == 1
    await ended(desk, order)


async def test_a_lost_dispute_leaves_nothing_to_give_back(desk: Desk) -> None:
    order = await desk.sell()
    await put(desk, order, dispute_state="lost")
    assert await cancel(desk, order) == CancelOutcome.CANCELLED
    assert (await desk.shop.order(order)).status == OrderStatus.CANCELLED
    assert await desk.shop.rows(Refund) == []


async def test_a_waiting_request_is_closed_with_the_order(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order)
    assert "The buyer's refund request is closed." in (await options(desk, order)).cancel.parts
    await cancel(desk, order)
    assert (await desk.request(request.public_id)).status == RequestStatus.OPEN
    await desk.work()
    assert (await desk.request(request.public_id)).status == RequestStatus.SUPERSEDED
    await ended(desk, order)


async def test_seats_stay_off_sale_where_the_policy_says_so(desk: Desk) -> None:
    order = await desk.sell(policy={"put_back_on_sale": False})
    assert "Their seats go not back on sale." in (await options(desk, order)).cancel.parts
    await cancel(desk, order)
    await desk.work()
    assert {line.seat for line in await desk.shop.rows(LineItem, order_id=order.id)} == {Seat.SOLD}
    assert (await desk.shop.order(order)).status == OrderStatus.CANCELLED
    await clean(desk)


async def test_what_forbids_to_cancel_is_said_before_the_click_and_after_it(desk: Desk) -> None:
    disputed, moving, cancelled, expired, processing = [await desk.sell() for _ in range(3)] + [
        await desk.sell_unpaid() for _ in range(2)
    ]
    await desk.dispute(disputed)
    await refund(desk, moving, amount_minor=100)
    await cancel(desk, cancelled)
    cancelling = (await options(desk, cancelled)).cancel
    assert (cancelling.may, cancelling.blocked.startswith("This order is being cancelled")) == (False, True)
    async with desk.shop.store.transaction() as tx:
        await orders.release(tx, STRIPE, await orders.lock(tx, expired.id), OrderStatus.EXPIRED)
        await orders.set_status(tx, STRIPE, await orders.lock(tx, processing.id), OrderStatus.PROCESSING)
    for order, code in (
        (disputed, "charge_disputed"), (moving, "refund_in_progress"), (cancelled, "cancel_in_progress"),
        (expired, "already_expired"), (processing, "payment_processing"),
    ):  # fmt: skip
        shown = (await options(desk, order)).cancel
        with pytest.raises(DomainError) as refused:
            await cancel(desk, order)
        assert (refused.value.code, refused.value.message) == (code, f"{shown.blocked} Nothing was changed.")
        assert not shown.may
    await desk.work()
    with pytest.raises(DomainError) as again:
        await cancel(desk, cancelled)
    assert again.value.code == "already_cancelled"
    await cancel(desk, moving)
    await desk.work()
    assert (await desk.shop.order(moving)).status == OrderStatus.CANCELLED
    await clean(desk)


async def test_an_unpaid_order_waits_for_its_page_to_be_closed(desk: Desk) -> None:
    order = await desk.sell_unpaid()
    shown = (await options(desk, order)).cancel
    assert (shown.outcome, shown.label, shown.amount_minor) == (CancelOutcome.CLOSING, "Cancel order", 0)
    assert await cancel(desk, order) == CancelOutcome.CLOSING
    now = await desk.shop.order(order)
    assert (now.status, now.cancel_asked_at is not None) == (OrderStatus.PENDING, True)
    assert {line.seat for line in await desk.shop.rows(LineItem, order_id=order.id)} == {Seat.HELD}
    jobs = await desk.shop.rows(OutboxRow, kind="expire_order")
    assert [job.payload.get("at_once") for job in jobs] == [None, True]
    with pytest.raises(DomainError) as twice:
        await cancel(desk, order)
    assert twice.value.code == "cancel_in_progress"
    async with desk.shop.store.transaction() as tx:
        await orders.release(tx, STRIPE, await orders.lock(tx, order.id), OrderStatus.EXPIRED)
    await ended(desk, order)
    (mail,) = await desk.mails(Template.ORDER_CANCELLED)
    assert (mail.params["was_paid"], mail.params["order"]["tickets"]) == (False, [])


async def test_a_buyer_who_pays_first_has_an_order_and_the_timeline_says_why(desk: Desk) -> None:
    order = await desk.sell_unpaid()
    await cancel(desk, order)
    await desk.capture(await desk.payment(order), "pi_quick")
    now = await desk.shop.order(order)
    assert (now.status, now.cancel_asked_at) == (OrderStatus.PAID, None)
    assert "cancel_dropped" in await kinds(desk, order.id)
    await stays_paid(desk, order)


async def test_an_order_whose_payment_failed_is_cancelled_at_once(desk: Desk) -> None:
    order = await desk.sell_unpaid()
    async with desk.shop.store.transaction() as tx:
        await orders.release(tx, STRIPE, await orders.lock(tx, order.id), OrderStatus.PAYMENT_FAILED)
    payment = await desk.payment(order)
    async with desk.shop.store.transaction() as tx:
        (await tx.session.get_one(type(payment), payment.id)).is_open = False
    assert await cancel(desk, order) == CancelOutcome.CANCELLED
    await ended(desk, order)
    late = await desk.capture(await desk.payment(order), "pi_late")
    assert late is not None
    assert late.surplus


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
async def test_only_who_may_cancels_and_only_with_words_that_fit(desk: Desk, role: Role) -> None:
    order = await desk.sell_free()
    with pytest.raises(Forbidden):
        await cancel(desk, order, actor=acting_as(desk.manager, role))
    for wrong in ({"message": "x" * 2001}, {"message": None}, {"version": "1"}, {"version": 99}):
        with pytest.raises(BadInput):
            await cancel(desk, order, **wrong)
    assert (await desk.shop.order(order)).status == OrderStatus.PAID


@pytest.mark.parametrize("rival", ["cancel", "refund", "approve", "withdraw"])
async def test_fault_21_cancel_and_another_decision_at_once(desk: Desk, rival: str) -> None:
    order = await desk.sell()
    request = await desk.ask(order)
    version = (await desk.shop.order(order)).version
    others: dict[str, Any] = {
        "cancel": lambda: cancel(desk, order, version=version),
        "refund": lambda: refund(desk, order, amount_minor=500, version=version),
        "approve": lambda: desk.approve(request),
        "withdraw": lambda: desk.shop.store.run(
            lambda tx: refunds.withdraw(tx, desk.buyer, request_id=request.public_id)
        ),
    }
    answers = await asyncio.gather(
        cancel(desk, order, version=version), others[rival](), return_exceptions=True
    )
    refused = [a for a in answers if isinstance(a, BaseException)]
    assert all(isinstance(a, DomainError) for a in refused)
    if rival in ("cancel", "refund"):
        assert [type(a) for a in refused] == [AlreadyDecided]
    assert (await desk.payment(order)).committed_minor <= 7140
    await desk.work()
    assert {r.status for r in await desk.shop.rows(Refund)} == {RefundStatus.SUCCEEDED}
    await clean(desk)
