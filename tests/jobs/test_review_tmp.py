from __future__ import annotations
from datetime import timedelta
from kagibag_app.features.orders.tables import Ticket
from kagibag_app.features.payments import service
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.jobs.audit import run as audit
from tests.jobs.till import DECLINED, Till
pytest_plugins = ["tests.jobs.till_fixtures"]

async def test_t(till: Till) -> None:
    order = await till.ordered()
    await till.pay(order, DECLINED)
    await till.settle()
    payment = await till.payment(order)
    assert payment.payment_intent_id
    till.sandbox.set_webhooks("hold")
    await till.pay(order)
    till.sandbox.refund(payment.payment_intent_id)
    events = await till.runtime.payments.list_events(account=till.runtime.platform_account, since=till.runtime.clock.now() - timedelta(days=1))
    (first,) = [e for e in events if e.type == "refund.created"]
    await till.runtime.store.run(lambda tx: service.store_event(tx, first, platform_account=till.runtime.platform_account, livemode=False))
    await till.work()
    print([ (r.status, r.flagged) for r in await till.shop.rows(Refund)])
    till.sandbox.set_webhooks("auto")
    await till.settle()
    now = await till.shop.order(order)
    print(now.status, now.refund_state, now.refunded_minor, [t.status for t in await till.shop.rows(Ticket)], [(r.status, r.source, r.flagged) for r in await till.shop.rows(Refund)])
    print([f for f in await audit(till.runtime, stripe=True) if f.count])
    assert {t.status for t in await till.shop.rows(Ticket)} == {"void"}

async def test_dispute_first(till: Till) -> None:
    order = await till.paid()
    payment = await till.payment(order)
    d = till.sandbox.open_dispute(payment_intent=payment.payment_intent_id)
    await till.settle()
    till.sandbox.lose_dispute(d["id"])
    await till.settle()
    now = await till.shop.order(order)
    print(now.status, now.dispute_state, [f for f in await audit(till.runtime, stripe=True) if f.count])
