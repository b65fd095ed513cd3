"""Deliveries reach a real receiver, signed, under one id, however often something fails."""

from __future__ import annotations

from datetime import timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from kagibag_app.features.webhooks import service as webhooks
from kagibag_app.features.webhooks.rules import SCHEDULE, DeliveryStatus, EndpointStatus, new_secret
from kagibag_app.features.webhooks.tables import WebhookAttempt, WebhookEndpoint
from kagibag_app.features.webhooks.views import PreparedAttempt
from kagibag_app.jobs import deliver_webhook
from kagibag_app.settings import KeyRing
from kagibag_app.storage import outbox
from kagibag_app.storage.outbox import OutboxStatus
from kagibag_app.storage.secrets import SecretBox
from tests.outgoing import Office, office
from tests.receiving import Answer, Receiver, receiver

__all__ = ["office", "receiver"]

LATER = timedelta(days=2)


async def test_receiver_can_verify_and_read_what_arrives(office: Office, receiver: Receiver) -> None:
    _, secret = await office.endpoint(receiver.url)
    await office.emit()
    assert await office.work() == 1
    (request,) = receiver.requests
    event = Webhook(secret).verify(request.body, request.headers)
    assert event["id"] == request.headers["webhook-id"] == (await office.events())[0].public_id
    assert event["type"] == "order.paid"
    assert event["data"]["number"] == "KB-7F3K-9Q2M"
    assert request.line == "POST /hook HTTP/1.1"
    assert request.headers["content-type"] == "application/json"
    delivery = await office.delivery()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.DELIVERED, 1)
    assert delivery.delivered_at is not None
    assert (await office.jobs())[0].status == OutboxStatus.DONE


async def test_signature_is_valid_in_real_time_when_the_test_clock_is_ahead(
    office: Office, receiver: Receiver
) -> None:
    _, secret = await office.endpoint(receiver.url)
    await office.emit()
    await office.work(after=timedelta(days=40))
    assert Webhook(secret).verify(receiver.requests[0].body, receiver.requests[0].headers)


async def test_every_try_carries_the_same_id_and_body_when_the_receiver_fails_first(
    office: Office, receiver: Receiver
) -> None:
    await office.endpoint(receiver.url)
    receiver.answers = [Answer(500), Answer(302, headers={"Location": receiver.url}), Answer(204, parts=())]
    await office.emit()
    for _ in range(3):
        await office.work(after=LATER)
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    assert len({request.body for request in receiver.requests}) == 1
    assert len(receiver.requests) == 3
    assert (await office.delivery()).status == DeliveryStatus.DELIVERED
    attempts: list[WebhookAttempt] = await office.rows(WebhookAttempt)
    assert [(a.number, a.status_code, a.excerpt) for a in attempts] == [
        (1, 500, "thank you"), (2, 302, "thank you"), (3, 204, ""),
    ]  # fmt: skip
    # One row of the queue carried all of them.
    assert len(await office.jobs()) == 1


async def test_nothing_is_sent_before_the_next_try_is_due(office: Office, receiver: Receiver) -> None:
    await office.endpoint(receiver.url)
    receiver.answers = [Answer(500)]
    await office.emit()
    await office.work()
    assert await office.work(after=timedelta(seconds=3)) == 0
    assert await office.work(after=timedelta(seconds=4)) == 1
    assert len(receiver.requests) == 2


async def test_delivery_is_exhausted_when_the_schedule_ends(office: Office, receiver: Receiver) -> None:
    await office.endpoint(receiver.url)
    receiver.answers = [Answer(500)]
    await office.emit()
    for slot in SCHEDULE:
        await office.work(after=slot * 1.2 + timedelta(seconds=1))
    await office.work(after=LATER)
    assert len(receiver.requests) == len(SCHEDULE)
    assert (await office.delivery()).status == DeliveryStatus.EXHAUSTED
    assert [job.status for job in await office.jobs()] == [OutboxStatus.DONE]


async def test_fault_6_event_is_sent_later_when_killed_after_record_before_send(
    office: Office, receiver: Receiver
) -> None:
    await office.endpoint(receiver.url)
    await office.emit()
    # A worker claims the job and dies before it sends anything: only the lease remembers it.
    async with office.store.transaction() as tx:
        (claimed,) = await outbox.claim(tx.session, tx.now, limit=1, lease=timedelta(seconds=120))
    async with office.store.transaction() as tx:
        await webhooks.begin_attempt(
            tx, delivery_id=claimed.payload["delivery_id"], job_number=claimed.payload["job_number"]
        )
    assert await office.work(after=timedelta(seconds=60)) == 0
    assert receiver.requests == []
    assert await office.work(after=timedelta(seconds=61)) == 1
    assert len(receiver.requests) == 1
    assert (await office.delivery()).status == DeliveryStatus.DELIVERED


async def test_fault_7_event_is_sent_again_under_the_same_id_when_killed_after_2xx_before_the_mark(
    office: Office, receiver: Receiver
) -> None:
    await office.endpoint(receiver.url)
    await office.emit()
    async with office.store.transaction() as tx:
        (claimed,) = await outbox.claim(tx.session, tx.now, limit=1, lease=timedelta(seconds=120))
    async with office.store.transaction() as tx:
        prepared = await webhooks.begin_attempt(
            tx, delivery_id=claimed.payload["delivery_id"], job_number=claimed.payload["job_number"]
        )
    assert isinstance(prepared, PreparedAttempt)
    answer = await deliver_webhook.post(office.runtime, prepared)
    assert answer.status == 200
    assert (await office.delivery()).status == DeliveryStatus.DELIVERING
    await office.work(after=timedelta(seconds=121))
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    delivery = await office.delivery()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.DELIVERED, 1)


async def test_endpoint_is_switched_off_when_it_says_gone(office: Office, receiver: Receiver) -> None:
    endpoint_id, _ = await office.endpoint(receiver.url)
    receiver.answers = [Answer(410), Answer()]
    await office.emit()
    await office.work()
    (endpoint,) = await office.rows(WebhookEndpoint)
    assert endpoint.status == EndpointStatus.AUTO_DISABLED
    assert (await office.delivery()).status == DeliveryStatus.HELD
    assert await office.work(after=LATER) == 0
    async with office.store.transaction() as tx:
        assert await webhooks.resume_endpoint(tx, office.member, endpoint_id=endpoint_id) == 1
    await office.work()
    assert (await office.delivery()).status == DeliveryStatus.DELIVERED


async def test_receiver_gets_a_minute_when_it_answers_too_many_requests_or_nothing(
    office: Office, receiver: Receiver
) -> None:
    await office.endpoint(receiver.url)
    receiver.answers = [Answer(429), Answer()]
    await office.emit()
    await office.work()
    assert await office.work(after=timedelta(seconds=55)) == 0
    assert await office.work(after=timedelta(seconds=6)) == 1


async def test_both_secrets_verify_while_one_replaces_the_other(office: Office, receiver: Receiver) -> None:
    endpoint_id, old = await office.endpoint(receiver.url)
    new = new_secret()
    async with office.store.transaction() as tx:
        await webhooks.rotate_secret(
            tx, office.member, endpoint_id=endpoint_id, sealed_secret=office.runtime.box.seal(new)
        )
    await office.emit()
    await office.work()
    for secret in (old, new):
        Webhook(secret).verify(receiver.requests[0].body, receiver.requests[0].headers)
    await office.emit("order.paid:ord_second")
    await office.work(after=timedelta(hours=25))
    Webhook(new).verify(receiver.requests[1].body, receiver.requests[1].headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(receiver.requests[1].body, receiver.requests[1].headers)


async def test_nothing_is_sent_while_the_endpoint_is_paused_and_all_of_it_afterwards(
    office: Office, receiver: Receiver
) -> None:
    endpoint_id, _ = await office.endpoint(receiver.url)
    await office.emit("one")
    async with office.store.transaction() as tx:
        await webhooks.pause_endpoint(tx, office.member, endpoint_id=endpoint_id)
    await office.emit("two")
    await office.work()
    assert receiver.requests == []
    assert [d.status for d in await office.deliveries()] == [DeliveryStatus.HELD] * 2
    async with office.store.transaction() as tx:
        await webhooks.resume_endpoint(tx, office.member, endpoint_id=endpoint_id)
    await office.work()
    assert [d.status for d in await office.deliveries()] == [DeliveryStatus.DELIVERED] * 2
    assert len(receiver.requests) == 2


async def test_a_dead_endpoint_takes_at_most_two_places_when_many_wait(
    office: Office, receiver: Receiver
) -> None:
    await office.endpoint("https://dead.example.com/in")
    await office.endpoint(receiver.url, name="alive")
    for n in range(5):
        await office.emit(f"order.paid:{n}")
    async with office.store.transaction() as tx:
        claimed = await outbox.claim(tx.session, tx.now, limit=8, lease=timedelta(seconds=120))
    lanes = {job.payload["delivery_id"]: "" for job in claimed}
    by_endpoint = [d.endpoint_id for d in await office.deliveries() if d.public_id in lanes]
    assert sorted(by_endpoint.count(endpoint) for endpoint in set(by_endpoint)) == [2, 2]


async def test_try_fails_visibly_when_the_secret_can_no_longer_be_opened(
    office: Office, receiver: Receiver
) -> None:
    await office.endpoint(receiver.url)
    await office.emit()
    office.runtime.box = SecretBox(KeyRing({"other": "another-key-another-key-another-key"}))
    await office.work()
    assert receiver.requests == []
    (attempt,) = await office.rows(WebhookAttempt)
    assert "signing secret" in attempt.error
    assert (await office.delivery()).status == DeliveryStatus.RETRYING


async def test_blocked_address_is_a_failed_try_when_the_name_turned_private(office: Office) -> None:
    await office.endpoint("https://169.254.169.254/latest")
    await office.emit()
    await office.work()
    (attempt,) = await office.rows(WebhookAttempt)
    assert attempt.error.startswith("Nothing was sent.")
