"""Payments: what Stripe's word does to them and to their orders."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from kagibag_app.features.ledger.tables import LedgerEntry
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.payments import queries, service
from kagibag_app.features.payments.rules import PaymentStatus, dashboard_link, method_text
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.features.webhooks.tables import WebhookEvent
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.kit.errors import DomainError
from kagibag_app.live import topics
from kagibag_app.ports.payments import CheckoutSnapshot
from kagibag_app.storage.outbox import OutboxRow
from kagibag_app.storage.transaction import Transaction
from tests.services.shop import PLATFORM, Shop
from tests.services.stripe_snapshots import captured, intent, record, waiting

pytest_plugins = ["tests.services.shop_fixtures"]


async def _payment(shop: Shop, payment: Payment) -> Payment:
    return (await shop.rows(Payment, id=payment.id))[0]


async def _kinds(shop: Shop, order: Order) -> list[str]:
    return [row.kind for row in await shop.rows(TimelineEntry, order_id=order.id)]


async def test_an_order_has_one_open_payment_however_often_it_is_asked_for(shop: Shop) -> None:
    order, payment = await waiting(shop)
    again = await shop.store.run(lambda tx: service.open_for_order(tx, SYSTEM, order=order, account=PLATFORM))
    assert again.id == payment.id
    jobs = {row.kind: row for row in await shop.rows(OutboxRow)}
    assert jobs["open_payment"].dedupe_key == f"open_payment:{payment.public_id}"
    assert jobs["expire_order"].dedupe_key == f"expire:{payment.public_id}"
    assert jobs["expire_order"].due_at - payment.created_at == timedelta(minutes=31)


async def test_the_order_is_completed_once_when_the_capture_is_told_again(shop: Shop) -> None:
    order, payment = await waiting(shop)
    for _ in range(3):
        found = await record(shop, intent(payment))
        assert found is not None
        assert not found.surplus
    assert (await shop.order(order)).status == "paid"
    assert len(await shop.rows(Ticket)) == 2
    assert len(await shop.rows(WebhookEvent)) == 1
    assert len(await shop.rows(LedgerEntry)) == 2
    assert (await _kinds(shop, order)).count("payment_captured") == 1
    assert {topics.order(order.id), topics.orders(shop.organizer_id)} <= set(shop.topics)
    await shop.check_books()


async def test_the_fee_is_booked_when_the_balance_comes_after_the_capture(shop: Shop) -> None:
    _, payment = await waiting(shop)
    await record(shop, intent(payment, balance=None))
    assert await shop.rows(LedgerEntry) == []
    await record(shop, intent(payment))
    assert [row.settlement_minor for row in await shop.rows(LedgerEntry)] == [8400, -274]


async def test_the_order_waits_and_is_paid_when_the_money_takes_days(shop: Shop) -> None:
    order, payment = await waiting(shop)
    await record(shop, intent(payment, "processing"))
    assert (await shop.order(order)).status == "processing"
    await record(shop, intent(payment))
    assert (await shop.order(order)).status == "paid"
    await shop.check_books()


async def test_the_seats_come_back_when_an_asynchronous_payment_fails(shop: Shop) -> None:
    order, payment = await waiting(shop)
    await record(shop, intent(payment, "processing"))
    await record(shop, intent(payment, "requires_payment_method", failure_code="insufficient_funds"))
    row = await _payment(shop, payment)
    assert (row.status, row.is_open) == (PaymentStatus.FAILED, False)
    assert (await shop.order(order)).status == "payment_failed"
    await shop.check_books()
    await record(shop, intent(payment))
    assert (await shop.order(order)).status == "paid"
    await shop.check_books()


async def test_the_page_says_processing_or_failed_when_it_is_complete_and_unpaid(shop: Shop) -> None:
    order, payment = await waiting(shop)
    page = CheckoutSnapshot("cs_1", "", "complete", "unpaid", f"pi_{payment.id}", payment.public_id)
    await _page(shop, page)
    assert (await shop.order(order)).status == "processing"
    failed = intent(payment, "requires_payment_method", failure_code="debit_not_authorized")
    await _page(
        shop,
        CheckoutSnapshot(
            "cs_1", "", "complete", "unpaid", f"pi_{payment.id}", payment.public_id, None, failed
        ),
    )
    assert (await shop.order(order)).status == "payment_failed"
    await shop.check_books()


async def test_the_order_expires_when_stripe_says_that_the_page_has(shop: Shop) -> None:
    order, payment = await waiting(shop)
    await _page(shop, CheckoutSnapshot("cs_1", "", "expired", "unpaid", reference=payment.public_id))
    assert (await shop.order(order)).status == "expired"
    row = await _payment(shop, payment)
    assert (row.status, row.is_open) == (PaymentStatus.CANCELED, False)
    await _page(shop, CheckoutSnapshot("cs_1", "", "expired", "unpaid", reference=payment.public_id))
    assert (await _kinds(shop, order)).count("payment_expired") == 1
    await shop.check_books()


@pytest.mark.parametrize("status", [OrderStatus.EXPIRED, OrderStatus.PAYMENT_FAILED])
async def test_late_money_is_surplus_when_the_seats_are_gone(shop: Shop, status: OrderStatus) -> None:
    order, payment = await waiting(shop, capacity=2)
    await shop.store.run(lambda tx: _release(tx, order.id, status))
    async with shop.store.transaction() as tx:
        await tx.session.execute(sa.text("UPDATE ticket_types SET capacity = 1"))
    found = await record(shop, intent(payment))
    assert found is not None
    assert found.surplus
    assert (await shop.order(order)).status == status
    assert "late_payment" in await _kinds(shop, order)
    again = await record(shop, intent(payment))
    assert again is not None
    assert not again.surplus


async def test_late_money_is_surplus_when_the_order_was_cancelled(shop: Shop) -> None:
    order, payment = await waiting(shop)
    await shop.store.run(lambda tx: _release(tx, order.id, OrderStatus.CANCELLED))
    found = await record(shop, intent(payment))
    assert found is not None
    assert found.surplus
    assert (await shop.order(order)).status == "cancelled"
    assert await shop.rows(Ticket) == []


async def test_an_older_look_changes_nothing_when_a_newer_one_was_recorded(shop: Shop) -> None:
    order, payment = await waiting(shop)
    newer = shop.now
    await record(shop, intent(payment), fetched_at=newer)
    stale = intent(payment, "requires_payment_method", failure_code="card_declined")
    found = await record(shop, stale, fetched_at=newer - timedelta(seconds=1))
    assert found is not None
    assert (await _payment(shop, payment)).status == PaymentStatus.CAPTURED
    assert (await shop.order(order)).status == "paid"


async def test_a_jump_is_taken_and_marked_when_our_table_has_no_such_move(shop: Shop) -> None:
    order, payment = await captured(shop)
    await record(shop, intent(payment, "canceled"))
    assert (await _payment(shop, payment)).status == PaymentStatus.CANCELED
    entry = (await shop.rows(TimelineEntry, order_id=order.id, kind="payment_status"))[0]
    assert entry.unexpected
    assert entry.data == {"old": "captured", "new": "canceled"}


async def test_a_word_we_do_not_know_is_waited_for(shop: Shop) -> None:
    order, payment = await waiting(shop)
    await record(shop, intent(payment, "requires_a_miracle"))
    row = await _payment(shop, payment)
    assert (row.status, row.raw_status) == (PaymentStatus.REQUIRES_PAYMENT, "requires_a_miracle")
    assert (await shop.order(order)).status == "pending"


@pytest.mark.parametrize("changes", [{"amount_minor": 100}, {"currency": "EUR"}, {"reference": "pay_other"}])
async def test_a_payment_is_not_ours_when_only_its_metadata_says_so(
    shop: Shop, changes: dict[str, Any]
) -> None:
    order, payment = await waiting(shop)
    assert await record(shop, intent(payment, **changes)) is None
    assert (await shop.order(order)).status == "pending"


async def test_a_second_intent_is_not_ours_when_its_metadata_was_copied(shop: Shop) -> None:
    _, payment = await captured(shop)
    assert await record(shop, intent(payment, payment_intent_id="pi_copied")) is None


async def test_attack_8_refunds_never_pass_what_was_captured(shop: Shop) -> None:
    _, payment = await captured(shop)
    codes: set[str] = set()

    async def take(amount: int) -> bool:
        try:
            await shop.store.run(lambda tx: service.reserve(tx, payment_id=payment.id, amount_minor=amount))
        except DomainError as error:
            codes.add(error.code)
            return False
        return True

    results = await asyncio.gather(*(take(3000) for _ in range(5)))
    assert sum(results) == 2
    assert codes == {"refund_exceeds_remaining"}
    assert (await _payment(shop, payment)).committed_minor == 6000
    assert not await take(2401)
    assert await take(2400)
    await shop.store.run(lambda tx: service.unreserve(tx, payment_id=payment.id, amount_minor=8400))
    assert (await _payment(shop, payment)).committed_minor == 0
    with pytest.raises(ValueError, match="set aside"):
        await shop.store.run(lambda tx: service.unreserve(tx, payment_id=payment.id, amount_minor=1))


async def test_a_refund_made_at_stripe_is_counted_even_when_it_overlaps(shop: Shop) -> None:
    _, payment = await captured(shop)
    await shop.store.run(lambda tx: service.reserve(tx, payment_id=payment.id, amount_minor=8000))
    assert not await shop.store.run(
        lambda tx: service.reserve_external(tx, payment_id=payment.id, amount_minor=500)
    )
    assert (await _payment(shop, payment)).committed_minor == 8500


async def test_a_page_is_never_shown_when_it_comes_after_its_payment_was_closed(shop: Shop) -> None:
    event = await shop.event()
    kind = await shop.ticket_type(event)
    await shop.open(event)
    order = await shop.order(await shop.buy(event, {kind.public_id: 1}))
    (payment,) = await shop.rows(Payment)
    await shop.store.run(lambda tx: service.record_session_end(tx, payment_id=payment.id, session_id=""))
    assert (await shop.order(order)).status == "expired"
    page = CheckoutSnapshot(
        "cs_late", "https://stripe.test/late", "open", "unpaid", reference=payment.public_id
    )
    await shop.store.run(lambda tx: service.record_session(tx, payment_id=payment.id, snapshot=page))
    row = await _payment(shop, payment)
    assert (row.session_id, row.session_url) == ("cs_late", "")
    late = await shop.rows(OutboxRow, dedupe_key=f"expire:{payment.public_id}:late")
    assert late[0].payload == {"payment_id": payment.id, "at_once": True}


async def test_a_page_is_not_closed_by_who_looked_before_it_was_opened(shop: Shop) -> None:
    order, payment = await waiting(shop)
    assert not await shop.store.run(
        lambda tx: service.record_session_end(tx, payment_id=payment.id, session_id="")
    )
    assert (await shop.order(order)).status == "pending"
    assert (await _payment(shop, payment)).is_open


async def test_the_view_tells_how_the_order_stands(shop: Shop) -> None:
    order, payment = await waiting(shop)
    async with shop.store.read() as session:
        view = await queries.payment_of_order(session, shop.organizer_id, order.id)
        assert await queries.payment_of_order(session, shop.organizer_id + 1, order.id) is None
    assert view is not None
    assert (view.status, view.session_url, view.method) == ("requires_payment", "https://stripe.test/pay", "")
    await record(shop, intent(payment))
    async with shop.store.read() as session:
        view = await queries.payment_of_order(session, shop.organizer_id, order.id)
    assert view is not None
    assert (view.status, view.session_url, view.method) == ("captured", "", "Visa •••• 4242")
    assert view.refundable_minor == 8400
    link = dashboard_link(view.dashboard_path, live=False)
    assert link == f"https://dashboard.stripe.com/test/payments/pi_{payment.id}"


@pytest.mark.parametrize(
    ("brand", "last4", "shown"),
    [
        ("amex", "0005", "American Express •••• 0005"),
        ("sepa_debit", "", "SEPA debit"),
        ("", "", ""),
        ("new_pay", "", "New pay"),
    ],
)
def test_a_payment_method_is_named_as_people_know_it(brand: str, last4: str, shown: str) -> None:
    assert method_text(brand, last4) == shown


async def _release(tx: Transaction, order_id: int, status: OrderStatus) -> None:
    await orders.release(tx, SYSTEM, await orders.lock(tx, order_id), status)


async def _page(shop: Shop, snapshot: CheckoutSnapshot) -> None:
    await shop.store.run(lambda tx: service.record_session_state(tx, snapshot, account=PLATFORM))
