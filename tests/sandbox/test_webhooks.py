"""Delivery of events: signatures, retries, duplicates, disorder, and the pump that does it by itself."""

import asyncio
import time
from collections.abc import Callable

import pytest
import stripe
from starlette.applications import Starlette

from kagibag_app.sandbox import Sandbox, SandboxConfig, WebhookTarget, create_app
from kagibag_app.sandbox.delivery import signature_header
from kagibag_app.sandbox.errors import ApiError
from tests.sandbox.conftest import SECRET, TARGET, Receiver, Shop
from tests.sandbox.in_process import stripe_client

PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


async def until(condition: Callable[[], bool], seconds: float = 3.0) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


def test_signature_is_accepted_by_the_sdk_when_signed_here() -> None:
    payload = b'{"id": "evt_1", "object": "event"}'
    header = signature_header(payload, SECRET, 1_700_000_000)
    assert stripe.WebhookSignature.verify_header(payload.decode(), header, SECRET, tolerance=None)


async def test_signature_time_is_real_when_the_clock_is_ahead(shop: Shop, receiver: Receiver) -> None:
    shop.sandbox.advance(20 * 86_400)
    await shop.charge()
    assert (await shop.sandbox.flush_webhooks())["delivered"] == 3
    assert receiver.events[0].created >= shop.sandbox.now - 60


async def test_delivery_is_tried_again_and_counted_when_refused(shop: Shop, receiver: Receiver) -> None:
    receiver.status = 500
    await shop.charge()
    assert await shop.sandbox.flush_webhooks() == {"delivered": 0, "failed": 3, "queued": 3}
    undelivered = await shop.client.v1.events.list_async(params={"delivery_success": False})
    assert [e.pending_webhooks for e in undelivered.data] == [1, 1, 1]
    receiver.status = 204
    assert await shop.sandbox.flush_webhooks() == {"delivered": 3, "failed": 0, "queued": 0}
    assert (await shop.client.v1.events.list_async(params={"delivery_success": False})).data == []
    assert receiver.types == PAID * 2
    delivery = shop.sandbox.courier.of_event(receiver.events[0].id)[0]
    assert (delivery["state"], delivery["attempts"], delivery["last_status"]) == ("delivered", 2, "204")


async def test_delivery_fails_quietly_when_the_receiver_breaks(shop: Shop) -> None:
    async def broken(url: str, body: bytes, headers: dict[str, str]) -> int:
        raise OSError

    app = create_app(SandboxConfig(webhook_targets=(TARGET,)), broken)
    await Shop(stripe_client(app), app.state.sandbox).charge()
    assert await app.state.sandbox.flush_webhooks() == {"delivered": 0, "failed": 3, "queued": 3}
    await app.state.sandbox.close()


async def test_events_arrive_twice_or_reversed_when_asked(shop: Shop, receiver: Receiver) -> None:
    shop.sandbox.set_webhooks(copies=2)
    await shop.charge()
    await shop.sandbox.flush_webhooks()
    assert sorted(receiver.types) == sorted(PAID * 2)
    assert len({event.id for event in receiver.events}) == 3
    receiver.events.clear()
    shop.sandbox.set_webhooks(mode="reverse", copies=1)
    await shop.charge()
    await shop.sandbox.flush_webhooks()
    assert receiver.types == PAID[::-1]


async def test_every_event_arrives_when_shuffled(shop: Shop, receiver: Receiver) -> None:
    shop.sandbox.set_webhooks(mode="shuffle")
    await shop.charge()
    await shop.sandbox.flush_webhooks()
    assert sorted(receiver.types) == sorted(PAID)


async def test_endpoint_receives_only_its_types_when_made_through_the_api(
    shop: Shop, receiver: Receiver
) -> None:
    await shop.client.v1.webhook_endpoints.create_async(
        params={"url": "https://other.example/hook", "enabled_events": ["charge.succeeded"]}
    )
    await shop.charge()
    await shop.sandbox.flush_webhooks()
    assert receiver.urls.count("https://other.example/hook") == 1
    assert receiver.urls.count(TARGET.url) == 3


async def test_settings_are_refused_when_senseless(sandbox: Sandbox) -> None:
    with pytest.raises(ApiError):
        sandbox.set_webhooks(mode="loud")
    with pytest.raises(ApiError):
        sandbox.set_webhooks(copies=0)


async def test_nothing_is_sent_by_itself_when_no_lifespan_runs(shop: Shop, receiver: Receiver) -> None:
    await shop.charge()
    await asyncio.sleep(0.1)
    assert receiver.events == []


async def test_pump_delivers_and_retries_when_the_lifespan_runs(app: Starlette, receiver: Receiver) -> None:
    receiver.status = 500
    async with app.router.lifespan_context(app):
        shop = Shop(stripe_client(app), app.state.sandbox)
        await shop.charge()
        await until(lambda: len(receiver.events) >= 6)
        receiver.status = 200
        await until(lambda: shop.sandbox.courier.queued() == 0)
    assert set(receiver.types) == set(PAID)


async def test_pump_waits_when_webhooks_are_held(app: Starlette, receiver: Receiver) -> None:
    async with app.router.lifespan_context(app):
        shop = Shop(stripe_client(app), app.state.sandbox)
        shop.sandbox.set_webhooks(mode="hold")
        await shop.charge()
        await asyncio.sleep(0.2)
        assert receiver.events == []
        shop.sandbox.set_webhooks(mode="auto")
        await until(lambda: len(receiver.events) == 3)


async def test_pump_reverses_what_happens_together_when_asked(app: Starlette, receiver: Receiver) -> None:
    async with app.router.lifespan_context(app):
        shop = Shop(stripe_client(app), app.state.sandbox)
        shop.sandbox.set_webhooks(mode="reverse")
        await shop.charge()
        await until(lambda: len(receiver.events) == 3)
    assert receiver.types == PAID[::-1]


async def test_pump_does_what_is_due_when_the_clock_is_advanced(app: Starlette, receiver: Receiver) -> None:
    async with app.router.lifespan_context(app):
        shop = Shop(stripe_client(app), app.state.sandbox)
        await shop.charge("pm_card_createDispute")
        await until(lambda: "charge.dispute.created" in receiver.types, 5)


async def test_other_targets_are_served_when_one_hangs() -> None:
    arrived: list[str] = []

    async def deliver(url: str, body: bytes, headers: dict[str, str]) -> int:
        if "dead" in url:
            await asyncio.sleep(30)
        arrived.append(url)
        return 200

    targets = (
        WebhookTarget("https://dead.example", "whsec_a"),
        WebhookTarget("https://good.example", "whsec_b"),
    )
    app = create_app(SandboxConfig(webhook_targets=targets), deliver)
    async with app.router.lifespan_context(app):
        shop = Shop(stripe_client(app), app.state.sandbox)
        for _ in range(4):
            await shop.charge()
        await until(lambda: len(arrived) == 12)
    assert set(arrived) == {"https://good.example"}
