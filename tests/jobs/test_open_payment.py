"""Opening the hosted page of a payment."""

from __future__ import annotations

from datetime import timedelta

import httpx

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.orders import service as orders
from kagibag_app.features.payments import queries
from kagibag_app.features.payments.tables import Payment
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.storage.outbox import OutboxStatus
from tests.jobs.till import Till

pytest_plugins = ["tests.jobs.till_fixtures"]

SESSIONS = "/v1/checkout/sessions"


async def test_the_buyer_gets_stripes_page_when_the_order_costs_something(till: Till) -> None:
    order = await till.ordered()
    payment = await till.payment(order)
    (session,) = till.sandbox.objects("checkout.session")
    assert payment.session_url == session["url"]
    assert session["amount_total"] == order.total_minor == 8400
    assert session["expires_at"] == int(payment.session_expires_at.timestamp())  # type: ignore[union-attr]
    assert session["metadata"] == {"payment": payment.public_id, "order": order.number}
    assert session["success_url"].startswith("http://localhost:8000/checkout/" + order.public_id)
    assert session["success_url"].endswith("?back=paid")
    assert "payment_opened" in await till.kinds(order)


async def test_each_net_has_its_own_line_when_a_discount_splits_unevenly(till: Till) -> None:
    event = await till.shop.event()
    kind = await till.shop.ticket_type(event, price=1000)
    await till.shop.open(event)
    await till.shop.code("ODD", kind="fixed", value=100, currency="USD")
    placed = await till.shop.buy(
        event, {kind.public_id: 3}, code="ODD", platform_account=till.runtime.platform_account
    )
    await till.work()
    order = await till.shop.order(placed)
    async with till.runtime.store.read() as session:
        lines = await queries.system_page_lines(session, order.id)
    assert sum(net * count for _, net, count in lines) == order.total_minor == 2900
    assert sorted((net, count) for _, net, count in lines) == [(966, 1), (967, 2)]
    assert till.sandbox.objects("checkout.session")[0]["amount_total"] == 2900


async def test_one_page_is_opened_when_stripes_answer_is_lost(till: Till) -> None:
    till.line.after.append(httpx.ReadTimeout("no answer"))
    order = await till.ordered()
    assert (await till.payment(order)).session_id == ""
    (job,) = await till.jobs("open_payment")
    assert (job.status, job.attempts) == (OutboxStatus.PENDING, 1)
    till.runtime.clock.advance(timedelta(seconds=5))
    await till.work()
    (session,) = till.sandbox.objects("checkout.session")
    assert (await till.payment(order)).session_id == session["id"]
    keys = [request.headers["idempotency-key"] for request in till.line.sent if request.method == "POST"]
    assert len(keys) == 2
    assert len(set(keys)) == 1


async def test_the_page_opens_under_a_new_key_when_stripe_repeats_a_server_error(till: Till) -> None:
    till.sandbox.add_fault("error_after", path=SESSIONS, method="POST")
    order = await till.ordered()
    for _ in range(3):
        till.runtime.clock.advance(timedelta(seconds=9))
        await till.work()
    payment = await till.payment(order)
    sessions = till.sandbox.objects("checkout.session")
    assert len(sessions) == 2
    assert payment.session_id == sessions[0]["id"]
    await till.advance(timedelta(minutes=40))
    await till.settle()
    assert (await till.shop.order(order)).status == "expired"
    assert set((await till.outcomes()).values()) <= {"applied", "stale", "ignored"}


async def test_the_page_opens_for_the_corrected_address_when_stripes_answer_was_lost(till: Till) -> None:
    till.line.after.append(httpx.ReadTimeout("no answer"))
    order = await till.ordered()
    support = Actor(ActorKind.MEMBER, till.shop.organizer_id, None, Role.SUPPORT, "Sam")
    await till.runtime.store.run(
        lambda tx: orders.correct_email(tx, support, order=order.public_id, email="maren@okafor.example.org")
    )
    till.runtime.clock.advance(timedelta(seconds=5))
    await till.work()
    sessions = till.sandbox.objects("checkout.session")
    payment = await till.payment(order)
    assert (payment.session_id, payment.is_open) == (sessions[0]["id"], True)
    assert sessions[0]["customer_email"] == "maren@okafor.example.org"
    await till.pay(order)
    await till.settle()
    assert (await till.shop.order(order)).status == "paid"


async def test_the_page_opens_later_when_stripe_was_busy(till: Till) -> None:
    till.sandbox.add_fault("rate_limit", path=SESSIONS, method="POST")
    order = await till.ordered()
    assert (await till.payment(order)).opening_at is None
    await till.advance(timedelta(minutes=3))
    await till.work()
    payment = await till.payment(order)
    assert payment.session_id.startswith("cs_")
    assert payment.session_expires_at is not None
    assert payment.session_expires_at - payment.created_at > timedelta(minutes=33)


async def test_the_seats_come_back_when_stripe_refuses_the_page(till: Till) -> None:
    till.sandbox.add_fault(
        "error", path=SESSIONS, method="POST", status=400, type="invalid_request_error",
        code="amount_too_small", message="The amount is too small.",
    )  # fmt: skip
    order = await till.ordered()
    assert order.status == "payment_failed"
    payment = await till.payment(order)
    assert (payment.status, payment.is_open) == ("failed", False)
    assert "Nothing was charged" in payment.failure_message
    await till.shop.check_books()


async def test_nothing_is_asked_of_stripe_when_the_order_is_over(till: Till) -> None:
    till.sandbox.add_fault("rate_limit", path=SESSIONS, method="POST", n=100)
    order = await till.ordered()
    await till.advance(timedelta(minutes=36))
    await till.work()
    assert (await till.shop.order(order)).status == "expired"
    before = len(till.sandbox.requests())
    till.runtime.clock.advance(timedelta(minutes=5))
    await till.work()
    assert len(till.sandbox.requests()) == before
    assert len(await till.shop.rows(Payment)) == 1
