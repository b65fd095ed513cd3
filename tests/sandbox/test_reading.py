"""Lists, expansion, accounts and keys, through the SDK."""

import pytest
import stripe
from starlette.applications import Starlette

from kagibag_app.sandbox.spec import Spec
from tests.sandbox.conftest import Shop
from tests.sandbox.in_process import stripe_client


async def test_pages_show_every_object_once_when_paged_through(shop: Shop) -> None:
    made = [(await shop.charge()).id for _ in range(5)][::-1]
    listed = shop.client.v1.charges.list_async
    first = await listed(params={"limit": 2})
    assert ([c.id for c in first.data], first.has_more) == (made[:2], True)
    last = await listed(params={"limit": 2, "starting_after": made[2]})
    assert ([c.id for c in last.data], last.has_more) == (made[3:], False)
    back = await listed(params={"limit": 2, "ending_before": made[4]})
    assert ([c.id for c in back.data], back.has_more) == (made[2:4], True)
    assert [c.id async for c in first.auto_paging_iter()] == made


@pytest.mark.parametrize("limit", [0, 101])
async def test_list_is_refused_when_limit_is_outside_stripes(shop: Shop, limit: int) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.client.v1.refunds.list_async(params={"limit": limit})
    assert refused.value.param == "limit"


async def test_list_is_refused_when_cursor_is_unknown(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such refund"):
        await shop.client.v1.refunds.list_async(params={"starting_after": "re_unknown"})


async def test_nested_objects_are_shown_when_expanded(shop: Shop) -> None:
    charge = await shop.charge()
    await shop.refund(charge, 100)
    found = await shop.client.v1.refunds.list_async(
        params={"charge": charge.id, "expand": ["data.charge.balance_transaction", "data.payment_intent"]}
    )
    [refund] = found.data
    assert isinstance(refund.charge, stripe.Charge)
    assert isinstance(refund.charge.balance_transaction, stripe.BalanceTransaction)
    assert isinstance(refund.payment_intent, stripe.PaymentIntent)


@pytest.mark.parametrize("path", ["colour", "amount.x", "a.b.c.d.e"])
async def test_expansion_is_refused_when_impossible(shop: Shop, path: str) -> None:
    charge = await shop.charge()
    with pytest.raises(stripe.InvalidRequestError, match="expand"):
        await shop.client.v1.charges.retrieve_async(charge.id, params={"expand": [path]})


async def test_events_are_filtered_by_type_and_reach_back_thirty_days_when_listed(shop: Shop) -> None:
    charge = await shop.charge()
    await shop.refund(charge)
    events = shop.client.v1.events
    assert {e.type for e in (await events.list_async(params={"type": "refund.*"})).data} == {
        "refund.created",
        "refund.updated",
    }
    chosen = await events.list_async(params={"types": ["charge.refunded", "charge.succeeded"]})
    assert [e.type for e in chosen.data] == ["charge.refunded", "charge.succeeded"]
    assert (await events.retrieve_async(chosen.data[0].id)).data.object["id"] == charge.id
    shop.sandbox.advance(31 * 86_400)
    assert (await events.list_async()).data == []


async def test_account_is_the_platforms_when_no_header_is_sent(shop: Shop) -> None:
    account = await shop.client.v1.accounts.retrieve_current_async()
    assert (account.id, account.charges_enabled) == ("acct_1SandboxPlatform", True)


async def test_events_name_the_account_when_the_header_is_sent(shop: Shop) -> None:
    intent = await shop.client.v1.payment_intents.create_async(
        params={"amount": 5000, "currency": "usd"}, options={"stripe_account": "acct_organizer"}
    )
    event = (await shop.client.v1.events.list_async()).data[0]
    assert event.account == "acct_organizer"
    assert shop.sandbox.engine.store.account_of(intent.id) == "acct_organizer"
    await shop.client.v1.payment_intents.create_async(params={"amount": 5000, "currency": "usd"})
    assert "account" not in (await shop.client.v1.events.list_async()).data[0]


@pytest.mark.parametrize(
    ("key", "words"), [("sk_live_abcdef", "never takes a live key"), ("nonsense", "Invalid API Key")]
)
async def test_key_is_refused_when_it_is_no_test_key(app: Starlette, key: str, words: str) -> None:
    with pytest.raises(stripe.AuthenticationError, match=words):
        await stripe_client(app, api_key=key).v1.accounts.retrieve_current_async()


async def test_unknown_paths_are_404_when_called(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        await shop.client.v1.customers.list_async()


async def test_webhook_endpoint_shows_its_secret_once_when_created(shop: Shop) -> None:
    endpoints = shop.client.v1.webhook_endpoints
    made = await endpoints.create_async(
        params={"url": "https://b.example/hook", "enabled_events": ["refund.failed"]}
    )
    assert (made.secret or "").startswith("whsec_")
    assert "secret" not in await endpoints.retrieve_async(made.id)
    assert [e.id for e in (await endpoints.list_async()).data] == [made.id]
    deleted = await endpoints.delete_async(made.id)
    assert deleted.deleted
    assert (await endpoints.list_async()).data == []


def test_violations_name_the_field_when_an_object_is_unlike_stripes() -> None:
    spec = Spec.load()
    body = {**spec.blank("refund"), "id": "re_1", "amount": "ten", "currency": "usd", "colour": "red"}
    found = spec.violations(body)
    assert any(text.startswith("refund.amount") for text in found)
    assert "refund: unknown field colour" in found
