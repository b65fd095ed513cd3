from __future__ import annotations
import asyncio
from datetime import timedelta
import pytest
import sqlalchemy as sa
from kagibag_app.features.webhooks import service as webhooks
from kagibag_app.features.webhooks.tables import *
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import *
from kagibag_app.features.refunds.tables import *
from kagibag_app.features.orders.tables import Ticket, Order
from kagibag_app.features.payments.tables import Payment
from kagibag_app.jobs.audit import run as audit
from kagibag_app.kit.actor import Actor, ActorKind, attendee
from kagibag_app.kit.errors import *
from tests.fakes import ACCOUNT, Fault
from tests.refund_desk import Desk
pytest_plugins = ["tests.refund_fixtures"]

async def books(desk):
    found = [f for f in await audit(desk.runtime, stripe=True) if f.count]
    assert found == []

async def test_free_line_after_all_paid_lines_refunded(desk: Desk) -> None:
    event = await desk.shop.event("mix", refund_policy={"tiers": [{"days_before": 1, "percent": 100}]})
    a = await desk.shop.ticket_type(event, "A", price=1000)
    g = await desk.shop.ticket_type(event, "G", price=0)
    await desk.shop.open(event)
    order = await desk.shop.order(await desk.shop.buy(event, {a.public_id: 1, g.public_id: 1}))
    (p,) = await desk.shop.rows(Payment, order_id=order.id)
    await desk.capture(p, "pi_x")
    ts = await desk.tickets(order)
    try:
        r = await desk.ask(order, ts)
        print("asked all", r.amount_minor)
    except DomainError as e:
        print("all refused:", e.code, e.message)
        r = await desk.ask(order, ts[:1])
    await desk.approve(r); await desk.work()
    o = await desk.shop.order(order)
    print(o.status, o.refund_state, [t.status for t in await desk.tickets(order)])
    await books(desk)

async def test_chain(desk: Desk) -> None:
    """success -> failed -> retry, with old events arriving at every point"""
    order, request, refund = await desk.approved(policy={"tiers": [{"days_before": 1, "percent": 100}]})
    await desk.work()
    s_ok = desk.stripe.refunds["re_0001"]
    s_fail = desk.stripe.settle("re_0001", "failed", reason="declined")
    await desk.tell(s_fail); await desk.tell(s_fail)
    r2 = await desk.retry(request)
    await desk.tell(s_fail)
    await desk.work()
    await desk.tell(s_fail)
    await desk.tell(desk.stripe.refunds["re_0002"])
    assert (await desk.request(request.public_id)).status == "fulfilled"
    assert len(desk.stripe.live()) == 1
    o = await desk.shop.order(order)
    print(o.refunded_minor, o.refund_state)
    await books(desk)

async def test_two_requests_dash_between(desk: Desk) -> None:
    order = await desk.sell(tickets=3, price=1000, policy={"tiers": [{"days_before": 1, "percent": 100}]})
    ts = await desk.tickets(order)
    r1 = await desk.ask(order, ts[:1]); r2 = await desk.ask(order, ts[1:2])
    f1 = await desk.approve(r1); f2 = await desk.approve(r2)
    p = await desk.payment(order)
    desk.stripe.faults = [Fault.TIMEOUT_AFTER]
    await desk.run_once(f1) if False else None
    try: await desk.run_once(f1)
    except Exception as e: print(type(e))
    m = desk.stripe.refund_in_dashboard(p.payment_intent_id, 1500)
    await desk.tell(m)
    print([(r.status, r.amount_minor, r.flagged) for r in await desk.shop.rows(Refund)], [r.status for r in await desk.shop.rows(RefundRequest)])
    for _ in range(4): await desk.later(timedelta(hours=1))
    print([(r.status, r.amount_minor, r.flagged) for r in await desk.shop.rows(Refund)], [r.status for r in await desk.shop.rows(RefundRequest)])
    print([t.status for t in await desk.tickets(order)], [t.refund_in_progress for t in await desk.tickets(order)])
    await books(desk)
    r2 = await desk.request(r2.public_id)
    if r2.status == "open":
        await desk.approve(r2); await desk.work()
    print([(r.status, r.amount_minor, r.flagged) for r in await desk.shop.rows(Refund)], [r.status for r in await desk.shop.rows(RefundRequest)])
    await books(desk)

async def test_withdraw_vs_approve(desk: Desk) -> None:
    for i in range(6):
        order = await desk.sell()
        r = await desk.ask(order)
        a = await asyncio.gather(desk.approve(r), desk.shop.store.run(lambda tx: refunds.withdraw(tx, desk.buyer, request_id=r.public_id)), desk.decline(r), return_exceptions=True)
        assert sum(not isinstance(x, Exception) for x in a) == 1, a
        assert all(isinstance(x, DomainError) for x in a if isinstance(x, Exception)), a
    await desk.work(); await books(desk)

async def test_external_full_pending_then_canceled(desk: Desk) -> None:
    order, request, refund = await desk.approved(policy={"tiers": [{"days_before": 1, "percent": 100}]})
    p = await desk.payment(order)
    desk.stripe.first_status = "pending"
    m = desk.stripe.refund_in_dashboard(p.payment_intent_id, order.total_minor)
    await desk.tell(m)
    print([(r.status, r.amount_minor) for r in await desk.shop.rows(Refund)], [r.status for r in await desk.shop.rows(RefundRequest)], [t.status for t in await desk.tickets(order)])
    await desk.tell(desk.stripe.settle(m.refund_id, "canceled"))
    print([(r.status, r.amount_minor) for r in await desk.shop.rows(Refund)], [r.status for r in await desk.shop.rows(RefundRequest)], [t.status for t in await desk.tickets(order)])
    await books(desk)
    r = await desk.request(request.public_id)
    desk.stripe.first_status = "succeeded"
    if r.status == "superseded":
        r = await desk.ask(order)
        await desk.approve(r)
    await desk.work()
    await books(desk)
    print([(r.status, r.amount_minor) for r in await desk.shop.rows(Refund)], [r.status for r in await desk.shop.rows(RefundRequest)], [t.status for t in await desk.tickets(order)])

async def test_scoping(desk: Desk) -> None:
    order, request, refund = await desk.approved()
    desk.stripe.refusal = "insufficient_funds"; await desk.work()
    second = await desk.second_payment(order); await desk.work()
    late = (await desk.shop.rows(Refund))[-1]
    st = Actor(ActorKind.MEMBER, desk.shop.organizer_id + 1, 1, "owner", "Stranger")
    at = attendee(desk.shop.organizer_id + 1, "S")
    for call in (
        lambda tx: refunds.approve(tx, st, request_id=request.public_id, version=1, amount_minor=None),
        lambda tx: refunds.decline(tx, st, request_id=request.public_id, version=1, message="no"),
        lambda tx: refunds.add_note(tx, st, request_id=request.public_id, text="no"),
        lambda tx: refunds.retry(tx, st, request_id=request.public_id, version=1),
        lambda tx: refunds.retry_refund(tx, st, refund_id=late.public_id),
        lambda tx: refunds.request(tx, at, order_id=order.id, ticket_ids=["x"], category="other", reason=""),
        lambda tx: refunds.reply(tx, at, request_id=request.public_id, text="a"),
        lambda tx: refunds.withdraw(tx, at, request_id=request.public_id),
    ):
        with pytest.raises(NotFound):
            await desk.shop.store.run(call)
