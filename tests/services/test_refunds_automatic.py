"""Requests that the policy approves by itself: in one transaction, with its rule on record, and when it leaves them alone."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.queries import attendee_refunds
from kagibag_app.features.refunds.rules import RefundSource, RequestStatus
from kagibag_app.features.refunds.rules.automatic import Shown
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.features.refunds.views import AttendeeRefunds
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.kit.errors import DomainError
from tests.refund_checks import clean, kinds, one_refund
from tests.refund_desk import POLICY, Desk

pytest_plugins = ["tests.refund_fixtures"]

AUTOMATIC: dict[str, Any] = POLICY | {"automatic_days_before": 14, "checked_in_qualify": True}


async def limit(desk: Desk, **limits: int) -> None:
    """Let the owner have said what a manager may give back alone."""
    async with desk.shop.store.transaction() as tx:
        await tx.session.execute(sa.update(Organizer).values(manager_refund_limits=limits))


async def page(desk: Desk, order: Order) -> AttendeeRefunds:
    """Return what the buyer sees."""
    async with desk.shop.store.read() as session:
        found = await attendee_refunds(session, order.organizer_id, order.id, now=desk.shop.now)
    assert found is not None
    return found


async def test_an_early_request_is_approved_at_once_by_the_policy(desk: Desk) -> None:
    order = await desk.sell(policy=AUTOMATIC)
    assert (await page(desk, order)).options.person == ""
    request = await desk.ask(order, shown=Shown(3370, at_once=True))
    assert (request.status, request.approved_minor, request.decided_by) == (RequestStatus.APPROVED, 3370, "")
    (refund,) = await desk.shop.rows(Refund)
    assert (refund.source, refund.amount_minor, refund.alone_by_id) == (RefundSource.POLICY, 3370, None)
    assert (await desk.payment(order)).committed_minor == 3370
    assert [t.refund_in_progress for t in await desk.tickets(order)] == [True, False]
    (entry,) = await desk.shop.rows(TimelineEntry, kind="refund_approved")
    assert entry.actor_kind == "system"
    assert entry.data["reason"].startswith("By the policy, without a person. Until ")
    assert await desk.mails(Template.REFUND_REQUESTED) == []
    (mail,) = await desk.mails(Template.REFUND_APPROVED)
    assert mail.params["rule"].endswith("100 % less $2.00 a ticket.")
    (card,) = (await page(desk, order)).cards
    assert not card.may_withdraw
    await desk.work()
    await one_refund(desk, refund)
    assert (await desk.request(request.public_id)).status == RequestStatus.FULFILLED
    assert (await kinds(desk, order.id)).count("refund_approved") == 1


async def test_what_speaks_against_it_leaves_the_request_to_a_person(desk: Desk) -> None:
    used, disputed, again, dear, late = [await desk.sell(policy=AUTOMATIC) for _ in range(4)] + [
        await desk.sell(policy=AUTOMATIC, days=10)
    ]
    await desk.check_in(used)
    async with desk.shop.store.transaction() as tx:
        # An inquiry: the money is still there, so the buyer may ask.
        await tx.session.execute(
            sa.update(Order).where(col(Order.id) == disputed.id).values(dispute_state="open")
        )
    first, second = await desk.tickets(again)
    assert (await desk.ask(again, [first])).status == RequestStatus.APPROVED
    expected = [
        (used, None, "A ticket was used at the door."),
        (disputed, None, "The payment is disputed at the buyer's bank."),
        (again, [second], "It is not the first request of this order."),
        (late, None, "The policy decides by itself until "),
    ]
    for order, tickets, why in expected:
        request = await desk.ask(order, tickets)
        assert request.status == RequestStatus.OPEN, why
        assert request.outcome["person"].startswith(why)
    await limit(desk, USD=3369)
    options = (await page(desk, dear)).options
    assert (options.person, options.alone_minor) == ("", 3369)
    request = await desk.ask(dear, shown=Shown(3370, at_once=False))
    assert (request.status, request.outcome["person"]) == (
        RequestStatus.OPEN, "It is more than $33.69, what one manager may give back alone.",
    )  # fmt: skip
    assert len(await desk.mails(Template.REFUND_REQUESTED)) == 5
    async with desk.shop.store.read() as session:
        detail = await queries.request_detail(
            session, dear.organizer_id, request.public_id, now=desk.shop.now
        )
    assert detail is not None
    assert detail.person == request.outcome["person"]


@pytest.mark.parametrize("shown", [Shown(3370, at_once=False), Shown(3570, at_once=True)])
async def test_nothing_is_asked_when_the_buyer_saw_something_else(desk: Desk, shown: Shown) -> None:
    order = await desk.sell(policy=AUTOMATIC)
    with pytest.raises(DomainError) as refused:
        await desk.ask(order, shown=shown)
    assert refused.value.code == "outcome_changed"
    assert "$33.70 would go back now" in refused.value.message
    assert await desk.shop.rows(RefundRequest) == []


async def test_a_refund_of_the_policy_that_had_no_room_is_left_to_a_person(desk: Desk) -> None:
    order = await desk.sell(policy=AUTOMATIC)
    request = await desk.ask(order)
    desk.stripe.refusal = "balance_insufficient"
    await desk.work()
    assert (await desk.request(request.public_id)).status == RequestStatus.FAILED
    retried = await desk.retry(request)
    desk.stripe.refusal = ""
    await desk.work()
    assert (await desk.refund(retried.public_id)).status == "succeeded"
    await clean(desk)
