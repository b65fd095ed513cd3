"""Refunds that leave their tickets valid, because the organizer chose so."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.refunds.tables import Refund, RefundTicket
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.kit.errors import BadInput
from tests.order_acts import refund
from tests.refund_checks import clean, one_refund
from tests.refund_desk import Desk
from tests.services.test_refunds_second import approve, second

pytest_plugins = ["tests.refund_fixtures"]

VALID = [TicketStatus.VALID, TicketStatus.VALID]


async def states(desk: Desk, order: Order) -> list[str]:
    """Return where an order's tickets stand."""
    return [ticket.status for ticket in await desk.tickets(order)]


async def test_an_approval_may_leave_the_tickets_valid(desk: Desk) -> None:
    order = await desk.sell()
    made = await desk.approve(await desk.ask(order), keep_tickets=True)
    assert made.keeps_tickets
    assert not any(ticket.refund_in_progress for ticket in await desk.tickets(order))
    (entry,) = await desk.shop.rows(TimelineEntry, kind="refund_approved")
    assert entry.data["reason"] == "The tickets stay valid."
    await desk.work()
    await one_refund(desk, made)
    assert await states(desk, order) == VALID


async def test_a_retry_leaves_them_valid_too(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order)
    await desk.approve(request, keep_tickets=True)
    desk.stripe.refusal = "balance_insufficient"
    await desk.work()
    desk.stripe.refusal = ""
    assert (await desk.retry(request)).keeps_tickets
    await desk.work()
    assert await states(desk, order) == VALID
    await clean(desk)


async def test_money_returned_another_way_leaves_them_valid_too(desk: Desk) -> None:
    order = await desk.sell()
    await desk.approve(await desk.ask(order), keep_tickets=True)
    desk.stripe.refusal = "charge_expired_for_refund"
    await desk.work()
    (failed,) = await desk.shop.rows(Refund)
    returned = await desk.return_outside(failed)
    assert (returned.keeps_tickets, returned.alone_by_id) == (True, failed.alone_by_id)
    assert await states(desk, order) == VALID
    await clean(desk)


async def test_a_member_refunds_all_of_it_and_leaves_them_valid(desk: Desk) -> None:
    order = await desk.sell()
    await refund(desk, order, keep_tickets=True)
    assert await desk.shop.rows(RefundTicket) == []
    await desk.work()
    assert await states(desk, order) == VALID
    assert (await desk.shop.order(order)).refund_state == "full"
    await clean(desk)


async def test_the_second_person_keeps_to_it_or_decides_otherwise(desk: Desk) -> None:
    helper = await second(desk, Role.OWNER)
    async with desk.shop.store.transaction() as tx:
        await tx.session.execute(sa.update(Organizer).values(manager_refund_limits={"USD": 3000}))
    for chosen, kept in ((None, True), (False, False)):
        order = await desk.sell()
        request = await desk.ask(order)
        assert await approve(desk, desk.manager, request, keep_tickets=True) == ""
        made = await desk.refund(await approve(desk, helper, request, keep_tickets=chosen))
        assert made.keeps_tickets is kept
    await desk.work()
    await clean(desk)


async def test_only_yes_or_no_says_whether_they_are_kept(desk: Desk) -> None:
    request = await desk.ask(await desk.sell())
    with pytest.raises(BadInput):
        await desk.approve(request, keep_tickets="yes")
