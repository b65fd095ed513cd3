"""Placing orders: what becomes of seats, codes, payments and free orders."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.checkout import service as checkout
from kagibag_app.features.checkout.queries import quote_cart
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.orders.tables import AppliedPromotion, LineItem, Order, Ticket
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.promotions.rules import PromotionKind
from kagibag_app.features.promotions.tables import Promotion, PromotionUse
from kagibag_app.features.webhooks.tables import WebhookEvent
from kagibag_app.kit.actor import SYSTEM, attendee
from kagibag_app.kit.errors import BadInput, DomainError, NotFound
from kagibag_app.live import topics
from kagibag_app.storage.outbox import OutboxRow
from tests.services.shop import Shop

pytest_plugins = ["tests.services.shop_fixtures"]


async def _harbour(shop: Shop, **changes: Any) -> tuple[Event, TicketType, TicketType]:
    event = await shop.event()
    floor = await shop.ticket_type(event, **changes)
    balcony = await shop.ticket_type(event, "Balcony seat", 5800, 9)
    await shop.open(event)
    return event, floor, balcony


async def test_an_order_holds_seats_and_opens_a_payment_when_it_costs_something(shop: Shop) -> None:
    event, floor, balcony = await _harbour(shop)
    placed = await shop.buy(event, {floor.public_id: 2, balcony.public_id: 1})
    order = await shop.order(placed)
    assert (order.status, order.source, order.total_minor, order.version) == ("pending", "stripe", 14200, 1)
    assert order.hold_until is not None
    assert order.hold_until - order.placed_at == timedelta(minutes=35)
    assert await shop.seats(floor) == (2, 0)
    (payment,) = await shop.rows(Payment)
    assert (payment.order_id, payment.amount_minor, payment.account) == (
        order.id,
        14200,
        "acct_1SandboxPlatform",
    )
    assert await shop.rows(Ticket) == []
    assert {topics.order(order.id), topics.orders(shop.organizer_id), topics.event(event.id)} <= set(
        shop.topics
    )
    await shop.check_books()


async def test_the_order_keeps_code_and_split_when_a_code_is_used(shop: Shop) -> None:
    event, floor, balcony = await _harbour(shop)
    await shop.code()
    placed = await shop.buy(event, {floor.public_id: 2, balcony.public_id: 1}, code=" harbour15 ")
    order = await shop.order(placed)
    assert (order.subtotal_minor, order.discount_minor, order.total_minor) == (14200, 2130, 12070)
    (applied,) = await shop.rows(AppliedPromotion)
    assert (applied.code, applied.kind, applied.value, applied.adjustment_minor) == (
        "HARBOUR15",
        "percent",
        1500,
        2130,
    )
    assert [line.discount_minor for line in await shop.rows(LineItem)] == [630, 630, 870]
    assert [use.state for use in await shop.rows(PromotionUse)] == ["held"]
    await shop.check_books()


async def test_a_free_order_completes_at_once_when_the_code_covers_everything(shop: Shop) -> None:
    event, floor, _ = await _harbour(shop)
    await shop.code("CREWGUEST", value=10_000)
    placed = await shop.buy(event, {floor.public_id: 2}, code="CREWGUEST")
    assert placed.status == OrderStatus.PAID
    order = await shop.order(placed)
    assert (order.source, order.total_minor, order.hold_until) == ("free", 0, None)
    assert await shop.seats(floor) == (0, 2)
    assert len(await shop.rows(Ticket)) == 2
    assert await shop.rows(Payment) == []
    assert len(await shop.rows(WebhookEvent)) == 1
    assert [mail.template for mail in await shop.rows(EmailMessage)] == ["confirmation"]
    assert not [job for job in await shop.rows(OutboxRow) if job.kind == "open_payment"]
    await shop.check_books()


async def test_complimentary_tickets_need_no_account_when_the_organizer_has_none(shop: Shop) -> None:
    event, floor, balcony = await _harbour(shop, price=0)
    placed = await shop.buy(event, {floor.public_id: 1}, platform_account="")
    assert placed.status == OrderStatus.PAID
    with pytest.raises(DomainError) as caught:
        await shop.buy(event, {balcony.public_id: 1}, platform_account="")
    assert caught.value.code == "payments_unavailable"


async def test_the_organizers_own_account_is_charged_when_there_is_one(shop: Shop) -> None:
    event, floor, _ = await _harbour(shop)
    async with shop.store.transaction() as tx:
        organizer = await tx.session.get_one(Organizer, shop.organizer_id)
        organizer.stripe_account = "acct_1LanternRow"
    await shop.buy(event, {floor.public_id: 1})
    assert [payment.account for payment in await shop.rows(Payment)] == ["acct_1LanternRow"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"buyer_name": " "}, "name"),
        ({"buyer_email": "maren"}, "email"),
        ({"quantities": {"tt": 1.5}}, "quantities"),
        ({"quantities": {"tt_elsewhere": 1}}, "quantities"),
        ({"code": "NOPE"}, "code"),
        ({"code": 15}, "code"),
        ({"code": "x" * 1000}, "code"),
    ],
)
async def test_nothing_is_written_when_a_field_is_refused(
    shop: Shop, changes: dict[str, Any], field: str
) -> None:
    event, floor, _ = await _harbour(shop)
    with pytest.raises(BadInput) as caught:
        await shop.buy(event, **({"quantities": {floor.public_id: 1}} | changes))
    assert caught.value.field == field
    assert await shop.rows(Order) == []
    assert await shop.seats(floor) == (0, 0)


async def test_one_sells_and_one_is_told_when_two_buyers_want_the_last_seat(shop: Shop) -> None:
    event, floor, _ = await _harbour(shop, capacity=1)
    answers = await asyncio.gather(
        *(shop.buy(event, {floor.public_id: 1}, buyer_email=f"buyer{i}@example.com") for i in range(2)),
        return_exceptions=True,
    )
    (refused,) = [answer for answer in answers if isinstance(answer, BaseException)]
    assert isinstance(refused, DomainError)
    assert refused.code == "sold_out"
    assert "General admission is sold out" in refused.message
    assert len(await shop.rows(Order)) == 1
    assert await shop.seats(floor) == (1, 0)


async def test_crossing_carts_never_wait_for_each_other_when_they_name_types_in_other_orders(
    shop: Shop,
) -> None:
    event, floor, balcony = await _harbour(shop, capacity=50)
    carts = [{floor.public_id: 1, balcony.public_id: 1}, {balcony.public_id: 1, floor.public_id: 1}]
    answers = await asyncio.gather(
        *(shop.buy(event, carts[i % 2], buyer_email=f"b{i}@example.com") for i in range(12)),
        return_exceptions=True,
    )
    sold = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert len(sold) == 9
    assert {a.code for a in answers if isinstance(a, DomainError)} == {"sold_out"}
    await shop.check_books()


async def test_a_code_is_used_once_when_two_buyers_race_for_its_last_use(shop: Shop) -> None:
    event, floor, balcony = await _harbour(shop)
    await shop.code(max_uses=1)
    answers = await asyncio.gather(
        shop.buy(event, {floor.public_id: 1}, code="HARBOUR15", buyer_email="one@example.com"),
        shop.buy(event, {balcony.public_id: 1}, code="HARBOUR15", buyer_email="two@example.com"),
        return_exceptions=True,
    )
    (refused,) = [answer for answer in answers if isinstance(answer, BaseException)]
    assert isinstance(refused, BadInput)
    assert (refused.field, refused.code) == ("code", "promotion_invalid")
    assert [row.uses for row in await shop.rows(Promotion)] == [1]
    await shop.check_books()


async def test_a_limit_per_buyer_counts_other_spellings_when_the_email_differs_in_case(shop: Shop) -> None:
    event, floor, _ = await _harbour(shop)
    await shop.code(max_uses_per_email=1)
    await shop.buy(event, {floor.public_id: 1}, code="HARBOUR15", buyer_email="Maren@example.com")
    with pytest.raises(BadInput, match="not valid for this event"):
        await shop.buy(event, {floor.public_id: 1}, code="HARBOUR15", buyer_email="maren@EXAMPLE.com")


async def test_nothing_is_written_when_the_total_is_below_the_least_charge(shop: Shop) -> None:
    event, floor, _ = await _harbour(shop, price=40)
    with pytest.raises(DomainError, match=r"at least 0\.50 USD; this order comes to 0\.40 USD") as caught:
        await shop.buy(event, {floor.public_id: 1})
    assert caught.value.code == "below_minimum"
    assert await shop.rows(Order) == []
    assert await shop.seats(floor) == (0, 0)


async def test_one_order_is_placed_when_the_same_checkout_is_sent_twice(shop: Shop) -> None:
    event, floor, _ = await _harbour(shop, capacity=1)
    first, second = await asyncio.gather(
        *(shop.buy(event, {floor.public_id: 1}, request_key="k" * 32) for _ in range(2))
    )
    assert first == second
    assert len(await shop.rows(Order)) == 1


async def test_another_order_is_placed_when_the_cart_changed_under_the_same_key(shop: Shop) -> None:
    event, floor, _ = await _harbour(shop)
    first = await shop.buy(event, {floor.public_id: 1}, request_key="k" * 32)
    second = await shop.buy(event, {floor.public_id: 2}, request_key="k" * 32)
    assert first.id != second.id


async def test_the_buyer_is_asked_to_start_again_when_the_repeated_checkout_expired(shop: Shop) -> None:
    event, floor, _ = await _harbour(shop)
    order = await shop.order(await shop.buy(event, {floor.public_id: 1}, request_key="k" * 32))
    await shop.store.run(lambda tx: _release(tx, order.id, OrderStatus.EXPIRED))
    with pytest.raises(DomainError) as caught:
        await shop.buy(event, {floor.public_id: 1}, request_key="k" * 32)
    assert caught.value.code == "checkout_over"


async def test_a_draft_is_not_found_and_an_event_that_is_over_says_so_when_someone_buys(shop: Shop) -> None:
    draft = await shop.event("draft")
    with pytest.raises(NotFound):
        await shop.buy(draft, {})
    event, floor, _ = await _harbour(shop)
    shop.clock.advance(timedelta(days=11))
    with pytest.raises(DomainError, match="Ticket sales for this event have ended"):
        await shop.buy(event, {floor.public_id: 1})


async def test_seats_and_code_are_held_again_when_a_failed_payment_is_retried(shop: Shop) -> None:
    event, floor, _ = await _harbour(shop)
    await shop.code(max_uses=1)
    order = await shop.order(await shop.buy(event, {floor.public_id: 2}, code="HARBOUR15"))
    await _fail_payment(shop, order)
    assert await shop.seats(floor) == (0, 0)
    placed = await _retry(shop, order)
    assert placed.status == OrderStatus.PENDING
    assert await shop.seats(floor) == (2, 0)
    payments = await shop.rows(Payment)
    assert [payment.is_open for payment in payments] == [False, True]
    await shop.check_books()


async def test_a_retry_is_refused_whole_when_code_or_seats_are_gone_meanwhile(shop: Shop) -> None:
    event, floor, _ = await _harbour(shop, capacity=2)
    await shop.code(max_uses=1)
    order = await shop.order(await shop.buy(event, {floor.public_id: 1}, code="HARBOUR15"))
    await _fail_payment(shop, order)
    await shop.buy(event, {floor.public_id: 1}, code="HARBOUR15", buyer_email="other@example.com")
    with pytest.raises(BadInput) as caught:
        await _retry(shop, order)
    assert caught.value.code == "promotion_invalid"
    assert await shop.seats(floor) == (1, 0)
    await shop.buy(event, {floor.public_id: 1}, buyer_email="third@example.com")
    with pytest.raises(DomainError) as sold_out:
        await _retry(shop, order)
    assert sold_out.value.code == "sold_out"
    await shop.check_books()


async def test_a_retry_is_refused_when_the_payment_did_not_fail(shop: Shop) -> None:
    event, floor, _ = await _harbour(shop)
    order = await shop.order(await shop.buy(event, {floor.public_id: 1}))
    with pytest.raises(DomainError) as caught:
        await _retry(shop, order)
    assert caught.value.code == "not_retryable"


async def test_the_quote_shows_discount_and_total_when_a_code_is_typed(shop: Shop) -> None:
    event, floor, balcony = await _harbour(shop)
    await shop.code(ticket_type_ids=[floor.id])
    async with shop.store.read() as session:
        shown = await quote_cart(
            session, event.slug, {floor.public_id: 2, balcony.public_id: 1}, code="harbour15", now=shop.now
        )
        other = await quote_cart(session, event.slug, {balcony.public_id: 1}, code="harbour15", now=shop.now)
        unknown = await quote_cart(session, event.slug, {floor.public_id: 1}, code="NOPE", now=shop.now)
    assert (shown.subtotal_minor, shown.discount_minor, shown.total_minor) == (14200, 1260, 12940)
    assert (shown.code, shown.code_kind, shown.code_value, shown.tickets) == ("HARBOUR15", "percent", 1500, 3)
    assert [(line.name, line.quantity, line.amount_minor) for line in shown.lines] == [
        ("General admission", 2, 8400),
        ("Balcony seat", 1, 5800),
    ]
    assert other.code_problem == "This code is for other tickets than those you chose."
    assert unknown.code_problem == "This code is not valid for this event."
    assert (unknown.total_minor, unknown.code) == (4200, "")


async def test_the_quote_names_the_problem_when_the_cart_cannot_be_bought(shop: Shop) -> None:
    event, floor, balcony = await _harbour(shop, price=40)
    carts: list[tuple[Any, str]] = [
        ({}, "cart_empty"),
        ({balcony.public_id: 10}, "sold_out"),
        ({floor.public_id: 1}, "below_minimum"),
        ({floor.public_id: True}, "bad_input"),
        ("none", "bad_input"),
    ]
    async with shop.store.read() as session:
        found = [
            (await quote_cart(session, event.slug, cart, now=shop.now)).problem_code for cart, _ in carts
        ]
        with pytest.raises(NotFound):
            await quote_cart(session, "elsewhere", {}, now=shop.now)
    assert found == [code for _, code in carts]


async def test_yen_and_dinar_stay_exact_when_a_code_is_used(shop: Shop) -> None:
    for currency, price, total in (("JPY", 6400, 16320), ("KWD", 1250, 3190)):
        event = await shop.event(currency.lower(), currency=currency)
        seat = await shop.ticket_type(event, price=price)
        await shop.open(event)
        await shop.code(f"OFF{currency}")
        order = await shop.order(await shop.buy(event, {seat.public_id: 3}, code=f"OFF{currency}"))
        assert order.total_minor == total
    fixed = await shop.code("DINAR1", kind=PromotionKind.FIXED, value=1000, currency="KWD")
    assert fixed.currency == "KWD"
    with pytest.raises(BadInput):
        await shop.code("DINAR2", kind=PromotionKind.FIXED, value=1001, currency="KWD")
    await shop.check_books()


async def _fail_payment(shop: Shop, order: Order) -> None:
    async def work(tx: Any) -> None:
        locked = await orders.lock(tx, order.id)
        payment = (await tx.session.execute(Payment.__table__.select())).first()  # type: ignore[attr-defined]
        assert payment is not None
        await tx.session.execute(Payment.__table__.update().values(is_open=False, status="failed"))  # type: ignore[attr-defined]
        await orders.release(tx, SYSTEM, locked, OrderStatus.PAYMENT_FAILED)

    await shop.store.run(work)


async def _release(tx: Any, order_id: int, status: OrderStatus) -> None:
    await orders.release(tx, SYSTEM, await orders.lock(tx, order_id), status)


async def _retry(shop: Shop, order: Order) -> Any:
    return await shop.store.run(
        lambda tx: checkout.retry_payment(
            tx,
            attendee(order.organizer_id, order.buyer_name),
            order_public_id=order.public_id,
            platform_account="acct_1SandboxPlatform",
        )
    )
