"""Checkout Sessions, through the SDK."""

import pytest
import stripe

from kagibag_app.sandbox import Sandbox
from kagibag_app.sandbox.errors import ApiError
from tests.sandbox.conftest import Receiver, Shop, line


async def test_session_is_open_without_payment_intent_when_created(shop: Shop) -> None:
    session = await shop.session(customer_email="maren@example.com", locale="de")
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert session.amount_total == 5000
    assert session.url == f"http://127.0.0.1:8001/c/pay/{session.id}"
    assert session.expires_at == session.created + 86_400


async def test_session_completes_with_events_when_the_card_is_good(shop: Shop, receiver: Receiver) -> None:
    session = await shop.session()
    paid = shop.sandbox.pay(session.id)
    assert (paid["status"], paid["payment_status"], paid["error"]) == ("complete", "paid", None)
    await shop.sandbox.flush_webhooks()
    assert receiver.types == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]
    assert receiver.events[-1].data.object["metadata"]["order"] == "KB-1"


async def test_metadata_reaches_intent_and_charge_when_paid(shop: Shop) -> None:
    session = await shop.session()
    shop.sandbox.pay(session.id, email="buyer@example.com")
    found = await shop.client.v1.checkout.sessions.retrieve_async(
        session.id, params={"expand": ["payment_intent.latest_charge", "line_items"]}
    )
    intent = found.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert intent.metadata["order"] == intent.latest_charge.metadata["order"] == "KB-1"
    assert found.customer_details is not None
    assert found.customer_details.email == "buyer@example.com"
    assert found.line_items is not None
    assert found.line_items.data[0].description == "General admission"


async def test_session_stays_open_with_its_intent_when_the_card_is_declined(shop: Shop) -> None:
    session = await shop.session()
    declined = shop.sandbox.pay(session.id, "4000000000009995")
    assert (declined["status"], declined["error"]) == ("open", "Your card has insufficient funds.")
    intent = await shop.client.v1.payment_intents.retrieve_async(declined["payment_intent"])
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.decline_code == "insufficient_funds"
    assert shop.sandbox.pay(session.id)["payment_intent"] == intent.id


async def test_session_expires_by_the_clock_when_nobody_pays(shop: Shop, receiver: Receiver) -> None:
    session = await shop.session(expires_at=shop.sandbox.now + 31 * 60)
    shop.sandbox.advance(31 * 60)
    assert (await shop.client.v1.checkout.sessions.retrieve_async(session.id)).status == "expired"
    await shop.sandbox.flush_webhooks()
    assert receiver.types == ["checkout.session.expired"]
    with pytest.raises(ApiError, match="status of expired"):
        shop.sandbox.pay(session.id)


async def test_expire_ends_session_and_intent_when_open(shop: Shop) -> None:
    session = await shop.session()
    intent_id = shop.sandbox.pay(session.id, "4000000000000002")["payment_intent"]
    assert (await shop.client.v1.checkout.sessions.expire_async(session.id)).status == "expired"
    assert (await shop.client.v1.payment_intents.retrieve_async(intent_id)).status == "canceled"


async def test_expire_is_refused_when_complete(shop: Shop) -> None:
    session = await shop.session()
    shop.sandbox.pay(session.id)
    with pytest.raises(stripe.InvalidRequestError, match="status of complete") as refused:
        await shop.client.v1.checkout.sessions.expire_async(session.id)
    assert refused.value.http_status == 400


async def test_later_clock_changes_nothing_when_complete(shop: Shop) -> None:
    session = await shop.session()
    shop.sandbox.pay(session.id)
    shop.sandbox.advance(90_000)
    assert (await shop.client.v1.checkout.sessions.retrieve_async(session.id)).status == "complete"


@pytest.mark.parametrize("seconds", [29 * 60, 86_401 + 60])
async def test_session_is_refused_when_expiry_is_outside_stripes_limits(shop: Shop, seconds: int) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="expires_at"):
        await shop.session(expires_at=shop.sandbox.now + seconds)


async def test_session_is_refused_when_shape_is_wrong(shop: Shop) -> None:
    wrong = [
        ({"line_items": []}, "line_items"),
        ({"line_items": [line("Cheap", 10)]}, "at least"),
        ({"line_items": [line("A", 500), line("B", 500, currency="eur")]}, "same currency"),
        (
            {"line_items": [{"quantity": 1, "price_data": {"currency": "usd", "unit_amount": 500}}]},
            "product_data",
        ),
        ({"line_items": [{**line("A", 500), "colour": "red"}]}, r"line_items\[0\]\[colour\]"),
        ({"mode": "subscription"}, "mode"),
        ({"success_url": "javascript:alert(1)"}, "valid URL"),
    ]
    for changes, words in wrong:
        with pytest.raises(stripe.InvalidRequestError, match=words):
            await shop.session(**changes)


async def test_sessions_are_found_by_their_intent_when_listed(shop: Shop) -> None:
    first, _ = await shop.session(), await shop.session()
    intent = shop.sandbox.pay(first.id)["payment_intent"]
    found = await shop.client.v1.checkout.sessions.list_async(params={"payment_intent": intent})
    assert [session.id for session in found.data] == [first.id]


async def test_authentication_completes_session_when_card_asks_for_it(shop: Shop, sandbox: Sandbox) -> None:
    session = await shop.session()
    assert sandbox.pay(session.id, "4000 0027 6000 3184")["status"] == "complete"
    charge = sandbox.objects("charge")[0]
    assert charge["payment_method_details"]["card"]["three_d_secure"]["result"] == "authenticated"


async def test_amount_is_not_divided_when_currency_has_no_decimals(shop: Shop) -> None:
    session = await shop.session(line_items=[line("入場券", 1200, currency="jpy")])
    shop.sandbox.pay(session.id)
    charge = shop.sandbox.objects("charge")[0]
    transaction = await shop.client.v1.balance_transactions.retrieve_async(charge["balance_transaction"])
    assert (transaction.amount, transaction.fee, transaction.net) == (1200, 65, 1135)
