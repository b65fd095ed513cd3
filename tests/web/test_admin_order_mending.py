"""What an order's screen offers beside a refund that came to nothing, or one made at Stripe."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.orders.tables import LineItem, Order
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.ports.payments import RefundSnapshot
from kagibag_app.web.admin.order.mending_state import OrderMendingState
from kagibag_app.web.session.guards import NOT_ALLOWED
from tests.services.shop import PLATFORM
from tests.services.stripe_snapshots import captured
from tests.web.attendee_desk import Desk
from tests.web.harness import Tab
from tests.web.order_screen import opened, people, shown, tickets

pytest_plugins = ["tests.web.desk_fixtures"]


async def sold(
    desk: Desk, amount: int, *, lost: bool, role: Role = Role.MANAGER
) -> tuple[Order, Refund, Tab]:
    """An order of two tickets at $42.00, refunded at Stripe; its money came back if ``lost``."""
    order, payment = await captured(desk.shop, slug="paid")
    snapshot = RefundSnapshot(
        refund_id="re_1", status="succeeded", amount_minor=amount, currency="USD",
        payment_intent_id=payment.payment_intent_id, charge_id=payment.charge_id, created=datetime(2026, 4, 9, tzinfo=UTC),
    )  # fmt: skip
    for seen in [snapshot, replace(snapshot, status="failed", failure_reason="lost_or_stolen_card")][
        : 1 + lost
    ]:
        await desk.shop.store.run(
            lambda tx, seen=seen: refunds.record_gateway_refund(tx, seen, account=PLATFORM)
        )
    (refund,) = await desk.shop.rows(Refund)
    return order, refund, await opened(desk, order.number, await people(desk, role))


async def test_money_returned_another_way_is_recorded_as_the_dialog_says(desk: Desk) -> None:
    _, refund, tab = await sold(desk, 8400, lost=True)
    line = (await shown(tab)).refunds[0]
    assert (line.may_return, line.may_revive, line.to_allocate) == (True, True, False)
    assert line.about.startswith(
        "The card was reported lost or stolen, so the bank sent the money back. Sending"
    )
    await tab.call(OrderMendingState.open_outside, refund.public_id)
    state = await tab.state(OrderMendingState)
    assert state.ask.act == "Record $84.00 as returned"
    await tab.call(OrderMendingState.return_outside, {"way": "bank_transfer", "reference": " "})
    assert state.problem
    form = {"way": "bank_transfer", "reference": "RF18 5390", "message": ""}
    await tab.call(OrderMendingState.return_outside, form)
    await tab.call(OrderMendingState.return_outside, form)
    _, made = await desk.shop.rows(Refund)
    assert (made.source, made.amount_minor, made.bank_reference) == ("outside_stripe", 8400, "RF18 5390")
    assert tab.toasts == ["$84.00 recorded as returned"]
    first, second = (await shown(tab)).refunds
    assert (first.about, second.may_return) == ("Returned by bank transfer, outside Stripe.", False)


async def test_void_tickets_whose_money_came_back_are_valid_again(desk: Desk) -> None:
    order, refund, tab = await sold(desk, 8400, lost=True)
    assert {t.status for t in await tickets(desk, order)} == {"void"}
    await tab.call(OrderMendingState.open_revive, refund.public_id)
    await tab.call(OrderMendingState.revive, {"message": ""})
    assert {t.status for t in await tickets(desk, order)} == {"valid"}
    await tab.call(OrderMendingState.open_revive, refund.public_id)
    assert (await tab.state(OrderMendingState)).ask.kind == ""


async def test_a_refund_made_at_stripe_is_allocated_as_typed(desk: Desk) -> None:
    order, refund, tab = await sold(desk, 4200, lost=False)
    assert (await shown(tab)).refunds[0].to_allocate
    await tab.call(OrderMendingState.open_allocate, refund.public_id)
    state = await tab.state(OrderMendingState)
    assert [line.most for line in state.shares] == ["Up to $42.00"] * 2
    await tab.call(OrderMendingState.allocate, {"share-0": "1.00", "share-1": "x"})
    assert state.problem
    await tab.call(OrderMendingState.allocate, {"share-0": "", "share-1": "42.00", "void": "on"})
    assert [t.status for t in await tickets(desk, order)] == ["valid", "void"]
    assert len(await desk.shop.rows(LineItem)) == 2
    assert (await shown(tab)).refunds[0].to_allocate is False


async def test_a_role_that_may_not_decide_opens_nothing(desk: Desk) -> None:
    _, refund, tab = await sold(desk, 8400, lost=True, role=Role.SUPPORT)
    await tab.call(OrderMendingState.open_outside, refund.public_id)
    assert (await tab.state(OrderMendingState)).ask.kind == ""
    assert tab.toasts == [NOT_ALLOWED]
