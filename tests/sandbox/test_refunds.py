"""Refunds, through the SDK."""

import pytest
import stripe

from kagibag_app.sandbox.errors import ApiError
from tests.sandbox.conftest import Receiver, Shop


async def test_refund_succeeds_with_reference_and_events_when_card_is_good(
    shop: Shop, receiver: Receiver
) -> None:
    charge = await shop.charge()
    refund = await shop.refund(charge, 1500)
    assert (refund.status, refund.amount) == ("succeeded", 1500)
    assert refund.destination_details is not None
    assert refund.destination_details.card is not None
    assert refund.destination_details.card.reference_status == "available"
    assert len(refund.destination_details.card.reference or "") == 23
    found = await shop.client.v1.charges.retrieve_async(charge.id)
    assert (found.amount_refunded, found.refunded) == (1500, False)
    await shop.sandbox.flush_webhooks()
    assert receiver.types[3:] == [
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "charge.refund.updated",
    ]


async def test_refund_takes_the_rest_when_no_amount_is_given(shop: Shop) -> None:
    charge = await shop.charge()
    await shop.refund(charge, 1500)
    assert (await shop.refund(charge)).amount == 3500
    assert (await shop.client.v1.charges.retrieve_async(charge.id)).refunded
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.refund(charge, 1)
    assert refused.value.code == "charge_already_refunded"


async def test_refund_is_refused_when_amount_is_impossible(shop: Shop) -> None:
    charge = await shop.charge()
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.refund(charge, 5001)
    assert refused.value.user_message == (
        "Refund amount ($50.01) is greater than unrefunded amount on charge ($50.00)"
    )
    for amount in (0, -1):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            await shop.refund(charge, amount)
        assert refused.value.code == "parameter_invalid_integer"


async def test_refund_is_refused_when_payment_is_missing_or_unpaid(shop: Shop) -> None:
    intent = await shop.client.v1.payment_intents.create_async(params={"amount": 5000, "currency": "usd"})
    with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
        await shop.client.v1.refunds.create_async(params={"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError, match="payment_intent or charge"):
        await shop.client.v1.refunds.create_async(params={"amount": 100})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.client.v1.refunds.create_async(params={"payment_intent": "pi_unknown"})
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


async def test_refund_reason_is_refused_when_unknown(shop: Shop) -> None:
    charge = await shop.charge()
    with pytest.raises(
        stripe.InvalidRequestError, match="must be one of duplicate, fraudulent, or requested"
    ):
        await shop.client.v1.refunds.create_async(params={"charge": charge.id, "reason": "whim"})  # type: ignore[typeddict-item]


async def test_refund_fails_later_and_gives_back_when_card_is_expired(shop: Shop, receiver: Receiver) -> None:
    charge = await shop.charge("pm_card_refundFail")
    refund = await shop.refund(charge, 2000)
    assert refund.status == "succeeded"
    shop.sandbox.advance(5)
    failed = await shop.client.v1.refunds.retrieve_async(
        refund.id, params={"expand": ["failure_balance_transaction"]}
    )
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    transaction = failed.failure_balance_transaction
    assert isinstance(transaction, stripe.BalanceTransaction)
    assert (transaction.type, transaction.amount) == ("refund_failure", 2000)
    assert (await shop.client.v1.charges.retrieve_async(charge.id)).amount_refunded == 0
    await shop.sandbox.flush_webhooks()
    assert receiver.types[-3:] == ["refund.failed", "refund.updated", "charge.refund.updated"]


async def test_refund_fails_with_the_given_reason_when_the_bank_says_so(shop: Shop) -> None:
    charge = await shop.charge()
    refund = await shop.refund(charge)
    shop.sandbox.fail_refund(refund.id, "lost_or_stolen_card")
    failed = await shop.client.v1.refunds.retrieve_async(refund.id)
    assert failed.failure_reason == "lost_or_stolen_card"
    assert not (await shop.client.v1.charges.retrieve_async(charge.id)).refunded
    assert (await shop.refund(charge)).status == "succeeded"
    with pytest.raises(ApiError, match="status of failed"):
        shop.sandbox.fail_refund(refund.id)
    with pytest.raises(ApiError, match="must be one of"):
        shop.sandbox.fail_refund(refund.id, "whim")


async def test_refund_is_pending_then_succeeds_when_card_settles_slowly(shop: Shop) -> None:
    charge = await shop.charge("pm_card_pendingRefund")
    refund = await shop.refund(charge)
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    assert (await shop.client.v1.charges.retrieve_async(charge.id)).refunded
    shop.sandbox.advance(5)
    settled = await shop.client.v1.refunds.retrieve_async(refund.id)
    assert settled.status == "succeeded"
    assert "pending_reason" not in settled


async def test_cancel_gives_the_money_back_when_refund_waits_for_the_buyer(shop: Shop) -> None:
    charge = await shop.charge("pm_card_pendingRefund")
    refund = await shop.refund(charge)
    with pytest.raises(stripe.InvalidRequestError, match="status of pending"):
        await shop.client.v1.refunds.cancel_async(refund.id)
    shop.sandbox.hold_refund(refund.id)
    assert (await shop.client.v1.refunds.cancel_async(refund.id)).status == "canceled"
    assert (await shop.client.v1.charges.retrieve_async(charge.id)).amount_refunded == 0
    shop.sandbox.advance(5)
    assert (await shop.client.v1.refunds.retrieve_async(refund.id)).status == "canceled"


async def test_refunds_wait_while_an_account_is_short_of_funds_and_arrive_after(shop: Shop) -> None:
    charge = await shop.charge()
    shop.sandbox.set_funds(short=True)
    refund = await shop.refund(charge)
    assert (refund.status, refund["pending_reason"]) == ("pending", "insufficient_funds")
    shop.sandbox.advance(3600)
    assert (await shop.client.v1.refunds.retrieve_async(refund.id)).status == "pending"
    shop.sandbox.set_funds(short=False)
    arrived = await shop.client.v1.refunds.retrieve_async(refund.id)
    assert arrived.status == "succeeded"
    assert "pending_reason" not in arrived
    assert (await shop.refund(await shop.charge())).status == "succeeded"


async def test_refunds_are_found_by_payment_with_metadata_when_listed(shop: Shop) -> None:
    charge, other = await shop.charge(), await shop.charge()
    refund = await shop.refund(charge, 100)
    await shop.refund(other, 200)
    await shop.client.v1.refunds.update_async(refund.id, params={"metadata": {"refund_id": "42"}})
    for params in ({"payment_intent": str(charge.payment_intent)}, {"charge": charge.id}):
        found = await shop.client.v1.refunds.list_async(params=params)  # type: ignore[arg-type]
        assert [(r.id, (r.metadata or {})["refund_id"]) for r in found.data] == [(refund.id, "42")]


async def test_dashboard_refund_carries_no_key_when_made_by_hand(shop: Shop, receiver: Receiver) -> None:
    charge = await shop.charge()
    made = shop.sandbox.refund(str(charge.payment_intent), 700)
    assert (await shop.client.v1.refunds.retrieve_async(made["id"])).amount == 700
    await shop.sandbox.flush_webhooks()
    created = next(event for event in receiver.events if event.type == "refund.created")
    assert created.request is not None
    assert created.request.idempotency_key is None
