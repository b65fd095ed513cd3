"""Events are emitted once, and each delivery goes from try to try by the rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.features.webhooks import queries
from kagibag_app.features.webhooks import service as webhooks
from kagibag_app.features.webhooks.rules import DELIVERY_MOVES, DeliveryStatus, EndpointStatus, EventType
from kagibag_app.features.webhooks.tables import WebhookEndpoint
from kagibag_app.features.webhooks.views import NotYet, PreparedAttempt
from kagibag_app.kit.errors import DomainError
from kagibag_app.ports.webhook_http import WebhookAnswer
from tests.outgoing import ORDER, Office, add_organizer, desk, desk_url, member_of

__all__ = ["desk", "desk_url"]

GOOD, BAD, GONE = WebhookAnswer(204, duration_ms=12), WebhookAnswer(500), WebhookAnswer(410)


async def begin(desk: Office, job_number: int = 1) -> PreparedAttempt | NotYet | None:
    """Take the one delivery for a try."""
    delivery_id = (await desk.delivery()).public_id
    async with desk.store.transaction() as tx:
        return await webhooks.begin_attempt(tx, delivery_id=delivery_id, job_number=job_number)


async def record(desk: Office, answer: WebhookAnswer) -> timedelta | None:
    """Record what came back."""
    delivery_id = (await desk.delivery()).public_id
    async with desk.store.transaction() as tx:
        return await webhooks.record_attempt(tx, delivery_id=delivery_id, answer=answer)


async def member_does(desk: Office, verb: Any, **arguments: Any) -> Any:
    """Let the member do something."""
    async with desk.store.transaction() as tx:
        return await verb(tx, desk.member, **arguments)


async def endpoint_row(desk: Office) -> WebhookEndpoint:
    """Return the one endpoint."""
    (only,) = await desk.rows(WebhookEndpoint)
    return only


async def test_event_is_stored_once_with_a_delivery_per_matching_endpoint(desk: Office) -> None:
    await desk.endpoint(name="all")
    await desk.endpoint(name="paid", event_filter=[EventType.ORDER_PAID])
    stranger = await add_organizer(desk.store, "somebody-else")
    async with desk.store.transaction() as tx:
        await webhooks.create_endpoint(
            tx, member_of(stranger), name="x", url="https://x.example.com", event_filter=[], sealed_secret="-",
            check_url=lambda url: None,
        )  # fmt: skip
    await desk.emit()
    await desk.emit()
    (event,) = await desk.events()
    assert (event.type, event.order_id, event.order_number) == ("order.paid", ORDER, "KB-7F3K-9Q2M")
    deliveries = await desk.deliveries()
    assert [d.status for d in deliveries] == [DeliveryStatus.QUEUED] * 2
    assert [d.event_id for d in deliveries] == [event.id] * 2
    jobs = await desk.jobs()
    assert [(j.kind, j.lane, j.lane_limit) for j in jobs] == [
        ("deliver_webhook", f"endpoint:{d.endpoint_id}", 2) for d in deliveries
    ]
    (entry,) = await desk.timeline()
    assert entry.kind == EntryKind.WEBHOOK_QUEUED
    assert entry.data == {"type": "order.paid", "event": event.public_id, "endpoints": ["all", "paid"]}


async def test_event_without_endpoints_is_stored_and_leaves_the_timeline_alone(desk: Office) -> None:
    await desk.emit()
    assert len(await desk.events()) == 1
    assert await desk.deliveries() == []
    assert await desk.timeline() == []


async def test_event_vanishes_with_its_deliveries_when_the_transaction_fails(desk: Office) -> None:
    await desk.endpoint()

    async def emit_and_fail() -> None:
        async with desk.store.transaction() as tx:
            await webhooks.emit(
                tx,
                organizer_id=desk.organizer_id,
                order_id=ORDER,
                type=EventType.ORDER_PAID,
                dedupe_key="x",
                data={},
            )
            raise RuntimeError("the rest went wrong")

    with pytest.raises(RuntimeError):
        await emit_and_fail()
    assert (await desk.events(), await desk.deliveries(), await desk.jobs()) == ([], [], [])


async def test_delivery_is_delivered_when_the_receiver_takes_it(desk: Office) -> None:
    await desk.endpoint()
    await desk.emit()
    prepared = await begin(desk)
    assert isinstance(prepared, PreparedAttempt)
    assert (prepared.url, prepared.body) == ("https://hooks.example.com/in", (await desk.events())[0].body)
    assert prepared.sealed_secrets[0] not in repr(prepared)
    assert await record(desk, GOOD) is None
    assert (await desk.delivery()).status == DeliveryStatus.DELIVERED
    assert await begin(desk) is None


async def test_try_waits_for_its_time_when_the_one_before_failed(desk: Office) -> None:
    await desk.endpoint()
    await desk.emit()
    await begin(desk)
    delay = await record(desk, BAD)
    assert delay is not None
    assert timedelta(seconds=4) <= delay <= timedelta(seconds=6)
    waiting = await begin(desk)
    assert isinstance(waiting, NotYet)
    assert waiting.wait <= delay
    desk.runtime.clock.advance(delay)
    assert isinstance(await begin(desk), PreparedAttempt)


async def test_old_job_finds_nothing_to_do_when_the_delivery_was_queued_again(desk: Office) -> None:
    endpoint_id, _ = await desk.endpoint()
    await desk.emit()
    await begin(desk)
    await record(desk, BAD)
    await member_does(desk, webhooks.pause_endpoint, endpoint_id=endpoint_id)
    await member_does(desk, webhooks.resume_endpoint, endpoint_id=endpoint_id)
    desk.runtime.clock.advance(timedelta(minutes=1))
    assert await begin(desk, job_number=1) is None
    assert isinstance(await begin(desk, job_number=2), PreparedAttempt)


async def test_try_in_flight_ends_as_held_when_the_endpoint_is_paused_meanwhile(desk: Office) -> None:
    endpoint_id, _ = await desk.endpoint()
    await desk.emit()
    await begin(desk)
    await member_does(desk, webhooks.pause_endpoint, endpoint_id=endpoint_id)
    assert await record(desk, BAD) is None
    delivery = await desk.delivery()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.HELD, 1)


async def test_try_in_flight_ends_as_canceled_when_the_endpoint_is_deleted_meanwhile(desk: Office) -> None:
    endpoint_id, _ = await desk.endpoint()
    await desk.emit()
    await begin(desk)
    await member_does(desk, webhooks.delete_endpoint, endpoint_id=endpoint_id)
    assert await record(desk, BAD) is None
    assert (await desk.delivery()).status == DeliveryStatus.CANCELED


async def test_holding_uses_up_no_try_when_a_lost_try_meets_a_paused_endpoint(desk: Office) -> None:
    endpoint_id, _ = await desk.endpoint()
    await desk.emit()
    await begin(desk)
    await member_does(desk, webhooks.pause_endpoint, endpoint_id=endpoint_id)
    assert await begin(desk) is None
    delivery = await desk.delivery()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.HELD, 0)


async def test_a_stopped_workers_late_answer_does_not_undo_a_success(desk: Office) -> None:
    await desk.endpoint()
    await desk.emit()
    await begin(desk)
    await begin(desk)
    assert await record(desk, GOOD) is None
    assert await record(desk, BAD) is None
    assert (await desk.delivery()).status == DeliveryStatus.DELIVERED
    assert (await endpoint_row(desk)).failures_in_row == 0


async def test_the_second_worker_still_retries_when_the_first_recorded_a_failure_late(desk: Office) -> None:
    await desk.endpoint()
    await desk.emit()
    await begin(desk)
    await begin(desk)
    await record(desk, BAD)
    assert await record(desk, BAD) is not None
    delivery = await desk.delivery()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.RETRYING, 2)


async def test_endpoint_is_switched_off_and_everything_held_when_it_failed_for_five_days(
    desk: Office,
) -> None:
    await desk.join("olive@example.com", Role.OWNER)
    await desk.endpoint()
    await desk.emit()
    await begin(desk)
    await record(desk, BAD)
    await desk.emit("order.paid:second")
    desk.runtime.clock.advance(timedelta(days=5))
    first, _second = await desk.deliveries()
    async with desk.store.transaction() as tx:
        await webhooks.begin_attempt(tx, delivery_id=first.public_id, job_number=1)
        assert await webhooks.record_attempt(tx, delivery_id=first.public_id, answer=BAD) is None
    assert (await endpoint_row(desk)).status == EndpointStatus.AUTO_DISABLED
    assert [d.status for d in await desk.deliveries()] == [DeliveryStatus.HELD] * 2
    assert (await desk.audit())[-1].data == {"change": "auto_disabled", "why": "failing"}
    (mail,) = await desk.rows(EmailMessage)
    assert (mail.recipient, mail.template) == ("olive@example.com", "webhook_disabled")


async def test_endpoint_stays_on_when_one_delivery_arrived_meanwhile(desk: Office) -> None:
    await desk.endpoint()
    await desk.emit()
    await begin(desk)
    await record(desk, BAD)
    assert (await endpoint_row(desk)).failing_since is not None
    desk.runtime.clock.advance(timedelta(days=2))
    await begin(desk)
    await record(desk, GOOD)
    endpoint = await endpoint_row(desk)
    assert (endpoint.failing_since, endpoint.failures_in_row) == (None, 0)


async def test_nothing_is_lost_when_the_endpoint_says_gone_on_the_last_try(desk: Office) -> None:
    await desk.endpoint()
    await desk.emit()
    for _ in range(9):
        await begin(desk)
        await record(desk, BAD)
        desk.runtime.clock.advance(timedelta(hours=12))
        async with desk.store.transaction() as tx:
            endpoint = await tx.session.get_one(WebhookEndpoint, 1)
            endpoint.failing_since = None
        desk.runtime.clock.advance(timedelta(hours=17))
    await begin(desk)
    assert await record(desk, GONE) is None
    delivery = await desk.delivery()
    assert (delivery.attempts, delivery.status) == (10, DeliveryStatus.HELD)


async def test_replay_keeps_the_event_id_and_starts_the_schedule_again(desk: Office) -> None:
    await desk.endpoint()
    await desk.emit()
    before = await begin(desk)
    await record(desk, GOOD)
    delivery_id = (await desk.delivery()).public_id
    await member_does(desk, webhooks.replay_delivery, delivery_id=delivery_id)
    with pytest.raises(DomainError) as refused:
        await member_does(desk, webhooks.replay_delivery, delivery_id=delivery_id)
    assert refused.value.code == "delivery_waiting"
    after = await begin(desk, job_number=2)
    assert isinstance(before, PreparedAttempt)
    assert isinstance(after, PreparedAttempt)
    assert (after.event_id, after.body) == (before.event_id, before.body)
    await record(desk, BAD)
    async with desk.store.read() as session:
        detail = await queries.delivery(session, desk.organizer_id, delivery_id)
    assert detail is not None
    assert [(a.number, a.status_code) for a in detail.attempts] == [(2, 500), (1, 204)]
    assert (detail.row.attempts, detail.row.status) == (1, DeliveryStatus.RETRYING)


async def test_replay_is_refused_when_the_endpoint_is_off(desk: Office) -> None:
    endpoint_id, _ = await desk.endpoint()
    await desk.emit()
    await begin(desk)
    await record(desk, GOOD)
    await member_does(desk, webhooks.pause_endpoint, endpoint_id=endpoint_id)
    with pytest.raises(DomainError) as refused:
        await member_does(desk, webhooks.replay_delivery, delivery_id=(await desk.delivery()).public_id)
    assert refused.value.code == "endpoint_off"


async def test_unknown_delivery_is_nothing_to_do(desk: Office) -> None:
    async with desk.store.transaction() as tx:
        assert await webhooks.begin_attempt(tx, delivery_id="whd_unknown", job_number=1) is None
        assert await webhooks.record_attempt(tx, delivery_id="whd_unknown", answer=GOOD) is None


def test_every_status_of_a_delivery_has_a_row_in_the_table_of_moves() -> None:
    assert set(DELIVERY_MOVES.moves) == set(DeliveryStatus)


async def test_log_is_read_page_by_page_newest_first(desk: Office) -> None:
    endpoint_id, _ = await desk.endpoint()
    for n in range(5):
        await desk.emit(f"order.paid:{n}", data={"order": {"number": f"KB-000{n}-AAAA"}})
    async with desk.store.read() as session:
        numbers, cursor = [], ""
        for _ in range(3):
            page = await queries.deliveries(session, desk.organizer_id, endpoint_id, after=cursor, limit=2)
            numbers += [row.order_number for row in page.rows]
            cursor = page.next_cursor
        assert numbers == [f"KB-000{n}-AAAA" for n in (4, 3, 2, 1, 0)]
        assert cursor == ""
        found = await queries.deliveries(session, desk.organizer_id, endpoint_id, search="0003")
        assert [row.order_number for row in found.rows] == ["KB-0003-AAAA"]
        assert (await queries.deliveries(session, desk.organizer_id, endpoint_id, search="%")).rows == ()
        delivered = await queries.deliveries(
            session, desk.organizer_id, endpoint_id, statuses=[DeliveryStatus.DELIVERED]
        )
        assert delivered.rows == ()
        huge = await queries.deliveries(session, desk.organizer_id, endpoint_id, limit=10**9)
        assert len(huge.rows) == 5


async def test_health_counts_what_arrived_and_what_waits(desk: Office) -> None:
    endpoint_id, _ = await desk.endpoint()
    await desk.emit("one")
    await begin(desk)
    await record(desk, GOOD)
    await desk.emit("two")
    async with desk.store.transaction() as tx:
        second = (await desk.deliveries())[1].public_id
        await webhooks.begin_attempt(tx, delivery_id=second, job_number=1)
        await webhooks.record_attempt(tx, delivery_id=second, answer=BAD)
    await desk.emit("three")
    async with desk.store.read() as session:
        now = desk.runtime.clock.now()
        shown = await queries.endpoint(session, desk.organizer_id, endpoint_id, now=now)
        counts = await queries.status_counts(session, desk.organizer_id, endpoint_id)
        assert await queries.endpoint(session, desk.organizer_id, "we_unknown", now=now) is None
    assert shown is not None
    health = shown.health
    assert (health.delivered, health.retrying, health.waiting, health.held) == (1, 1, 1, 0)
    assert health.failing_since is not None
    assert counts == {
        DeliveryStatus.DELIVERED: 1, DeliveryStatus.RETRYING: 1, DeliveryStatus.QUEUED: 1,
    }  # fmt: skip
