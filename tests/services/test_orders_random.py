"""Whatever happens to orders, in whatever order: no seat is sold twice and the books agree."""

from __future__ import annotations

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.orders import queries
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.kit.errors import DomainError
from kagibag_app.storage.transaction import Transaction
from tests.services.shop import Shop

pytest_plugins = ["tests.services.shop_fixtures"]

STEPS = ("buy", "complete", "expire", "fail", "again", "void", "void and sell", "revive")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2)), min_size=4, max_size=14))
async def test_books_agree_after_any_sequence_of_steps(shop: Shop, steps: list[tuple[str, int]]) -> None:
    number = len(await shop.rows(TicketType))
    event = await shop.event(f"random-{number}")
    seat = await shop.ticket_type(event, capacity=4)
    await shop.open(event)
    await shop.code(f"RANDOM{number}", max_uses=2, event_id=event.id)
    for step, which in steps:
        await _take(shop, event, seat, step, which, f"RANDOM{number}")
    await shop.check_books()
    for order in await shop.rows(Order, event_id=event.id):
        tickets = await shop.rows(Ticket, order_id=order.id)
        assert len(tickets) == (2 if order.paid_at else 0)


async def test_an_order_is_paid_once_when_payment_and_expiry_meet(shop: Shop) -> None:
    event = await shop.event()
    seat = await shop.ticket_type(event, capacity=2)
    await shop.open(event)
    order = await shop.order(await shop.buy(event, {seat.public_id: 2}))
    await asyncio.gather(
        _take(shop, event, seat, "complete", 0, ""),
        _take(shop, event, seat, "expire", 0, ""),
        return_exceptions=True,
    )
    assert (await shop.order(order)).status == OrderStatus.PAID
    assert await shop.seats(seat) == (0, 2)
    await shop.check_books()


async def _take(shop: Shop, event: Event, seat: TicketType, step: str, which: int, code: str) -> None:
    """Take one step with the order of that place; what the rules refuse changes nothing."""
    made = await shop.rows(Order, event_id=event.id)
    try:
        if step == "buy":
            await shop.buy(event, {seat.public_id: 2}, code=code if which else "")
        elif which < len(made):
            await shop.store.run(lambda tx: _act(tx, step, made[which].id))
    except DomainError:
        await shop.check_books()


async def _act(tx: Transaction, step: str, order_id: int) -> None:
    if step == "complete":
        await orders.complete(tx, SYSTEM, order_id=order_id)
        return
    order = await orders.lock(tx, order_id)
    if step in ("expire", "fail"):
        target = OrderStatus.EXPIRED if step == "expire" else OrderStatus.PAYMENT_FAILED
        await orders.release(tx, SYSTEM, order, target)
    elif step == "again":
        await orders.hold_again(tx, SYSTEM, order)
    else:
        await _tickets(tx, step, order_id)


async def _tickets(tx: Transaction, step: str, order_id: int) -> None:
    ids = [ticket.id for ticket in await queries.tickets_of(tx.session, order_id)][:1]
    if step == "revive":
        await orders.revive_tickets(tx, SYSTEM, order_id=order_id, ticket_ids=ids)
        return
    await orders.void_tickets(
        tx,
        SYSTEM,
        order_id=order_id,
        ticket_ids=ids,
        reason="refunded",
        put_back_on_sale=step == "void and sell",
    )
