"""What a failed call to Stripe means, seen through the real SDK."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from kagibag_app.gateways.stripe_api import StripePayments
from kagibag_app.ports.payments import NotReached, NotThere, OutcomeUnknown, PaymentsError, Refused

KEY = "sk_test_very_secret_0123456789"


class Scripted(httpx.AsyncBaseTransport):
    """Answers every call but the one about the account as told, and keeps what was sent."""

    def __init__(self, answer: Callable[[], httpx.Response]) -> None:
        self._answer = answer
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/account":
            return httpx.Response(200, json={"id": "acct_platform", "object": "account"})
        self.sent.append(request)
        return self._answer()


def failing(error: Exception) -> Callable[[], httpx.Response]:
    """Raise instead of answering."""

    def answer() -> httpx.Response:
        raise error

    return answer


def answering(
    status: int, code: str | None = None, kind: str = "invalid_request_error", **headers: str
) -> Any:
    """Answer with Stripe's error envelope."""
    fields = {"type": kind, "message": "Because.", "code": code}
    return lambda: httpx.Response(
        status, json={"error": {k: v for k, v in fields.items() if v is not None}}, headers=headers
    )


def gateway(transport: httpx.AsyncBaseTransport, **options: Any) -> StripePayments:
    """Return a gateway whose calls go to the transport."""
    return StripePayments(
        api_key=KEY, webhook_secrets=(), api_url="http://stripe.test", transport=transport, **options
    )


async def refund_error(answer: Callable[[], httpx.Response]) -> PaymentsError:
    """Return what a refund met by this answer raises."""
    transport = Scripted(answer)
    with pytest.raises(PaymentsError) as caught:
        await gateway(transport).create_refund(
            payment_intent_id="pi_1", amount_minor=100, currency="USD", reference="rf_1", order_number="KB-1",
            account="acct_platform", key="refund-rf_1",
        )  # fmt: skip
    assert len(transport.sent) == 1, "the SDK must not try again by itself"
    return caught.value


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full")]
)
async def test_nothing_was_sent_when_the_connection_failed(error: Exception) -> None:
    found = await refund_error(failing(error))
    assert isinstance(found, NotReached)
    assert not found.sent


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("slow"), httpx.WriteTimeout("slow"), httpx.ReadError("broken"), httpx.WriteError("broken"),
        httpx.RemoteProtocolError("closed"), ConnectionResetError("reset"), RuntimeError("anything"),
    ],
)  # fmt: skip
async def test_the_outcome_is_unknown_when_the_answer_did_not_come(error: Exception) -> None:
    assert isinstance(await refund_error(failing(error)), OutcomeUnknown)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_the_outcome_is_unknown_when_stripe_breaks(status: int) -> None:
    assert isinstance(await refund_error(answering(status, kind="api_error")), OutcomeUnknown)


@pytest.mark.parametrize("status", [403, 404, 408, 502])
async def test_the_outcome_is_unknown_when_a_proxy_answers(status: int) -> None:
    assert isinstance(await refund_error(lambda: httpx.Response(status, text="<h1>No</h1>")), OutcomeUnknown)


async def test_the_outcome_is_unknown_when_a_good_answer_is_not_readable() -> None:
    assert isinstance(await refund_error(lambda: httpx.Response(200, text="{")), OutcomeUnknown)


@pytest.mark.parametrize("code", ["rate_limit", "lock_timeout", None])
async def test_fault_10_it_was_not_reached_when_stripe_answers_429(code: str | None) -> None:
    found = await refund_error(answering(429, code, **{"Retry-After": "7"}))
    assert isinstance(found, NotReached)
    assert (found.sent, found.retry_after) == (False, 7)


@pytest.mark.parametrize("wait", ["-1", "soon", "nan", "1e9"])
async def test_a_senseless_pause_is_not_believed(wait: str) -> None:
    found = await refund_error(answering(429, "rate_limit", **{"Retry-After": wait}))
    assert isinstance(found, NotReached)
    assert found.retry_after is None


async def test_it_may_have_been_sent_when_the_key_is_in_use() -> None:
    found = await refund_error(answering(409, "idempotency_key_in_use", "idempotency_error"))
    assert isinstance(found, NotReached)
    assert found.sent
    assert found.code == "idempotency_key_in_use"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "charge_already_refunded"), (400, "charge_disputed"), (400, None), (401, None), (402, "card_declined"),
        (403, None), (404, "resource_missing"),
    ],
)  # fmt: skip
async def test_a_definite_no_is_a_refusal(status: int, code: str | None) -> None:
    found = await refund_error(answering(status, code))
    assert isinstance(found, Refused)
    assert found.message == "Because."
    assert found.code == (code or "invalid_request_error")


async def test_an_object_that_is_looked_up_may_not_be_there() -> None:
    with pytest.raises(NotThere):
        await gateway(Scripted(answering(404, "resource_missing"))).get_refund(
            "re_1", account="acct_platform"
        )


async def test_the_outcome_is_unknown_when_the_whole_call_takes_too_long() -> None:
    class Slow(Scripted):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path != "/v1/account":
                await asyncio.sleep(30)
            return await super().handle_async_request(request)

    slow = gateway(Slow(answering(200)), deadline=0.05)
    with pytest.raises(OutcomeUnknown):
        await slow.get_refund("re_1", account="acct_platform")


async def test_attack_17_no_error_names_the_key() -> None:
    for answer in (answering(401), answering(500), failing(httpx.ReadError("broken"))):
        found = await refund_error(answer)
        assert KEY not in repr(found) + str(found) + repr(vars(found))
        assert found.__cause__ is None


@pytest.mark.parametrize(
    ("account", "header"), [("acct_platform", None), ("acct_organizer", "acct_organizer")]
)
async def test_the_account_is_named_when_it_is_not_the_platforms_own(
    account: str, header: str | None
) -> None:
    transport = Scripted(answering(404, "resource_missing"))
    with pytest.raises(NotThere):
        await gateway(transport).get_dispute("du_1", account=account)
    assert transport.sent[0].headers.get("stripe-account") == header


async def test_every_page_of_a_list_is_read() -> None:
    names = [f"txn_{number}" for number in range(250)]

    class Pages(Scripted):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path == "/v1/account":
                return await super().handle_async_request(request)
            self.sent.append(request)
            after = request.url.params.get("starting_after")
            start = names.index(after) + 1 if after else 0
            page = [_transaction(name) for name in names[start : start + 100]]
            more = start + 100 < len(names)
            return httpx.Response(
                200, content=json.dumps({"object": "list", "data": page, "has_more": more, "url": "/"})
            )

    transport = Pages(answering(500))
    lines = await gateway(transport).list_balance(account="acct_platform")
    assert [line.id for line in lines] == names
    assert len(transport.sent) == 3


def _transaction(name: str) -> dict[str, Any]:
    return {
        "id": name, "object": "balance_transaction", "amount": 100, "fee": 10, "net": 90, "currency": "usd",
        "type": "charge", "reporting_category": "charge", "source": "ch_1", "created": 1_700_000_000,
        "fee_details": [{"type": "application_fee", "amount": 4}, {"type": "stripe_fee", "amount": 6}],
    }  # fmt: skip


async def test_the_platforms_share_is_told_apart_from_stripes_fee() -> None:
    transport = Scripted(
        lambda: httpx.Response(
            200, json={"object": "list", "data": [_transaction("txn_1")], "has_more": False, "url": "/"}
        )
    )
    (line,) = await gateway(transport).list_balance(account="acct_organizer")
    assert (line.fee_minor, line.application_fee_minor, line.net_minor) == (10, 4, 90)
