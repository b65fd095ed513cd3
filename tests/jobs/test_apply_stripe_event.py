"""Incoming Stripe events: what they do to payments, orders, refunds and disputes."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from kagibag_app.features.disputes.tables import Dispute
from kagibag_app.features.ledger import queries as ledger
from kagibag_app.features.ledger.tables import LedgerEntry
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders.tables import Ticket
from kagibag_app.features.payments import queries, service
from kagibag_app.features.payments.tables import Payment, PaymentAttempt, StripeEvent
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.webhooks.tables import WebhookEvent
from kagibag_app.jobs import sweep
from kagibag_app.storage.outbox import Job, OutboxRow
from tests.jobs.till import DECLINED, Till

pytest_plugins = ["tests.jobs.till_fixtures"]


async def books_agree(till: Till) -> None:
    """Assert that the ledger equals what Stripe reports, and that counters equal lines."""
    lines = await till.runtime.payments.list_balance(account=till.runtime.platform_account)
    async with till.runtime.store.read() as session:
        booked = await ledger.system_by_balance_transaction(session, till.runtime.platform_account)
    assert booked == {line.id: line.net_minor for line in lines}
    await till.shop.check_books()


async def test_an_order_is_completed_when_the_payment_succeeds(till: Till) -> None:
    order = await till.paid()
    assert order.status == "paid"
    payment = await till.payment(order)
    assert (payment.status, payment.is_open, payment.captured_minor) == ("captured", False, 8400)
    assert (payment.card_brand, payment.card_last4) == ("visa", "4242")
    assert len(await till.shop.rows(Ticket, order_id=order.id)) == 2
    assert len(await till.shop.rows(WebhookEvent)) == 1
    kinds = await till.kinds(order)
    assert kinds.index("payment_opened") < kinds.index("payment_captured") < kinds.index("tickets_issued")
    entries = await till.shop.rows(LedgerEntry)
    assert [(entry.kind, entry.presentment_minor) for entry in entries] == [
        ("charge", 8400),
        ("stripe_fee", None),
    ]
    assert set(till.answers) == {200}
    await books_agree(till)


async def test_both_tries_are_on_the_timeline_when_a_card_was_declined_first(till: Till) -> None:
    order = await till.ordered()
    assert (await till.pay(order, DECLINED))["error"]
    await till.pay(order)
    await till.settle()
    order = await till.shop.order(order)
    assert order.status == "paid"
    (attempt,) = await till.shop.rows(PaymentAttempt)
    assert (attempt.method, attempt.code) == ("Visa •••• 0002", "generic_decline")
    kinds = await till.kinds(order)
    assert kinds.count("payment_attempt_failed") == 1
    assert kinds.index("payment_attempt_failed") < kinds.index("payment_captured")
    assert (await till.payment(order)).failure_code == ""
    assert len(await till.shop.rows(Payment)) == 1
    await books_agree(till)


async def test_the_hold_stays_when_a_card_is_declined(till: Till) -> None:
    order = await till.ordered()
    await till.pay(order, DECLINED)
    await till.settle()
    payment = await till.payment(order)
    assert (await till.shop.order(order)).status == "pending"
    assert (payment.status, payment.is_open, payment.failure_code) == (
        "requires_payment",
        True,
        "generic_decline",
    )


async def test_fault_15_one_event_has_one_effect_when_it_comes_a_hundred_times_in_parallel(
    till: Till,
) -> None:
    order = await till.ordered()
    till.sandbox.set_webhooks(copies=100)
    await till.pay(order)
    till.sandbox.set_webhooks(copies=1)
    await till.settle()
    assert (await till.shop.order(order)).status == "paid"
    assert len(await till.shop.rows(Ticket)) == 2
    assert len(await till.shop.rows(WebhookEvent)) == 1
    assert len(await till.shop.rows(EmailMessage)) == 1
    events = await till.shop.rows(StripeEvent)
    assert {event.times_seen for event in events} == {100}
    assert set(till.answers) == {200}
    assert len(till.answers) == 100 * len(events)
    await books_agree(till)


async def test_fault_15_workers_beside_each_other_apply_once(till: Till) -> None:
    order = await till.ordered()
    await till.pay(order)
    await till.sandbox.flush_webhooks()
    await asyncio.gather(*(till.work() for _ in range(4)))
    await till.settle()
    assert (await till.shop.order(order)).status == "paid"
    assert len(await till.shop.rows(WebhookEvent)) == 1
    await books_agree(till)


async def test_fault_15_the_newest_object_decides_when_events_come_reversed(till: Till) -> None:
    order = await till.ordered()
    till.sandbox.set_webhooks(mode="reverse")
    await till.pay(order, DECLINED)
    await till.pay(order)
    payment = await till.payment(order)
    intent = till.sandbox.objects("payment_intent")[0]
    dispute = till.sandbox.open_dispute(payment_intent=intent["id"])
    till.sandbox.win_dispute(dispute["id"])
    await till.settle()
    order = await till.shop.order(order)
    payment = await till.payment(order)
    assert (order.status, order.dispute_state) == ("paid", "won")
    assert (payment.status, payment.open_chargeback) == ("captured", False)
    (row,) = await till.shop.rows(Dispute)
    assert row.status == "won"
    assert set((await till.outcomes()).values()) <= {"applied", "stale", "ignored"}
    await books_agree(till)


async def test_fault_15_an_event_takes_effect_when_it_comes_before_our_own_commit(till: Till) -> None:
    """The page's address is lost with the answer; the buyer has paid before we know the page."""
    order = await till.ordered()
    payment = await till.payment(order)
    await till.pay(order)
    async with till.runtime.store.transaction() as tx:
        row = await tx.session.get_one(Payment, payment.id)
        row.session_id, row.session_url = "", ""
    await till.settle()
    assert (await till.shop.order(order)).status == "paid"
    await books_agree(till)


async def test_fault_15_an_event_of_an_unknown_order_is_parked_and_shown(till: Till) -> None:
    await till.ordered()
    intent = await _foreign_payment(till)
    for _ in range(5):
        await till.settle()
        await till.advance(timedelta(minutes=1))
    async with till.runtime.store.read() as session:
        shown = await queries.system_inbox(session)
    assert {row.outcome for row in shown} == {"parked"}
    assert intent in {row.object_id for row in shown}
    assert all("No order of ours" in row.error for row in shown)
    assert set(till.answers) == {200}


async def test_fault_15_a_parked_event_takes_effect_when_its_payment_appears(till: Till) -> None:
    order = await till.ordered()
    public_id = (await till.payment(order)).public_id
    await _rename(till, public_id, "pay_not_here_yet")
    await till.pay(order)
    for _ in range(5):
        await till.settle()
        await till.advance(timedelta(minutes=1))
    assert "parked" in (await till.outcomes()).values()
    await _rename(till, "pay_not_here_yet", public_id)
    session_id = (await till.payment(order)).session_id
    async with till.runtime.store.transaction() as tx:
        await service.retry_event(tx, event_id=(await _first(till, "payment_intent.succeeded")).id)
    await till.settle()
    assert (await till.shop.order(order)).status == "paid"
    assert session_id
    assert "parked" not in (await till.outcomes()).values()
    await books_agree(till)


async def test_fault_15_a_sweep_wakes_a_parked_event_whose_payment_was_recorded_meanwhile(till: Till) -> None:
    order = await till.ordered()
    public_id = (await till.payment(order)).public_id
    await _rename(till, public_id, "pay_not_here_yet")
    await till.pay(order)
    for _ in range(5):
        await till.settle()
        await till.advance(timedelta(minutes=1))
    parked = await _first(till, "payment_intent.succeeded")
    assert parked.outcome == "parked"
    await _rename(till, "pay_not_here_yet", public_id)
    async with till.runtime.store.transaction() as tx:
        payment = await service.locked(tx, (await till.payment(order)).id)
        payment.payment_intent_id = parked.object_id
    await sweep.run(till.runtime, Job(0, "sweep", {}, 1, "", parked.received_at, parked.received_at))
    await till.settle()
    assert (await till.shop.order(order)).status == "paid"
    assert "parked" not in (await till.outcomes()).values()


async def test_a_later_event_is_stale_when_one_look_has_settled_both(till: Till) -> None:
    order = await till.ordered()
    await till.pay(order)
    await till.sandbox.flush_webhooks()
    before = len(till.line.sent)
    await till.work()
    outcomes = await till.outcomes()
    assert sorted(set(outcomes.values())) == ["applied", "ignored", "stale"]
    looks = [request for request in till.line.sent[before:] if request.method == "GET"]
    assert len(looks) == 2  # the session, and the payment intent with its charge


async def test_nothing_is_lost_when_stripe_is_away_as_the_event_comes(till: Till) -> None:
    order = await till.ordered()
    await till.pay(order)
    till.sandbox.add_fault("error", path="/v1/.*", method="GET", n=20)
    await till.sandbox.flush_webhooks()
    await till.work()
    assert "failed" in (await till.outcomes()).values()
    till.sandbox.clear_faults()
    till.runtime.clock.advance(timedelta(minutes=1))
    await till.work()
    assert (await till.shop.order(order)).status == "paid"
    assert "failed" not in (await till.outcomes()).values()


async def test_the_event_is_shown_and_tried_slowly_when_stripe_refuses_the_look(till: Till) -> None:
    order = await till.ordered()
    await till.pay(order)
    till.sandbox.add_fault(
        "error",
        path="/v1/.*",
        method="GET",
        n=50,
        status=403,
        type="invalid_request_error",
        message="No access.",
    )
    await till.sandbox.flush_webhooks()
    await till.work()
    async with till.runtime.store.read() as session:
        shown = await queries.system_inbox(session)
    assert {(row.outcome, row.error) for row in shown} == {("failed", "No access.")}


async def test_fault_14_a_dashboard_refund_is_imported(till: Till) -> None:
    order = await till.paid()
    till.sandbox.refund((await till.payment(order)).payment_intent_id, 4200)
    await till.settle()
    order = await till.shop.order(order)
    (refund,) = await till.shop.rows(Refund)
    assert (refund.source, refund.status, refund.amount_minor) == ("external", "succeeded", 4200)
    assert (order.refund_state, order.refunded_minor) == ("partial", 4200)
    assert (await till.payment(order)).committed_minor == 4200
    await books_agree(till)


async def test_fault_14_a_dashboard_refund_is_imported_from_the_charge_when_its_own_events_are_lost(
    till: Till,
) -> None:
    order = await till.paid()
    till.sandbox.refund((await till.payment(order)).payment_intent_id, 4200)
    await till.sandbox.flush_webhooks()
    async with till.runtime.store.transaction() as tx:
        lost = sa.select(StripeEvent).where(sa.column("type").like("refund.%"))
        for row in await tx.session.scalars(lost):
            row.outcome = "ignored"
    await till.work()
    assert (await till.shop.order(order)).refunded_minor == 4200
    await books_agree(till)


async def test_a_dispute_flags_the_order_and_is_closed_when_it_is_lost(till: Till) -> None:
    order = await till.paid()
    dispute = till.sandbox.open_dispute(
        payment_intent=(await till.payment(order)).payment_intent_id, reason="product_not_received"
    )
    await till.settle()
    order = await till.shop.order(order)
    assert order.dispute_state == "open"
    assert (await till.payment(order)).open_chargeback
    till.sandbox.lose_dispute(dispute["id"])
    await till.settle()
    order = await till.shop.order(order)
    assert (order.status, order.dispute_state) == ("paid", "lost")
    assert not (await till.payment(order)).open_chargeback
    kinds = await till.kinds(order)
    assert [kind for kind in kinds if kind.startswith("dispute_")] == [
        "dispute_opened", "dispute_funds_withdrawn", "dispute_state", "dispute_closed", "dispute_state",
    ]  # fmt: skip
    await books_agree(till)


async def test_a_job_does_nothing_when_its_event_is_settled(till: Till) -> None:
    await till.paid()
    before = len(till.line.sent)
    async with till.runtime.store.transaction() as tx:
        rows = (
            await tx.session.scalars(sa.select(OutboxRow).where(sa.column("kind") == "apply_stripe_event"))
        ).all()
        for row in rows:
            row.status = "pending"
    await till.work()
    assert len(till.line.sent) == before


async def _foreign_payment(till: Till) -> str:
    """A payment in the same account that another system has made."""
    books = till.runtime.payments._stripe.v1.payment_intents  # type: ignore[attr-defined]
    intent = await books.create_async(
        params={"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    )
    return intent.id


async def _rename(till: Till, old: str, new: str) -> None:
    async with till.runtime.store.transaction() as tx:
        row = (await tx.session.scalars(sa.select(Payment).where(sa.column("public_id") == old))).one()
        hidden = new == "pay_not_here_yet"
        row.public_id, row.account = new, "acct_hidden" if hidden else till.runtime.platform_account


async def _first(till: Till, kind: str) -> StripeEvent:
    return (await till.shop.rows(StripeEvent, type=kind))[0]


async def test_no_ticket_is_valid_when_a_refund_is_seen_before_the_payment_it_gave_back(till: Till) -> None:
    order = await till.ordered()
    await till.pay(order, DECLINED)
    await till.settle()  # the payment intent is known, and nothing is captured
    till.sandbox.set_webhooks("hold")
    await till.pay(order)
    account = till.runtime.platform_account
    till.sandbox.refund((await till.payment(order)).payment_intent_id)
    events = await till.runtime.payments.list_events(account=account, since=till.shop.now - timedelta(days=1))
    (faster,) = [event for event in events if event.type == "refund.created"]
    await till.runtime.store.run(
        lambda tx: service.store_event(tx, faster, platform_account=account, livemode=False)
    )
    await till.work()
    till.sandbox.set_webhooks("auto")
    await till.settle()
    order = await till.shop.order(order)
    assert (order.status, order.refund_state, order.refunded_minor) == ("paid", "full", 8400)
    assert {ticket.status for ticket in await till.shop.rows(Ticket)} == {"void"}
    assert not any(refund.flagged for refund in await till.shop.rows(Refund))
    await books_agree(till)
