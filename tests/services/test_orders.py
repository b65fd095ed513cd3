"""The life of an order: completed once, released whole, its states on the timeline, its tickets, its links."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders import queries
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import Completion, DisputeState, OrderStatus, RefundState
from kagibag_app.features.orders.tables import LineItem, Order, Ticket
from kagibag_app.features.promotions.tables import Promotion
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.features.webhooks.tables import WebhookEvent
from kagibag_app.kit.actor import STRIPE, SYSTEM
from kagibag_app.kit.errors import InvalidTransition, NotFound
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction
from tests.services.shop import POLICY, Shop

pytest_plugins = ["tests.services.shop_fixtures"]


async def _event(shop: Shop, capacity: int = 10) -> tuple[Event, TicketType]:
    event = await shop.event()
    seat = await shop.ticket_type(event, capacity=capacity)
    await shop.open(event)
    return event, seat


async def _pending(shop: Shop, event: Event, seat: TicketType, count: int = 2, **changes: Any) -> Order:
    return await shop.order(await shop.buy(event, {seat.public_id: count}, **changes))


async def _complete(shop: Shop, order: Order) -> Completion:
    return await shop.store.run(
        lambda tx: orders.complete(tx, STRIPE, order_id=order.id, method="Visa •••• 4242")
    )


async def _release(shop: Shop, order: Order, status: OrderStatus = OrderStatus.EXPIRED) -> None:
    async def work(tx: Transaction) -> None:
        await orders.release(tx, SYSTEM, await orders.lock(tx, order.id), status)

    await shop.store.run(work)


async def test_completing_makes_tickets_webhook_mail_and_entries_in_one_step(shop: Shop) -> None:
    event, seat = await _event(shop)
    await shop.code()
    order = await _pending(shop, event, seat, code="HARBOUR15")
    assert await _complete(shop, order) == Completion.COMPLETED
    done = await shop.order(order)
    assert (done.status, done.version, done.hold_until) == ("paid", 2, None)
    assert done.paid_at is not None
    assert await shop.seats(seat) == (0, 2)
    tickets = await shop.rows(Ticket)
    assert [ticket.line_item_id for ticket in tickets] == [line.id for line in await shop.rows(LineItem)]
    (told,) = await shop.rows(WebhookEvent)
    data = json.loads(told.body)["data"]
    assert told.dedupe_key == f"order.paid:{order.public_id}"
    assert (data["number"], data["total"], data["discount"]["amount"]) == (order.number, 7140, 1260)
    assert [ticket["code"] for ticket in data["tickets"]] == [ticket.code for ticket in tickets]
    (mail,) = await shop.rows(EmailMessage)
    assert (mail.recipient, mail.template) == ("maren.okafor@example.com", "confirmation")
    assert mail.params["order"]["total_minor"] == 7140
    entries = [(e.kind, e.new_state, e.version) for e in await shop.rows(TimelineEntry, order_id=order.id)]
    assert [entry for entry in entries if entry[2]] == [
        ("order_placed", "pending", 1),
        ("order_status", "paid", 2),
    ]
    assert "tickets_issued" in [kind for kind, _, _ in entries]
    await shop.check_books()


async def test_only_one_of_many_parallel_completions_has_an_effect(shop: Shop) -> None:
    event, seat = await _event(shop)
    order = await _pending(shop, event, seat)
    answers = await asyncio.gather(*(_complete(shop, order) for _ in range(5)))
    assert sorted(answers) == [Completion.ALREADY_PAID] * 4 + [Completion.COMPLETED]
    assert len(await shop.rows(Ticket)) == 2
    assert len(await shop.rows(WebhookEvent)) == 1
    assert len(await shop.rows(EmailMessage)) == 1


async def test_an_expired_order_gives_everything_back_and_keeps_its_snapshot(shop: Shop) -> None:
    event, seat = await _event(shop)
    await shop.code(max_uses=1)
    order = await _pending(shop, event, seat, code="HARBOUR15")
    await _release(shop, order)
    gone = await shop.order(order)
    assert (gone.status, gone.version, gone.hold_until) == ("expired", 2, None)
    assert gone.refund_policy == POLICY
    assert await shop.seats(seat) == (0, 0)
    assert [row.uses for row in await shop.rows(Promotion)] == [0]
    with pytest.raises(InvalidTransition):
        await _release(shop, order, OrderStatus.CANCELLED)
    await shop.check_books()


async def test_late_money_takes_seats_again_when_they_are_there(shop: Shop) -> None:
    event, seat = await _event(shop, capacity=2)
    await shop.code()
    order = await _pending(shop, event, seat, code="HARBOUR15")
    await _release(shop, order)
    assert await _complete(shop, order) == Completion.COMPLETED
    assert await shop.seats(seat) == (0, 2)
    assert [row.uses for row in await shop.rows(Promotion)] == [1]
    await shop.check_books()


async def test_late_money_changes_nothing_when_the_seats_are_gone(shop: Shop) -> None:
    event, seat = await _event(shop, capacity=2)
    order = await _pending(shop, event, seat)
    await _release(shop, order, OrderStatus.PAYMENT_FAILED)
    await _pending(shop, event, seat, 1, buyer_email="other@example.com")
    assert await _complete(shop, order) == Completion.NO_CAPACITY
    assert (await shop.order(order)).status == "payment_failed"
    assert await shop.rows(Ticket) == []
    await shop.check_books()


async def test_money_for_a_cancelled_order_is_not_kept(shop: Shop) -> None:
    event, seat = await _event(shop)
    order = await _pending(shop, event, seat)
    await _release(shop, order, OrderStatus.CANCELLED)
    assert await _complete(shop, order) == Completion.CANCELLED
    assert (await shop.order(order)).cancelled_at is not None
    with pytest.raises(NotFound):
        await shop.store.run(lambda tx: orders.complete(tx, STRIPE, order_id=order.id + 99))


async def test_a_processing_order_is_held_until_it_is_paid_and_never_expires(shop: Shop) -> None:
    event, seat = await _event(shop)
    order = await _pending(shop, event, seat)

    async def work(tx: Transaction) -> None:
        await orders.set_status(tx, STRIPE, await orders.lock(tx, order.id), OrderStatus.PROCESSING)

    await shop.store.run(work)
    with pytest.raises(InvalidTransition, match="processing cannot become expired"):
        await _release(shop, order)
    assert await shop.seats(seat) == (2, 0)
    assert await _complete(shop, order) == Completion.COMPLETED
    await shop.check_books()


async def test_each_real_change_of_the_money_state_is_one_entry(shop: Shop) -> None:
    event, seat = await _event(shop)
    order = await shop.paid(event, {seat.public_id: 2})

    async def push(**state: Any) -> None:
        await shop.store.run(lambda tx: orders.set_money_state(tx, STRIPE, order_id=order.id, **state))

    await push(refunded_minor=0, refund_state=RefundState.PENDING)
    await push(refunded_minor=4200, refund_state=RefundState.PARTIAL)
    await push(refunded_minor=4200, refund_state=RefundState.PARTIAL)
    await push(dispute_state=DisputeState.OPEN)
    shop.topics.clear()
    await push(dispute_state=DisputeState.OPEN)
    now = await shop.order(order)
    assert (now.refunded_minor, now.refund_state, now.dispute_state, now.version) == (
        4200,
        "partial",
        "open",
        5,
    )
    entries = await shop.rows(TimelineEntry, order_id=order.id)
    assert [(e.old_state, e.new_state) for e in entries if e.version and e.version > 2] == [
        ("none", "pending"),
        ("pending", "partial"),
        ("none", "open"),
    ]
    assert topics.order(order.id) in shop.topics
    await shop.check_books()


async def test_a_voided_ticket_comes_back_only_while_its_seat_is_there(shop: Shop) -> None:
    event, seat = await _event(shop, capacity=2)
    order = await shop.paid(event, {seat.public_id: 2})
    first, second = [ticket.id for ticket in await shop.rows(Ticket)]
    await _void(shop, order, [first], put_back=True)
    await _void(shop, order, [first], put_back=True)
    await _void(shop, order, [second], put_back=False)
    assert await shop.seats(seat) == (0, 1)
    assert await _revive(shop, order, [second])
    await shop.buy(event, {seat.public_id: 1}, buyer_email="other@example.com")
    assert not await _revive(shop, order, [first])
    assert [ticket.status for ticket in await shop.rows(Ticket)] == ["void", "valid"]
    entries = [e.kind for e in await shop.rows(TimelineEntry, order_id=order.id)]
    assert entries.count("tickets_voided") == 2
    assert entries.count("tickets_revived") == 1
    await shop.check_books()


async def test_a_revived_ticket_takes_its_seat_again(shop: Shop) -> None:
    event, seat = await _event(shop, capacity=1)
    order = await shop.paid(event, {seat.public_id: 1})
    (ticket,) = await shop.rows(Ticket)
    await _void(shop, order, [ticket.id], put_back=True)
    assert await _revive(shop, order, [ticket.id])
    assert await _revive(shop, order, [ticket.id])
    assert await shop.seats(seat) == (0, 1)
    await shop.check_books()


async def test_a_refund_in_progress_is_noted_until_the_ticket_is_void(shop: Shop) -> None:
    event, seat = await _event(shop)
    order = await shop.paid(event, {seat.public_id: 1})
    (ticket,) = await shop.rows(Ticket)
    await shop.store.run(lambda tx: orders.set_refund_in_progress(tx, ticket_ids=[ticket.id], value=True))
    assert (await shop.rows(Ticket))[0].refund_in_progress
    await _void(shop, order, [ticket.id], put_back=True)
    assert not (await shop.rows(Ticket))[0].refund_in_progress


async def test_tickets_of_another_order_are_left_alone(shop: Shop) -> None:
    event, seat = await _event(shop)
    mine = await shop.paid(event, {seat.public_id: 1})
    await shop.paid(event, {seat.public_id: 1}, buyer_email="other@example.com")
    other = (await shop.rows(Ticket))[1]
    await _void(shop, mine, [other.id], put_back=True)
    assert {ticket.status for ticket in await shop.rows(Ticket)} == {"valid"}


async def test_the_order_page_shows_lines_discount_and_tickets(shop: Shop) -> None:
    event = await shop.event()
    floor, seat = await shop.ticket_type(event), await shop.ticket_type(event, "Balcony seat", 5800)
    await shop.open(event)
    await shop.code()
    order = await shop.paid(event, {floor.public_id: 2, seat.public_id: 1}, code="HARBOUR15")
    async with shop.store.read() as session:
        found = await queries.order_by_public_id(session, order.public_id)
        assert found is not None
        view = await queries.order_view(session, found)
        masked = await queries.order_view(session, found, show_emails=False)
        page = await queries.ticket_page(session, view.tickets[2].id)
        card = await queries.mail_card(session, order.id)
        for wrong in ("or_nothing", None, 7):
            assert await queries.order_by_public_id(session, wrong) is None
            with pytest.raises(NotFound):
                await queries.ticket_page(session, wrong)
        with pytest.raises(NotFound):
            await queries.organizer_order(session, shop.organizer_id + 1, order.number)
        assert (await queries.organizer_order(session, shop.organizer_id, order.number)).id == order.id
    assert [(g.name, g.quantity, g.amount_minor) for g in view.groups] == [
        ("General admission", 2, 8400),
        ("Balcony seat", 1, 5800),
    ]
    assert (view.discount_code, view.discount_minor, view.total_minor) == ("HARBOUR15", 2130, 12070)
    assert [line.ticket_id for line in view.lines] == [ticket.id for ticket in view.tickets]
    assert [(ticket.position, ticket.of, ticket.net_minor) for ticket in view.tickets] == [
        (1, 3, 3570),
        (2, 3, 3570),
        (3, 3, 4930),
    ]
    assert (view.event.zone, view.event.organizer_name) == ("America/New_York", "Lantern Row")
    assert masked.buyer_email == "m•••@example.com"
    assert (page.ticket.type_name, page.buyer_name, page.order_number) == (
        "Balcony seat",
        "Maren Okafor",
        order.number,
    )
    assert card["link_version"] == 1


async def test_links_are_mailed_to_the_address_and_nobody_is_told(shop: Shop) -> None:
    event, seat = await _event(shop)
    first = await shop.paid(event, {seat.public_id: 1})
    second = await shop.paid(event, {seat.public_id: 1})
    await _release(shop, await _pending(shop, event, seat))
    typed = first.number.lower().replace("-", " ")
    asked: list[dict[str, str]] = [
        {"email": "MAREN.okafor@example.com "},
        {"email": "maren.okafor@example.com", "number": typed},
        {"email": "maren.okafor@example.com", "number": "KB-0000-0000"},
        {"email": "maren.okafor@example.com", "number": "%"},
        {"email": "nobody@example.com", "number": first.number},
        {"email": "%"},
    ]
    for question in asked:
        assert await shop.store.run(lambda tx, q=question: orders.send_links(tx, **q)) is None
    mails = await shop.rows(EmailMessage, template="order_links")
    numbers = [[order["number"] for order in mail.params["orders"]] for mail in mails]
    assert numbers == [[second.number, first.number], [first.number]]
    assert {mail.recipient for mail in mails} == {"maren.okafor@example.com"}


async def test_a_number_is_drawn_again_when_it_is_taken(shop: Shop) -> None:
    event, seat = await _event(shop)
    taken = (await _pending(shop, event, seat)).number
    draws = iter([taken, taken, "KB-0000-0001"])
    assert await shop.store.run(lambda tx: orders.unused_number(tx, lambda: next(draws))) == "KB-0000-0001"
    with pytest.raises(RuntimeError, match="no free order number"):
        await shop.store.run(lambda tx: orders.unused_number(tx, lambda: taken))


async def _void(shop: Shop, order: Order, ticket_ids: list[int], *, put_back: bool) -> None:
    await shop.store.run(
        lambda tx: orders.void_tickets(
            tx, SYSTEM, order_id=order.id, ticket_ids=ticket_ids, reason="refunded", put_back_on_sale=put_back
        )
    )


async def _revive(shop: Shop, order: Order, ticket_ids: list[int]) -> bool:
    return await shop.store.run(
        lambda tx: orders.revive_tickets(tx, SYSTEM, order_id=order.id, ticket_ids=ticket_ids)
    )
