"""A refund that needs two: what the first and the second person read, press and are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.web.admin.order.money_state import OrderMoneyState
from kagibag_app.web.admin.refunds.state import RefundsState
from tests.web.attendee_desk import Desk, open_desk
from tests.web.harness import Tab
from tests.web.order_screen import opened as open_order
from tests.web.test_admin_refunds import asked, open_queue, people, request_now, typed


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An event on sale, and managers who give back up to $30.00 alone."""
    async with open_desk(tmp_path) as open_one:
        async with open_one.runtime.store.transaction() as tx:
            await tx.session.execute(sa.update(Organizer).values(manager_refund_limits={"USD": 3000}))
        yield open_one


async def test_two_people_refund_what_is_too_much_for_one(desk: Desk) -> None:
    request = await asked(desk)
    first = await open_queue(desk, await people(desk), request=request.public_id)
    assert first.vars["draft"].act == "Approve $40.00"
    assert first.vars["draft"].remark.startswith("A manager alone gives back up to $30.00 of an order.")
    await first.call(RefundsState.keep, typed(request, amount="30"))
    assert (first.vars["draft"].act, first.vars["draft"].remark) == ("Refund $30.00", "")
    await first.call(RefundsState.ask_refund, typed(request, message="Get well."))
    question = first.vars["question"]
    assert question.title == "Approve $40.00 for Maren Okafor as the first of two?"
    assert question.mail.endswith("Maren Okafor is not.")
    await first.call(RefundsState.refund)
    assert first.toasts == ["$40.00 waits for a second person"]
    assert await desk.shop.rows(Refund) == []
    review = first.vars["review"]
    assert (review.refundable, review.mine) == (False, True)
    assert review.blocked == "You approved this first; somebody else confirms it."

    second = await open_queue(desk, await people(desk, Role.OWNER), request=request.public_id)
    review = second.vars["review"]
    assert review.first.startswith("Manager Person approved $40.00 on ")
    assert (review.refundable, review.mine, second.vars["draft"].act) == (True, False, "Confirm $40.00")
    assert second.vars["draft"].message == "Get well."
    await second.call(RefundsState.ask_refund, typed(request, message="Get well."))
    await second.call(RefundsState.refund)
    assert second.toasts == ["$40.00 is on its way to Stripe"]
    assert "after Manager Person" in second.vars["review"].decision
    (refund,) = await desk.shop.rows(Refund)
    assert refund.amount_minor == 4000


async def test_a_first_approval_is_taken_back_by_a_press(desk: Desk) -> None:
    request = await asked(desk)
    tab = await open_queue(desk, await people(desk), request=request.public_id)
    await tab.call(RefundsState.ask_refund, typed(request))
    await tab.call(RefundsState.refund)
    await tab.call(RefundsState.send_back)
    assert (await request_now(desk, request.public_id)).status == "open"
    assert (tab.vars["review"].first, tab.vars["draft"].act) == ("", "Approve $40.00")


async def dialog(desk: Desk) -> tuple[Tab, str]:
    """A manager's refund dialog over a paid order."""
    placed = await desk.paid(floor=2)
    order = await desk.shop.order(placed)
    tab = await open_order(desk, order.number, await people(desk))
    return tab, order.public_id


async def test_what_a_manager_begins_says_that_it_waits_and_waits(desk: Desk) -> None:
    tab, _ = await dialog(desk)
    await tab.call(OrderMoneyState.open_refund)
    ask = (await tab.state(OrderMoneyState)).refund_ask
    assert ask.act == "Ask a second person: refund $84.00"
    assert ask.waits.startswith("A manager alone gives back up to $30.00 of an order.")
    assert "once it is confirmed" in ask.mail
    await tab.call(OrderMoneyState.refund, {"way": "whole"}, ask.act)
    assert tab.toasts == ["$84.00 waits for a second person"]
    (request,) = await desk.shop.rows(RefundRequest)
    review = (await open_queue(desk, await people(desk, Role.OWNER), request=request.public_id)).vars[
        "review"
    ]
    assert (review.lead, review.amount, review.category) == (
        "Manager Person wants to return", "$84.00", "Begun by Manager Person",
    )  # fmt: skip
    assert review.bar.endswith("Voids 2 tickets.")


async def test_cancelling_says_that_it_waits_and_waits(desk: Desk) -> None:
    tab, _ = await dialog(desk)
    await tab.call(OrderMoneyState.open_cancel)
    ask = (await tab.state(OrderMoneyState)).cancel_ask
    assert ask.act == "Ask a second person: cancel and refund $84.00"
    assert ask.parts[0].startswith("A manager alone gives back up to $30.00")
    await tab.call(OrderMoneyState.cancel, {"message": ""}, ask.act)
    assert tab.toasts == ["Waits for a second person: nothing was cancelled yet"]
    (request,) = await desk.shop.rows(RefundRequest)
    assert request.cancels_order
