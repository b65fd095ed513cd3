"""Throw-away stress."""

from __future__ import annotations
import asyncio, random
from datetime import timedelta
from collections import Counter
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RequestStatus
from kagibag_app.features.payments import service as payments
from kagibag_app.features.promotions.tables import Promotion
from kagibag_app.jobs import send_refund
from kagibag_app.jobs.audit import check
from kagibag_app.kit.errors import DomainError
from kagibag_app.storage import transaction as txm
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]


async def test_stress(desk: Desk, monkeypatch) -> None:
    shop = desk.shop
    if shop.store.sqlite:
        rounds, par = 100, 8
    else:
        rounds, par = 560, 14
    rng = random.Random(7)
    contention = Counter()
    real = txm.is_contention

    def counting(e):
        r = real(e)
        contention[(getattr(e.orig, "sqlstate", None), r)] += 1
        return r

    monkeypatch.setattr(txm, "is_contention", counting)
    event = await shop.event("stress", refund_policy={"tiers": [{"days_before": 1, "percent": 100}]})
    a = await shop.ticket_type(event, "A", price=1000, capacity=60)
    b = await shop.ticket_type(event, "B", price=0, capacity=60)
    c = await shop.ticket_type(event, "C", price=700, capacity=25)
    await shop.open(event)
    promo = await shop.code("HALF", value=5000, max_uses=40)
    errors = Counter()
    bad = []

    async def place():
        q = {}
        for t in (c, a, b):
            n = rng.randint(0, 2)
            if n:
                q[t.public_id] = n
        if not q:
            q = {a.public_id: 1}
        await shop.buy(
            event, q, code=rng.choice(["", "HALF"]), buyer_email=f"m{rng.randint(1, 4)}@example.com"
        )

    async def some(model, **w):
        rows = await shop.rows(model, **w)
        return rng.choice(rows) if rows else None

    async def capture():
        p = await some(Payment, captured_minor=0)
        if p:
            from kagibag_app.jobs.settlement import record_payment
            from kagibag_app.ports.payments import PaymentSnapshot

            intent = f"pi_{p.public_id[-8:]}"
            line = (
                desk.stripe.charge(intent, p.amount_minor, p.currency)
                if intent not in desk.stripe.charges
                else None
            )
            if line is None:
                line = next(l for l in desk.stripe.balance if l.source == intent)
            s = PaymentSnapshot(
                payment_intent_id=intent,
                status="succeeded",
                currency=p.currency,
                amount_minor=p.amount_minor,
                captured_minor=p.amount_minor,
                charge_id=f"ch_{intent[3:]}",
                card_brand="visa",
                card_last4="4242",
                reference=p.public_id,
                balance=line,
            )
            await asyncio.gather(
                *(
                    shop.store.run(lambda tx: record_payment(tx, s, account=p.account, fetched_at=tx.now))
                    for _ in range(2)
                )
            )

    async def expire():
        p = await some(Payment, is_open=True)
        if p:
            await shop.store.run(lambda tx: payments.record_session_end(tx, payment_id=p.id))

    async def ask():
        o = await some(Order, status="paid")
        if o and o.total_minor:
            ts = await desk.tickets(o)
            await desk.ask(o, rng.sample(ts, rng.randint(1, len(ts))))

    async def approve():
        r = await some(RefundRequest, status=RequestStatus.OPEN)
        if r:
            await asyncio.gather(desk.approve(r), desk.approve(r), return_exceptions=False)

    async def send():
        r = await some(Refund, status="created")
        if r:
            await asyncio.gather(desk.run_once(r), desk.run_once(r))

    async def dash():
        p = await some(Payment, status="captured")
        if p:
            left = p.captured_minor - sum(
                x.amount_minor for x in desk.stripe.live() if x.payment_intent_id == p.payment_intent_id
            )
            if left > 0:
                await desk.tell(desk.stripe.refund_in_dashboard(p.payment_intent_id, rng.randint(1, left)))

    async def tell():
        rs = list(desk.stripe.refunds.values())
        if rs:
            r = rng.choice(rs)
            await asyncio.gather(*(desk.tell(r) for _ in range(2)))

    async def fail():
        rs = desk.stripe.live()
        if rs:
            r = rng.choice(rs)
            await desk.tell(desk.stripe.settle(r.refund_id, "failed", reason="declined"))

    async def retry():
        r = await some(RefundRequest, status=RequestStatus.FAILED)
        if r:
            await desk.retry(r)

    acts = (
        [place] * 5
        + [capture] * 4
        + [expire]
        + [ask] * 3
        + [approve] * 3
        + [send] * 3
        + [dash]
        + [tell] * 2
        + [fail]
        + [retry] * 2
    )

    async def one(i):
        for _ in range(rounds // par):
            act = rng.choice(acts)
            try:
                await act()
            except DomainError as e:
                errors[f"{act.__name__}:{e.code}"] += 1
            except Exception as e:
                bad.append((act.__name__, repr(e)[:300]))

    await asyncio.gather(*(one(i) for i in range(par)))
    for _ in range(12):
        await desk.later(timedelta(hours=7))
        for r in list(desk.stripe.refunds.values()):
            await desk.tell(r)
    async with shop.store.read() as session:
        found = [f for f in await check(session, now=shop.now) if f.count]
    print("CONTENTION", dict(contention))
    print("ERR", errors)
    print("BAD", Counter(b[0] + ":" + b[1][:160] for b in bad))
    print("FOUND", found)
    print(
        Counter(o.status for o in await shop.rows(Order)),
        Counter(r.status for r in await shop.rows(Refund)),
        Counter(r.status for r in await shop.rows(RefundRequest)),
    )
    await shop.check_books()
    assert not found and not bad
