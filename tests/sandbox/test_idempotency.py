"""Idempotency keys and faults, through the SDK."""

import asyncio

import pytest
import stripe

from tests.sandbox.conftest import Shop


async def test_key_replays_the_refund_when_used_again(shop: Shop) -> None:
    charge = await shop.charge()
    first, again = await shop.refund(charge, 100, "key-1"), await shop.refund(charge, 100, "key-1")
    assert first.id == again.id
    assert again.last_response is not None
    headers = {name.lower(): value for name, value in again.last_response.headers.items()}
    assert headers["idempotent-replayed"] == "true"
    assert headers["original-request"].startswith("req_")
    assert len(shop.sandbox.objects("refund")) == 1
    assert [r["replayed"] for r in shop.sandbox.requests(2)] == [False, True]


async def test_key_is_refused_when_parameters_differ(shop: Shop) -> None:
    charge = await shop.charge()
    await shop.refund(charge, 100, "key-1")
    with pytest.raises(stripe.IdempotencyError) as refused:
        await shop.refund(charge, 200, "key-1")
    assert refused.value.http_status == 400


async def test_key_is_free_when_another_account_uses_it(shop: Shop) -> None:
    create = shop.client.v1.payment_intents.create_async
    ids = {
        (
            await create(
                params={"amount": 5000, "currency": "usd"},
                options={"idempotency_key": "k", "stripe_account": account},
            )
        ).id
        for account in ("acct_a", "acct_b")
    }
    assert len(ids) == 2


async def test_refusals_replay_when_they_came_from_execution(shop: Shop) -> None:
    charge = await shop.charge()
    dispute = shop.sandbox.open_dispute(charge=charge.id)
    with pytest.raises(stripe.InvalidRequestError):
        await shop.refund(charge, 100, "key-1")
    shop.sandbox.win_dispute(dispute["id"])
    with pytest.raises(stripe.InvalidRequestError) as replayed:
        await shop.refund(charge, 100, "key-1")
    assert replayed.value.code == "charge_disputed"
    assert (await shop.refund(charge, 100, "key-2")).status == "succeeded"


async def test_refusals_do_not_bind_the_key_when_validation_failed(shop: Shop) -> None:
    charge = await shop.charge()
    with pytest.raises(stripe.InvalidRequestError):
        await shop.refund(charge, -5, "key-1")
    assert (await shop.refund(charge, 5, "key-1")).amount == 5


async def test_key_is_in_use_when_its_first_request_is_under_way(shop: Shop) -> None:
    charge = await shop.charge()
    shop.sandbox.add_fault("delay", path="/v1/refunds", seconds=0.2)
    first = asyncio.create_task(shop.refund(charge, 100, "key-1"))
    await asyncio.sleep(0.05)
    with pytest.raises(stripe.APIError) as refused:
        await shop.refund(charge, 100, "key-1")
    assert refused.value.http_status == 409
    assert (await first).id == (await shop.refund(charge, 100, "key-1")).id


@pytest.mark.parametrize("how", ["clock", "fault", "control"])
async def test_key_acts_anew_when_stripe_forgot_it(shop: Shop, how: str) -> None:
    charge = await shop.charge()
    first = await shop.refund(charge, 100, "key-1")
    if how == "clock":
        shop.sandbox.advance(86_400)
    elif how == "fault":
        shop.sandbox.add_fault("drop_idempotency", path="/v1/refunds")
    else:
        assert shop.sandbox.prune_keys() >= 1
    assert (await shop.refund(charge, 100, "key-1")).id != first.id


async def test_error_before_acting_leaves_nothing_when_injected(shop: Shop) -> None:
    charge = await shop.charge()
    shop.sandbox.add_fault("error", path="/v1/refunds", status=503, n=2)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as refused:
            await shop.refund(charge, 100, "key-1")
        assert refused.value.http_status == 503
    assert shop.sandbox.objects("refund") == []
    assert (await shop.refund(charge, 100, "key-1")).status == "succeeded"


async def test_error_before_acting_replays_when_saved(shop: Shop) -> None:
    charge = await shop.charge()
    shop.sandbox.add_fault("error", path="/v1/refunds", saved=True)
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            await shop.refund(charge, 100, "key-1")
    assert shop.sandbox.objects("refund") == []


async def test_error_after_acting_replays_though_the_refund_exists(shop: Shop) -> None:
    charge = await shop.charge()
    shop.sandbox.add_fault("error_after", path="/v1/refunds", method="POST")
    for _ in range(2):
        with pytest.raises(stripe.APIError) as refused:
            await shop.refund(charge, 100, "key-1")
        assert refused.value.http_status == 500
    found = await shop.client.v1.refunds.list_async(params={"charge": charge.id})
    assert len(found.data) == 1


@pytest.mark.parametrize(("kind", "code"), [("rate_limit", "rate_limit"), ("lock_timeout", "lock_timeout")])
async def test_busy_answers_are_429_when_injected(shop: Shop, kind: str, code: str) -> None:
    shop.sandbox.add_fault(kind)
    with pytest.raises(stripe.RateLimitError) as refused:
        await shop.client.v1.refunds.list_async()
    assert refused.value.error is not None
    assert refused.value.error.code == code
    await shop.client.v1.refunds.list_async()


async def test_refund_exists_when_the_answer_timed_out(shop: Shop) -> None:
    charge = await shop.charge()
    shop.sandbox.add_fault("timeout_after", path="/v1/refunds", seconds=5)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(shop.refund(charge, 100, "key-1"), 0.1)
    again = await shop.refund(charge, 100, "key-1")
    assert [r["id"] for r in shop.sandbox.objects("refund")] == [again.id]


@pytest.mark.parametrize("patience", [0.05, 5.0])
async def test_nothing_happened_when_the_request_timed_out(shop: Shop, patience: float) -> None:
    charge = await shop.charge()
    shop.sandbox.add_fault("timeout_before", path="/v1/refunds", seconds=0.1)
    with pytest.raises((TimeoutError, stripe.APIConnectionError)):
        await asyncio.wait_for(shop.refund(charge, 100, "key-1"), patience)
    assert shop.sandbox.objects("refund") == []
    assert (await shop.refund(charge, 100, "key-1")).status == "succeeded"


async def test_faults_wait_for_their_path_and_method_when_added(shop: Shop) -> None:
    charge = await shop.charge()
    shop.sandbox.add_fault("error", path="/v1/refunds", method="POST")
    await shop.client.v1.refunds.list_async()
    await shop.client.v1.charges.retrieve_async(charge.id)
    assert len(shop.sandbox.state()["faults"]) == 1
    shop.sandbox.clear_faults()
    await shop.refund(charge)
