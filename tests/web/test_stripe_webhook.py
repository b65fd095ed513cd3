"""The route that Stripe posts to: what it takes, what it refuses, and that it never breaks."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import stripe

from kagibag_app.features.payments.tables import StripeEvent
from kagibag_app.storage.outbox import OutboxRow
from tests.jobs.till import SECRET, WEBHOOK_URL, Till

pytest_plugins = ["tests.jobs.till_fixtures"]


def event(**changes: Any) -> dict[str, Any]:
    """A valid event about a payment intent."""
    body = {"object": "payment_intent", "id": "pi_1", "metadata": {}}
    return {
        "id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "livemode": False,
        "created": int(time.time()), "data": {"object": body}, **changes,
    }  # fmt: skip


def signed(body: bytes, *, at: float | None = None, secret: str = SECRET) -> str:
    """Return the header for a body of any bytes."""
    moment = int(time.time() if at is None else at)
    tag = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={tag}"


async def post(till: Till, body: bytes, header: str | None) -> httpx.Response:
    """Post a body as Stripe would."""
    headers = {} if header is None else {"stripe-signature": header}
    transport = httpx.ASGITransport(app=till.web, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport) as client:
        return await client.post(WEBHOOK_URL, content=body, headers=headers)


async def refused(till: Till, body: bytes, header: str | None) -> str:
    """Assert that a delivery is refused and leaves nothing behind; return the sentence."""
    answer = await post(till, body, header)
    assert answer.status_code == 400
    assert await till.shop.rows(StripeEvent) == []
    return answer.json()["error"]


BODY = json.dumps(event()).encode()


async def test_an_event_is_stored_and_answered_when_it_is_signed(till: Till) -> None:
    answer = await post(till, BODY, signed(BODY))
    assert (answer.status_code, answer.json()) == (200, {"received": True, "known": False})
    (row,) = await till.shop.rows(StripeEvent)
    assert (row.stripe_id, row.outcome, row.account) == ("evt_1", "pending", till.runtime.platform_account)
    (job,) = await till.shop.rows(OutboxRow)
    assert (job.kind, job.lane, job.lane_limit) == ("apply_stripe_event", "stripe:pi_1", 1)


async def test_the_sdks_own_signature_is_accepted(till: Till) -> None:
    header = stripe.WebhookSignature.generate_signature_header(BODY.decode(), SECRET)
    assert (await post(till, BODY, header)).status_code == 200


async def test_attack_15_no_signature(till: Till) -> None:
    assert "missing" in await refused(till, BODY, None)
    assert "missing" in await refused(till, BODY, "")


@pytest.mark.parametrize("secret", ["whsec_somebody_else", ""])
async def test_attack_15_other_signature(till: Till, secret: str) -> None:
    assert "does not match" in await refused(till, BODY, signed(BODY, secret=secret))


async def test_attack_15_a_changed_body(till: Till) -> None:
    assert "does not match" in await refused(till, BODY + b" ", signed(BODY))


@pytest.mark.parametrize("seconds", [-301, -86_400, 302, 31_536_000])
async def test_attack_15_old_and_future_timestamps(till: Till, seconds: int) -> None:
    assert "five minutes" in await refused(till, BODY, signed(BODY, at=time.time() + seconds))


@pytest.mark.parametrize("seconds", [-290, 290])
async def test_a_clock_may_be_a_little_off(till: Till, seconds: int) -> None:
    assert (await post(till, BODY, signed(BODY, at=time.time() + seconds))).status_code == 200


async def test_attack_15_several_signatures_with_one_good_are_accepted(till: Till) -> None:
    moment, good = signed(BODY).split(",")
    header = f"{moment},v1=00ff,v0=abc,{good},v1={'0' * 64}"
    assert (await post(till, BODY, header)).status_code == 200


async def test_every_configured_secret_is_accepted(till: Till) -> None:
    header = signed(BODY, secret="whsec_other_endpoint_of_the_platform")
    assert (await post(till, BODY, header)).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "garbage", "t=1", "v1=abc", "t=,v1=abc", "t=abc,v1=abc", "t=-5,v1=abc", "t=1e9,v1=abc", ",,,", "=,=",
        "t=99999999999999999999999999,v1=abc", "t=1,t=2,v1=abc", "t=1;v1=abc", "v1=abc,t=" + "1" * 5000,
    ],
)  # fmt: skip
async def test_attack_15_a_header_that_stripe_never_sends(till: Till, header: str) -> None:
    assert await refused(till, BODY, header)


async def test_attack_15_two_timestamps_with_a_good_signature(till: Till) -> None:
    assert "one timestamp" in await refused(till, BODY, f"t={int(time.time()) - 9999},{signed(BODY)}")


async def test_attack_15_non_ascii_in_the_header(till: Till) -> None:
    moment = signed(BODY).split(",")[0]
    headers = [(b"stripe-signature", f"{moment},v1=ä".encode("latin-1"))]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=till.web)) as client:
        answer = await client.post(WEBHOOK_URL, content=BODY, headers=headers)
    assert answer.status_code == 400


async def test_attack_15_two_signature_headers(till: Till) -> None:
    headers = [("stripe-signature", "t=1,v1=a"), ("stripe-signature", signed(BODY))]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=till.web)) as client:
        answer = await client.post(WEBHOOK_URL, content=BODY, headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize("body", [b"\xff\xfe\xfa", b'{"id": "\xe4"}', b"", b"not json", b'{"a":', b"NaN"])
async def test_attack_15_non_utf8_and_non_json(till: Till, body: bytes) -> None:
    assert await refused(till, body, signed(body))


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"event"', b"{}", b"true", b"[[]]"])
async def test_attack_15_a_non_object(till: Till, body: bytes) -> None:
    assert await refused(till, body, signed(body))


@pytest.mark.parametrize("depth", [65, 2_000, 100_000])
async def test_attack_15_deep_json(till: Till, depth: int) -> None:
    body = b'{"object":"event","x":' + b"[" * depth + b"]" * depth + b"}"
    assert await refused(till, body, signed(body))


async def test_attack_15_digits_without_end(till: Till) -> None:
    body = b'{"object":"event","created":' + b"9" * 6_000 + b"}"
    assert await refused(till, body, signed(body))


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800"])
async def test_attack_15_what_no_database_can_keep(till: Till, text: str) -> None:
    body = BODY.replace(b"pi_1", b"pi_" + text.encode())
    assert await refused(till, body, signed(body))


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None}, {"id": 7}, {"id": ""}, {"id": "e" * 300}, {"type": []}, {"livemode": "false"}, {"livemode": 0},
        {"created": "now"}, {"created": -1}, {"created": 10**18}, {"created": True}, {"data": None}, {"data": []},
        {"data": {"object": []}}, {"account": 5}, {"object": "v2.core.event"}, {"object": "payment_intent"},
    ],
)  # fmt: skip
async def test_attack_15_the_shape_of_something_else(till: Till, changes: dict[str, Any]) -> None:
    body = json.dumps(event(**changes)).encode()
    assert await refused(till, body, signed(body))


async def test_attack_15_a_thin_event(till: Till) -> None:
    body = json.dumps(
        {"id": "evt_thin", "object": "v2.core.event", "type": "v1.billing.meter.no_meter_found"}
    ).encode()
    assert "thin" in await refused(till, body, signed(body))


async def test_attack_15_more_than_256_kb_is_refused_before_the_signature(till: Till) -> None:
    body = json.dumps(event(padding="x" * 300_000)).encode()
    assert "256 kB" in await refused(till, body, signed(body))


@pytest.mark.parametrize("claimed", [None, b"10"])
async def test_attack_15_more_than_256_kb_in_pieces_whatever_the_length_claims(
    till: Till, claimed: bytes | None
) -> None:
    read = 0

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"stripe-signature", b"t=1,v1=a")] + ([(b"content-length", claimed)] if claimed else [])
    scope: dict[str, Any] = {
        "type": "http", "method": "POST", "path": "/api/stripe/webhook", "raw_path": b"/api/stripe/webhook",
        "query_string": b"", "headers": headers, "http_version": "1.1", "scheme": "https", "server": ("x", 443),
        "client": ("127.0.0.1", 1), "root_path": "",
    }  # fmt: skip
    await till.web(scope, receive, send)
    assert sent[0]["status"] == 400
    assert read == 5


async def test_attack_15_the_other_mode_is_stored_as_ignored(till: Till) -> None:
    body = json.dumps(event(livemode=True)).encode()
    assert (await post(till, body, signed(body))).status_code == 200
    (row,) = await till.shop.rows(StripeEvent)
    assert row.outcome == "ignored"
    assert await till.shop.rows(OutboxRow) == []


async def test_attack_15_an_unknown_account_is_stored_as_ignored(till: Till) -> None:
    body = json.dumps(event(account="acct_somebody")).encode()
    assert (await post(till, body, signed(body))).status_code == 200
    (row,) = await till.shop.rows(StripeEvent)
    assert (row.outcome, row.account) == ("ignored", "acct_somebody")
    assert await till.shop.rows(OutboxRow) == []


async def test_a_type_that_is_not_used_is_stored_as_ignored(till: Till) -> None:
    body = json.dumps(
        event(type="customer.created", data={"object": {"object": "customer", "id": "cus_1"}})
    ).encode()
    assert (await post(till, body, signed(body))).status_code == 200
    (row,) = await till.shop.rows(StripeEvent)
    assert row.outcome == "ignored"


async def test_a_second_delivery_is_counted(till: Till) -> None:
    await post(till, BODY, signed(BODY))
    answer = await post(till, BODY, signed(BODY))
    assert answer.json() == {"received": True, "known": True}
    (row,) = await till.shop.rows(StripeEvent)
    assert row.times_seen == 2
    assert len(await till.shop.rows(OutboxRow)) == 1


async def test_stripe_is_asked_to_come_again_when_the_database_is_away(till: Till) -> None:
    async with till.runtime.store.transaction() as tx:
        await tx.session.run_sync(
            lambda session: session.connection().exec_driver_sql("DROP TABLE stripe_events")
        )
    answer = await post(till, BODY, signed(BODY))
    assert answer.status_code == 503
    assert "again" in answer.json()["error"]


async def test_another_method_is_not_served(till: Till) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=till.web)) as client:
        assert (await client.get(WEBHOOK_URL)).status_code == 405


@pytest.fixture(autouse=True)
async def _no_secret_in_logs(till: Till, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[None]:
    """Whatever was posted, no signing secret was written anywhere."""
    yield
    written = capsys.readouterr()
    assert SECRET not in written.out + written.err
