"""The inbox of Stripe events."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kagibag_app.features.payments import queries, service
from kagibag_app.features.payments.rules import failed_try, subject_of
from kagibag_app.features.payments.tables import PaymentAttempt, StripeEvent
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.kit.errors import NotFound
from kagibag_app.ports.payments import IncomingEvent
from kagibag_app.storage.outbox import OutboxRow
from tests.services.shop import PLATFORM, Shop
from tests.services.stripe_snapshots import event, intent, record, waiting

pytest_plugins = ["tests.services.shop_fixtures"]


async def _store(shop: Shop, incoming: IncomingEvent, *, livemode: bool = False) -> bool:
    return await shop.store.run(
        lambda tx: service.store_event(tx, incoming, platform_account=PLATFORM, livemode=livemode)
    )


async def _begin(shop: Shop, event_id: int) -> service.EventWork | None:
    return await shop.store.run(lambda tx: service.begin_event(tx, event_id=event_id))


async def _events(shop: Shop) -> dict[str, StripeEvent]:
    return {row.stripe_id: row for row in await shop.rows(StripeEvent)}


async def test_fault_15_an_event_is_kept_once_when_a_hundred_copies_arrive_at_once(shop: Shop) -> None:
    new = await asyncio.gather(*(_store(shop, event()) for _ in range(100)))
    assert new.count(True) == 1
    (row,) = await shop.rows(StripeEvent)
    assert row.times_seen == 100
    assert len(await shop.rows(OutboxRow)) == 1


@pytest.mark.parametrize(
    ("changes", "livemode"),
    [
        ({"livemode": True}, False), ({"livemode": False}, True), ({"account": "acct_nobody"}, False),
        ({"kind": "customer.created"}, False), ({"body": {"id": ""}}, False),
    ],
)  # fmt: skip
async def test_an_event_is_ignored_when_it_is_not_for_us(
    shop: Shop, changes: dict[str, Any], livemode: bool
) -> None:
    assert await _store(shop, event(**changes), livemode=livemode)
    (row,) = await shop.rows(StripeEvent)
    assert row.outcome == "ignored"
    assert row.error
    assert row.settled_at is not None
    assert await shop.rows(OutboxRow) == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"object": "charge", "id": "ch_1", "payment_intent": "pi_1"}, ("payment_intent", "pi_1", "stripe:pi_1")),
        ({"object": "charge", "id": "ch_1", "payment_intent": None}, ("charge", "ch_1", "stripe:ch_1")),
        ({"object": "refund", "id": "re_1", "payment_intent": "pi_1"}, ("refund", "re_1", "stripe:pi_1")),
        ({"object": "dispute", "id": "du_1", "payment_intent": "pi_1"}, ("dispute", "du_1", "stripe:pi_1")),
        ({"object": "checkout.session", "id": "cs_1"}, ("checkout.session", "cs_1", "stripe:cs_1")),
    ],
)  # fmt: skip
def test_all_events_of_one_payment_take_turns(body: dict[str, Any], found: tuple[str, str, str]) -> None:
    subject = subject_of({"data": {"object": body}})
    assert (subject.object_type, subject.object_id, subject.lane) == found


async def test_one_look_settles_what_was_stored_before_it_began(shop: Shop) -> None:
    await _store(shop, event("evt_1"))
    await _store(shop, event("evt_2", "payment_intent.processing"))
    first = (await _events(shop))["evt_1"]
    work = await _begin(shop, first.id)
    assert work is not None
    assert work.types == {"payment_intent.succeeded", "payment_intent.processing"}
    await _store(shop, event("evt_3", "payment_intent.canceled"))
    await shop.store.run(lambda tx: service.settle_events(tx, work))
    outcomes = {name: row.outcome for name, row in (await _events(shop)).items()}
    assert outcomes == {"evt_1": "applied", "evt_2": "stale", "evt_3": "pending"}
    assert await _begin(shop, (await _events(shop))["evt_2"].id) is None


async def test_a_failed_event_is_shown_and_tried_again(shop: Shop) -> None:
    await _store(shop, event())
    (row,) = await shop.rows(StripeEvent)
    await shop.store.run(lambda tx: service.fail_event(tx, event_id=row.id, error="x" * 900))
    async with shop.store.read() as session:
        (shown,) = await queries.system_inbox(session)
        assert await queries.system_inbox_counts(session) == {"failed": 1}
        assert await queries.system_event_known(session, "evt_1")
        assert not await queries.system_event_known(session, "evt_2")
    assert (shown.outcome, len(shown.error)) == ("failed", 500)
    assert await _begin(shop, row.id) is not None


async def test_a_parked_event_wakes_up_when_its_payment_appears(shop: Shop) -> None:
    _, payment = await waiting(shop)
    body = {"object": "refund", "id": "re_1", "payment_intent": f"pi_{payment.id}"}
    await _store(shop, event(kind="refund.created", body=body))
    (row,) = await shop.rows(StripeEvent)
    work = await _begin(shop, row.id)
    assert work is not None
    await shop.store.run(
        lambda tx: service.park_events(tx, work, reason="No order of ours has this payment.")
    )
    assert await _begin(shop, row.id) is None
    await record(shop, intent(payment))
    (row,) = await shop.rows(StripeEvent)
    assert (row.outcome, row.attempts, row.error) == ("pending", 0, "")
    assert len(await shop.rows(OutboxRow, kind="apply_stripe_event")) == 2


async def test_only_a_waiting_event_can_be_tried_by_hand(shop: Shop) -> None:
    await _store(shop, event())
    (row,) = await shop.rows(StripeEvent)
    with pytest.raises(NotFound):
        await shop.store.run(lambda tx: service.retry_event(tx, event_id=row.id))
    await shop.store.run(lambda tx: service.fail_event(tx, event_id=row.id, error="Stripe was away."))
    await shop.store.run(lambda tx: service.retry_event(tx, event_id=row.id))
    assert (await _events(shop))["evt_1"].outcome == "pending"


async def test_each_declined_card_is_noted_once_however_it_is_told(shop: Shop) -> None:
    order, payment = await waiting(shop)
    declined = {
        "object": "payment_intent", "id": f"pi_{payment.id}", "metadata": {"payment": payment.public_id},
        "last_payment_error": {
            "code": "card_declined", "decline_code": "generic_decline", "message": "Declined.", "charge": "ch_9",
            "payment_method": {"type": "card", "card": {"brand": "visa", "last4": "0002"}},
        },
    }  # fmt: skip
    charge = {
        "object": "charge", "id": "ch_9", "payment_intent": f"pi_{payment.id}", "failure_code": "card_declined",
        "outcome": {"reason": "generic_decline"},
        "failure_message": "Declined.", "metadata": {"payment": payment.public_id},
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "0002"}},
    }  # fmt: skip
    asked = {
        "object": "payment_intent", "id": f"pi_{payment.id}", "metadata": {"payment": payment.public_id},
        "last_payment_error": {"code": "payment_intent_authentication_failure", "message": "Not you."},
    }  # fmt: skip
    await _store(shop, event("evt_1", "payment_intent.payment_failed", body=declined))
    await _store(shop, event("evt_2", "charge.failed", body=charge))
    await _store(shop, event("evt_3", "payment_intent.payment_failed", body=asked))
    work = await _begin(shop, (await _events(shop))["evt_1"].id)
    assert work is not None
    for _ in range(2):
        await shop.store.run(lambda tx: service.record_failed_tries(tx, work))
    attempts = await shop.rows(PaymentAttempt)
    assert [(row.key, row.method) for row in attempts] == [
        ("ch_9", "Visa •••• 0002"),
        (f"pi_{payment.id}:payment_intent_authentication_failure", ""),
    ]
    entries = await shop.rows(TimelineEntry, order_id=order.id, kind="payment_attempt_failed")
    assert [entry.data["message"] for entry in entries] == ["Declined.", "Not you."]
    async with shop.store.read() as session:
        view = await queries.payment_of_order(session, shop.organizer_id, order.id)
    assert view is not None
    assert [attempt.code for attempt in view.attempts] == [
        "generic_decline",
        "payment_intent_authentication_failure",
    ]


def test_an_event_without_a_failure_is_no_failed_try() -> None:
    assert failed_try("payment_intent.succeeded", {"data": {"object": {}}}) is None
