"""Money that Stripe could not return and that went back another way; refunds of Stripe's that wait for funds."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.ledger.tables import LedgerEntry
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders.rules import OrderStatus, RefundState, TicketStatus
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.refunds.rules import RefundSource, RefundStatus, RequestStatus
from kagibag_app.features.refunds.service import AlreadyDecided
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.kit.errors import DomainError, Forbidden, NotFound
from tests.order_acts import WHOLE, acting_as, cancel, refund
from tests.refund_checks import clean
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]


async def _lost(desk: Desk, **selling: Any) -> tuple[Order, RefundRequest, Refund]:
    """Let a refund succeed, then let the bank send its money back."""
    order, request, made = await desk.approved(policy=WHOLE, **selling)
    await desk.work()
    await desk.tell(desk.stripe.settle("re_0001", "failed", reason="lost_or_stolen_card"))
    return order, request, await desk.refund(made.public_id)


async def test_money_returned_another_way_counts_as_refunded_and_never_touches_stripe(desk: Desk) -> None:
    order, request, failed = await _lost(desk)
    booked, calls = await desk.shop.rows(LedgerEntry), list(desk.stripe.calls)
    row = await desk.return_outside(failed, message="Sorry for the wait.")
    await desk.later(timedelta(hours=1))
    assert (row.source, row.status, row.amount_minor) == (
        RefundSource.OUTSIDE_STRIPE, RefundStatus.SUCCEEDED, 3570,
    )  # fmt: skip
    assert (await desk.request(request.public_id)).status == RequestStatus.FULFILLED
    now = await desk.shop.order(order)
    assert (now.refunded_minor, now.refund_state) == (3570, RefundState.PARTIAL)
    assert [t.status for t in await desk.tickets(order)] == [TicketStatus.VOID, TicketStatus.VALID]
    assert (await desk.shop.rows(LedgerEntry), desk.stripe.calls) == (booked, calls)
    (mail,) = await desk.mails(Template.REFUND_RETURNED)
    assert (mail.recipient, mail.params["way"], mail.params["reference"]) == (
        order.buyer_email, "bank transfer", "RF18 5390",
    )  # fmt: skip
    with pytest.raises(DomainError, match=r"At most 35\.70 USD can still be refunded"):
        await refund(desk, order, amount_minor=3571)
    await clean(desk)


async def test_a_revived_ticket_is_void_again_when_its_money_was_returned_another_way(desk: Desk) -> None:
    order = await desk.sell()
    (first, _) = await desk.tickets(order)
    made = await refund(desk, order, [first])
    await desk.work()
    await desk.tell(desk.stripe.settle("re_0001", "failed", reason="declined"))
    await desk.revive(order, [first])
    await desk.return_outside(made)
    assert [t.status for t in await desk.tickets(order)] == [TicketStatus.VOID, TicketStatus.VALID]
    await clean(desk)


async def test_an_order_is_cancelled_when_the_rest_of_it_was_returned_another_way(desk: Desk) -> None:
    order = await desk.sell()
    desk.stripe.refusal = "charge_expired_for_refund"
    await cancel(desk, order)
    await desk.work()
    (failed,) = await desk.shop.rows(Refund)
    assert (await desk.shop.order(order)).status == OrderStatus.PAID
    await desk.return_outside(failed)
    assert (await desk.shop.order(order)).status == OrderStatus.CANCELLED
    await clean(desk)


async def test_fault_21_of_returned_and_sent_again_at_once_one_wins_and_the_other_learns_who(
    desk: Desk,
) -> None:
    order, request, failed = await _lost(desk)
    answers = await asyncio.gather(
        desk.return_outside(failed), desk.return_outside(failed), desk.retry(request), return_exceptions=True
    )
    told = [a for a in answers if isinstance(a, AlreadyDecided)]
    assert len(told) == 2, answers
    assert all("Dana Moreau" in a.message for a in told)
    await desk.work()
    assert (await desk.payment(order)).committed_minor == 3570
    await clean(desk)


async def test_only_what_failed_and_is_not_with_the_bank_can_be_returned_another_way(desk: Desk) -> None:
    order, request, failed = await _lost(desk)
    with pytest.raises(Forbidden):
        await desk.return_outside(failed, actor=acting_as(desk.manager, Role.SUPPORT))
    stranger = replace(desk.manager, organizer_id=(desk.manager.organizer_id or 0) + 1)
    with pytest.raises(NotFound):
        await desk.return_outside(failed, actor=stranger)
    for bad in ({"way": "barter"}, {"reference": " "}, {"reference": 7}, {"refund_id": None}):
        with pytest.raises(DomainError):
            await desk.return_outside(failed, **bad)
    await desk.dispute(order)
    with pytest.raises(DomainError, match="holds the money and decides"):
        await desk.return_outside(failed)
    await desk.dispute(order, open_chargeback=False)
    again = await desk.retry(request)
    await desk.work()
    with pytest.raises(DomainError, match="Only money of a refund that failed"):
        await desk.return_outside(await desk.refund(again.public_id))
    assert (await desk.shop.order(order)).refunded_minor == 3570


async def test_only_tickets_whose_money_came_back_are_revived(desk: Desk) -> None:
    order, _, _ = await desk.approved()
    await desk.work()
    first, second = await desk.tickets(order)
    for tickets in ([first], [second]):
        with pytest.raises(DomainError, match="can't be made valid again"):
            await desk.revive(order, tickets)
    with pytest.raises(DomainError):
        await desk.revive(order, [])
    assert [t.status for t in await desk.tickets(order)] == [TicketStatus.VOID, TicketStatus.VALID]


async def test_a_refund_that_waits_for_funds_stays_pending_and_says_so_once(desk: Desk) -> None:
    desk.stripe.first_status = "pending"
    _, request, made = await desk.approved()
    await desk.work()
    waits = replace(desk.stripe.refunds["re_0001"], pending_reason="insufficient_funds")
    desk.stripe.refunds["re_0001"] = waits
    for _ in range(2):
        await desk.tell(waits)
    assert (await desk.refund(made.public_id)).status == RefundStatus.PENDING
    assert (await desk.request(request.public_id)).status == RequestStatus.APPROVED
    (mail,) = await desk.mails(Template.REFUND_FAILED)
    assert mail.params["waits"] is True
    assert mail.params["reason"].startswith("The balance at Stripe is too low, so Stripe keeps this refund")
