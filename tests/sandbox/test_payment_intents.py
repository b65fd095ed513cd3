"""Payment intents, through the SDK."""

import pytest
import stripe

from tests.sandbox.conftest import Receiver, Shop


async def test_intent_succeeds_with_a_charge_when_card_is_good(shop: Shop) -> None:
    charge = await shop.charge("pm_card_mastercard")
    assert (charge.status, charge.paid, charge.amount_captured) == ("succeeded", True, 5000)
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    assert charge.payment_method_details.card.brand == "mastercard"
    assert charge.payment_method_details.card.last4 == "4444"


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
async def test_card_error_keeps_failed_charge_when_declined(
    shop: Shop, receiver: Receiver, method: str, code: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as refused:
        await shop.charge(method)
    error = refused.value.error
    assert error is not None
    assert (refused.value.http_status, error.code, error.decline_code) == (402, code, decline_code)
    charge = shop.sandbox.objects("charge")[0]
    assert (charge["status"], charge["failure_code"]) == ("failed", code)
    await shop.sandbox.flush_webhooks()
    assert receiver.types == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]


async def test_intent_waits_when_card_needs_authentication(shop: Shop) -> None:
    intent = await shop.client.v1.payment_intents.create_async(
        params={
            "amount": 900,
            "currency": "eur",
            "payment_method": "pm_card_authenticationRequired",
            "confirm": True,
            "return_url": "https://shop.example/back",
        }
    )
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert intent.next_action.redirect_to_url.url == f"http://127.0.0.1:8001/3ds/{intent.id}"


async def test_confirm_takes_money_once_when_repeated(shop: Shop) -> None:
    intents = shop.client.v1.payment_intents
    intent = await intents.create_async(
        params={"amount": 5000, "currency": "usd", "payment_method": "pm_card_visa"}
    )
    assert intent.status == "requires_confirmation"
    assert (await intents.confirm_async(intent.id)).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await intents.confirm_async(intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert len(shop.sandbox.objects("charge")) == 1


async def test_cancel_is_refused_when_paid(shop: Shop) -> None:
    charge = await shop.charge()
    with pytest.raises(stripe.InvalidRequestError, match="status of succeeded"):
        await shop.client.v1.payment_intents.cancel_async(str(charge.payment_intent))


async def test_cancel_closes_intent_when_unpaid(shop: Shop) -> None:
    intent = await shop.client.v1.payment_intents.create_async(params={"amount": 5000, "currency": "usd"})
    canceled = await shop.client.v1.payment_intents.cancel_async(
        intent.id, params={"cancellation_reason": "abandoned"}
    )
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")


async def test_update_merges_metadata_when_keys_are_added_and_removed(shop: Shop) -> None:
    intents = shop.client.v1.payment_intents
    intent = await intents.create_async(
        params={"amount": 5000, "currency": "usd", "metadata": {"a": "1", "b": "2", "7": "seven"}}
    )
    changed = await intents.update_async(intent.id, params={"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"b": "2", "7": "seven", "c": "3"}


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"currency": "usd"}, "parameter_missing", "amount"),
        ({"amount": "ten", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 49, "currency": "usd"}, "amount_too_small", "amount"),
        ({"amount": 100_000_000, "currency": "usd"}, "amount_too_large", "amount"),
        ({"amount": 5001, "currency": "kwd"}, "invalid_amount", "amount"),
        ({"amount": 5000, "currency": "usd", "colour": "red"}, "parameter_unknown", "colour"),
        ({"amount": 5000, "currency": "usd", "metadata": {"k" * 41: "v"}}, None, "metadata"),
        ({"amount": 5000, "currency": "dollars"}, None, "currency"),
        ({"amount": 5000, "currency": ""}, "parameter_invalid_empty", "currency"),
        (
            {"amount": 5000, "currency": "usd", "payment_method": "pm_none"},
            "resource_missing",
            "payment_method",
        ),
    ],
)
async def test_intent_is_refused_in_stripes_words_when_parameters_are_wrong(
    shop: Shop, params: dict[str, object], code: str | None, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.client.v1.payment_intents.create_async(params=params)  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.param) == (code, param)
    assert shop.sandbox.objects("payment_intent") == []
