"""Refunds made in Stripe's Dashboard: allocated when the amount tells, otherwise put before a person."""

from __future__ import annotations

from typing import Any

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.orders.tables import LineItem, Order
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.tables import Refund, RefundAllocation
from kagibag_app.kit.errors import BadInput, DomainError, Forbidden, NotFound
from tests.order_acts import acting_as
from tests.refund_checks import clean
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]


async def _made(desk: Desk, order: Order, amount: int) -> Refund:
    payment = await desk.payment(order)
    await desk.tell(desk.stripe.refund_in_dashboard(payment.payment_intent_id, amount))
    return (await desk.shop.rows(Refund))[-1]


async def _allocate(desk: Desk, row: Refund, shares: Any, *, void: bool = False, **more: Any) -> None:
    actor = more.pop("actor", desk.manager)
    await desk.shop.store.run(
        lambda tx: refunds.allocate_external(
            tx, actor, refund_id=row.public_id, shares=shares, void_tickets=void
        )
    )


async def test_a_part_of_several_equal_tickets_waits_for_somebody_to_say_which(desk: Desk) -> None:
    order = await desk.sell(tickets=2, price=1000)
    row = await _made(desk, order, 1000)
    assert row.needs_allocation
    assert len(await desk.mails(Template.REFUND_TO_ALLOCATE)) == 1
    first, second = await desk.shop.rows(LineItem, order_id=order.id)
    await _allocate(desk, row, {second.public_id: 1000}, void=True)
    (share,) = await desk.shop.rows(RefundAllocation)
    assert (share.line_item_id, share.amount_minor) == (second.id, 1000)
    assert [t.status for t in await desk.tickets(order)] == [TicketStatus.VALID, TicketStatus.VOID]
    with pytest.raises(DomainError, match="allocated already"):
        await _allocate(desk, row, {first.public_id: 1000})
    await clean(desk)
    await desk.tell(desk.stripe.settle("re_0001", "failed", reason="declined"))
    await desk.revive(order, (await desk.tickets(order))[1:])
    await clean(desk)


async def test_a_part_of_one_ticket_or_all_that_is_left_asks_nobody(desk: Desk) -> None:
    one = await desk.sell(tickets=1, price=1000)
    assert not (await _made(desk, one, 300)).needs_allocation
    assert [t.status for t in await desk.tickets(one)] == [TicketStatus.VALID]
    all_of_it = await desk.sell(tickets=2, price=1000)
    assert not (await _made(desk, all_of_it, 2000)).needs_allocation
    assert {t.status for t in await desk.tickets(all_of_it)} == {TicketStatus.VOID}
    assert await desk.mails(Template.REFUND_TO_ALLOCATE) == []
    await clean(desk)


async def test_shares_that_do_not_fit_are_refused_and_nothing_changes(desk: Desk) -> None:
    order = await desk.sell(tickets=2, price=1000)
    row = await _made(desk, order, 1200)
    one, two = [line.public_id for line in await desk.shop.rows(LineItem, order_id=order.id)]
    for shares in (
        {}, {one: 1200}, {one: 1000, two: 100}, {one: 1001, two: 199}, {one: -1, two: 1201}, {one: 1e3}, None,
    ):  # fmt: skip
        with pytest.raises(BadInput):
            await _allocate(desk, row, shares)
    with pytest.raises(NotFound):
        await _allocate(desk, row, {"li_none": 1200})
    with pytest.raises(Forbidden):
        await _allocate(desk, row, {one: 1000, two: 200}, actor=acting_as(desk.manager, Role.SUPPORT))
    assert (await desk.refund(row.public_id)).needs_allocation
    await _allocate(desk, row, {one: 1000, two: 200})
    assert {t.status for t in await desk.tickets(order)} == {TicketStatus.VALID}
    await clean(desk)


async def test_a_refund_that_came_to_nothing_needs_no_allocation(desk: Desk) -> None:
    order = await desk.sell(tickets=2, price=1000)
    await _made(desk, order, 1000)
    await desk.tell(desk.stripe.settle("re_0001", "failed", reason="declined"))
    (row,) = await desk.shop.rows(Refund)
    assert not row.needs_allocation
    await clean(desk)
