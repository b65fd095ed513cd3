"""Money goes back from an order's screen, or the order is cancelled: as the dialog said it, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.disputes import service as disputes
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.web.admin.order.money_state import OrderMoneyState
from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.session import Workspace
from kagibag_app.web.session.guards import NOT_ALLOWED
from tests.services.shop import PLATFORM
from tests.services.stripe_snapshots import captured, dispute
from tests.web.attendee_desk import Desk
from tests.web.harness import Tab, member, organizer
from tests.web.order_screen import about_money, opened, people, shown, tickets

pytest_plugins = ["tests.web.desk_fixtures"]


async def sold(desk: Desk, role: Role = Role.MANAGER) -> tuple[Order, Tab]:
    """A paid order of two tickets at $42.00 on a member's screen."""
    order, _ = await captured(desk.shop, slug="paid")
    return order, await opened(desk, order.number, await people(desk, role))


async def test_chosen_tickets_go_back_once_as_the_button_says(desk: Desk) -> None:
    order, tab = await sold(desk)
    first, _ = await tickets(desk, order)
    await tab.call(OrderMoneyState.open_refund)
    state = await about_money(tab)
    assert (state.refund_ask.order, state.refund_ask.act) == (order.public_id, "Refund $84.00")
    form = {"way": "tickets", "tickets": first.public_id, "message": "Sorry", "note": "by phone"}
    await tab.call(OrderMoneyState.keep, form)
    assert state.refund_ask.act == "Refund $42.00"
    await tab.call(OrderMoneyState.refund, form, "Refund $42.00")
    await tab.call(OrderMoneyState.refund, form, "Refund $42.00")
    (refund,) = await desk.shop.rows(Refund)
    assert (refund.amount_minor, refund.source, refund.status) == (4200, "admin", "created")
    assert tab.toasts == ["$42.00 is on its way to Stripe"]
    assert (state.refund_ask.order, state.busy, state.problem) == ("", False, "")
    page = await shown(tab)
    assert ([line.status for line in page.refunds], page.tickets[0].remark) == (
        ["created"],
        "refund in progress",
    )
    (note,) = await desk.shop.rows(TimelineEntry, kind=EntryKind.NOTE_ADDED)
    assert note.data["message"] == "by phone"


async def test_nothing_is_refunded_when_the_button_said_something_else(desk: Desk) -> None:
    _, tab = await sold(desk)
    await tab.call(OrderMoneyState.open_refund)
    await tab.call(OrderMoneyState.refund, {"way": "amount", "amount": "10.00"}, "Refund $84.00")
    state = await about_money(tab)
    assert "changed while you were deciding" in state.problem
    assert (state.refund_ask.act, state.refund_ask.amount) == ("Refund $10.00", "10.00")
    await tab.call(OrderMoneyState.refund, {"way": "amount", "amount": "-1"}, "Refund $10.00")
    assert state.problem.startswith("Type the amount in digits")
    assert await desk.shop.rows(Refund) == []


async def test_what_changed_meanwhile_is_said_and_what_was_typed_stays(desk: Desk) -> None:
    order, tab = await sold(desk)
    await tab.call(OrderMoneyState.open_refund)
    other = await opened(desk, order.number, await people(desk, Role.OWNER))
    await other.call(OrderMoneyState.open_refund)
    await other.call(OrderMoneyState.refund, {"way": "amount", "amount": "80.00"}, "Refund $80.00")
    form = {"way": "amount", "amount": "20.00", "message": "Sorry"}
    await tab.call(OrderMoneyState.refund, form, "Refund $20.00")
    state = await about_money(tab)
    assert "Owner Person" in state.problem
    assert (state.refund_ask.amount, state.refund_ask.message, state.refund_ask.limit) == (
        "20.00", "Sorry", "At most $4.00.",
    )  # fmt: skip
    assert (state.refund_ask.ready, state.refund_ask.version) == (False, (await shown(tab)).face.version)
    assert [refund.amount_minor for refund in await desk.shop.rows(Refund)] == [8000]


async def test_one_can_look_again_and_close_without_doing_anything(desk: Desk) -> None:
    order, tab = await sold(desk)
    await tab.call(OrderMoneyState.open_refund)
    await tab.call(OrderMoneyState.keep, {"way": "amount", "amount": "20.00"})
    await tab.push(OrderDetailState.refresh)
    await tab.call(OrderMoneyState.look_again)
    state = await about_money(tab)
    assert (state.refund_ask.order, state.refund_ask.act) == (order.public_id, "Refund $20.00")
    await tab.call(OrderMoneyState.close, False)
    await tab.call(OrderMoneyState.refund, {"way": "whole"}, "Refund $84.00")
    assert (state.refund_ask.order, await desk.shop.rows(Refund)) == ("", [])


async def test_an_open_chargeback_says_why_nothing_can_be_done(desk: Desk) -> None:
    order, payment = await captured(desk.shop, slug="paid")
    await desk.runtime.store.run(
        lambda tx: disputes.record_gateway_dispute(tx, dispute(payment, "needs_response"), account=PLATFORM)
    )
    tab = await opened(desk, order.number, await people(desk, Role.OWNER))
    await tab.call(OrderMoneyState.open_refund)
    state = await about_money(tab)
    assert "bank" in state.refund_ask.blocked
    await tab.call(OrderMoneyState.refund, {"way": "whole"}, state.refund_ask.act)
    await tab.call(OrderMoneyState.open_cancel)
    assert ("bank" in state.cancel_ask.blocked, state.refund_ask.order) == (True, "")
    await tab.call(OrderMoneyState.cancel, {}, state.cancel_ask.act)
    assert (await desk.shop.rows(Refund), (await desk.shop.order(order)).status) == ([], "paid")


async def test_free_and_unpaid_orders_say_why_nothing_goes_back(desk: Desk) -> None:
    owner = await people(desk, Role.OWNER)
    for placed in (await desk.placed(guest=1), await desk.placed(floor=1)):
        tab = await opened(desk, placed.number, owner)
        await tab.call(OrderMoneyState.open_refund)
        assert (await about_money(tab)).refund_ask.blocked


async def test_a_free_order_is_cancelled_at_once_and_its_tickets_are_void(desk: Desk) -> None:
    placed = await desk.placed(guest=1)
    tab = await opened(desk, placed.number, await people(desk, Role.MANAGER))
    await tab.call(OrderMoneyState.open_cancel)
    state = await about_money(tab)
    assert (state.cancel_ask.act, state.cancel_ask.blocked) == ("Cancel order", "")
    await tab.call(OrderMoneyState.cancel, {"message": "The guest list changed."}, "Cancel order")
    page = await shown(tab)
    assert (page.face.status, [line.status for line in page.tickets]) == ("cancelled", ["void"])
    assert (tab.toasts, state.cancel_ask.order) == (["Order cancelled"], "")
    await tab.call(OrderMoneyState.open_cancel)
    assert "cancelled already" in state.cancel_ask.blocked


async def test_a_paid_order_is_cancelled_with_the_refund_that_the_button_names(desk: Desk) -> None:
    order, tab = await sold(desk)
    await tab.call(OrderMoneyState.open_cancel)
    state = await about_money(tab)
    assert state.cancel_ask.act == "Cancel and refund $84.00"
    await tab.call(OrderMoneyState.cancel, {"message": "Sorry"}, "Cancel order")
    assert (state.problem != "", state.cancel_ask.message) == (True, "Sorry")
    await tab.call(OrderMoneyState.cancel, {"message": "Sorry"}, "Cancel and refund $84.00")
    assert tab.toasts == ["Cancelling: the refund is on its way to Stripe"]
    assert ([r.amount_minor for r in await desk.shop.rows(Refund)], (await desk.shop.order(order)).status) == (
        [8400], "paid",
    )  # fmt: skip


async def test_a_failed_refund_without_a_request_is_sent_again_after_asking(desk: Desk) -> None:
    _, tab = await sold(desk)
    await tab.call(OrderMoneyState.open_refund)
    await tab.call(OrderMoneyState.refund, {"way": "amount", "amount": "10.00"}, "Refund $10.00")
    (refund,) = await desk.shop.rows(Refund)
    async with desk.runtime.store.transaction() as tx:
        await tx.session.execute(sa.update(Refund).values(status="failed", failure_message="Expired card."))
        await tx.session.execute(sa.update(Payment).values(committed_minor=0))
    await tab.call(OrderMoneyState.retry)
    await tab.call(OrderDetailState.load)
    await tab.call(OrderMoneyState.open_retry, refund.public_id)
    state = await about_money(tab)
    assert (state.retry_ask.act, state.retry_ask.title) == (
        "Refund $10.00 again", "Send $10.00 to Maren Okafor again?",
    )  # fmt: skip
    await tab.call(OrderMoneyState.retry)
    await tab.call(OrderMoneyState.retry)
    assert [(r.status, r.retry_of) for r in await desk.shop.rows(Refund)] == [
        ("failed", None), ("created", refund.id),
    ]  # fmt: skip
    assert (await shown(tab)).refunds[1].may_retry is False


async def test_support_and_other_organizers_move_no_money(desk: Desk) -> None:
    order, support = await sold(desk, Role.SUPPORT)
    stranger = await member(desk.runtime, await organizer(desk.runtime, "other"), Role.OWNER)
    foreign = await opened(desk, order.number, stranger)
    for tab in (support, foreign):
        await tab.call(OrderMoneyState.open_refund)
        await tab.call(OrderMoneyState.refund, {"way": "whole"}, "Refund $84.00")
        await tab.call(OrderMoneyState.open_cancel)
        await tab.call(OrderMoneyState.cancel, {}, "Cancel and refund $84.00")
    assert support.toasts == [NOT_ALLOWED] * 4
    assert len(foreign.toasts) == 2
    assert await desk.shop.rows(Refund) == []


@pytest.mark.parametrize("handler", [OrderMoneyState.open_refund, OrderMoneyState.open_cancel])
async def test_money_needs_a_password_typed_not_long_ago(desk: Desk, handler: object) -> None:
    _, tab = await sold(desk)
    desk.runtime.clock.advance(timedelta(minutes=20))
    await tab.call(handler)
    assert (await tab.state(Workspace)).confirm_wanted
    state = await about_money(tab)
    assert (state.refund_ask.order, state.cancel_ask.order) == ("", "")


async def test_a_dialog_is_closed_on_the_next_visit_but_waits_while_the_password_is_typed(desk: Desk) -> None:
    order, tab = await sold(desk)
    await tab.call(OrderMoneyState.open_refund)
    desk.runtime.clock.advance(timedelta(minutes=20))
    form = {"way": "amount", "amount": "20.00", "message": "Sorry"}
    await tab.call(OrderMoneyState.press, form)
    await tab.call(OrderMoneyState.refund, form, "Refund $20.00")
    assert (await tab.state(Workspace)).confirm_wanted
    await tab.call(OrderMoneyState.begin)
    state = await about_money(tab)
    assert (state.refund_ask.order, state._typed.message) == (order.public_id, "Sorry")
    await tab.call(OrderMoneyState.begin)
    assert (state.refund_ask.order, await desk.shop.rows(Refund)) == ("", [])
