"""The gateway against the sandbox: every call, and what its answers are read as."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from kagibag_app.gateways.stripe_api import StripePayments
from kagibag_app.ports.payments import CheckoutLine, CheckoutOrder, CheckoutSnapshot, NotThere, Refused
from kagibag_app.sandbox import Sandbox, SandboxConfig, create_app


@pytest.fixture
async def stripe() -> AsyncIterator[tuple[StripePayments, Sandbox]]:
    """The gateway and the sandbox behind it."""
    config = SandboxConfig(console=False)
    app = create_app(config)
    payments = StripePayments(
        api_key="sk_test_sandbox0001", webhook_secrets=(), api_url=config.public_url,
        transport=httpx.ASGITransport(app=app),
    )  # fmt: skip
    yield payments, app.state.sandbox
    await payments.close()
    await app.state.sandbox.close()


def order(currency: str = "USD", *lines: CheckoutLine) -> CheckoutOrder:
    """An order of two tickets, or of these lines."""
    return CheckoutOrder(
        reference="pay_1", order_number="KB-1", description="Night Harbour", email="maren@example.com",
        currency=currency, lines=lines or (CheckoutLine("General admission", 2500, 2),),
        expires_at=datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=31),
        success_url="https://tickets.example/ok", cancel_url="https://tickets.example/back",
    )  # fmt: skip


async def opened(payments: StripePayments, made: CheckoutOrder | None = None) -> CheckoutSnapshot:
    """Open a page."""
    account = await payments.platform_account()
    return await payments.open_checkout(made or order(), account=account, key="open-pay_1")


async def test_a_page_is_opened_once_per_key(stripe: tuple[StripePayments, Sandbox]) -> None:
    payments, sandbox = stripe
    made = order()
    first, again = await opened(payments, made), await opened(payments, made)
    assert first == again
    assert (first.status, first.payment_status, first.reference) == ("open", "unpaid", "pay_1")
    assert first.expires_at == made.expires_at
    (session,) = sandbox.objects("checkout.session")
    assert session["metadata"] == {"payment": "pay_1", "order": "KB-1"}


async def test_a_paid_page_carries_its_payment_with_the_money_it_moved(
    stripe: tuple[StripePayments, Sandbox],
) -> None:
    payments, sandbox = stripe
    account = await payments.platform_account()
    session = await opened(payments)
    sandbox.pay(session.session_id)
    found = await payments.get_checkout(session.session_id, account=account)
    assert (found.status, found.payment_status) == ("complete", "paid")
    payment = found.payment
    assert payment is not None
    assert (payment.status, payment.captured_minor, payment.currency) == ("succeeded", 5000, "USD")
    assert (payment.card_brand, payment.card_last4, payment.reference) == ("visa", "4242", "pay_1")
    assert payment.balance is not None
    assert payment.balance.net_minor == 5000 - payment.balance.fee_minor
    assert payment == await payments.get_payment(payment.payment_intent_id, account=account)
    assert payment == await payments.get_charge_payment(payment.charge_id, account=account)


@pytest.mark.parametrize(
    ("currency", "unit", "wire"), [("JPY", 3200, 3200), ("KWD", 2500, 2500), ("ISK", 900, 90_000)]
)
async def test_amounts_stay_exact_in_other_currencies(
    stripe: tuple[StripePayments, Sandbox], currency: str, unit: int, wire: int
) -> None:
    payments, sandbox = stripe
    account = await payments.platform_account()
    session = await opened(payments, order(currency, CheckoutLine("Seat", unit, 1)))
    assert sandbox.objects("checkout.session")[0]["amount_total"] == wire
    sandbox.pay(session.session_id)
    found = await payments.get_checkout(session.session_id, account=account)
    assert found.payment is not None
    assert found.payment.captured_minor == unit
    refund = await payments.create_refund(
        payment_intent_id=found.payment_intent_id, amount_minor=unit, currency=currency, reference="rf_1",
        order_number="KB-1", account=account, key="refund-rf_1",
    )  # fmt: skip
    assert (refund.amount_minor, refund.currency, refund.status) == (unit, currency, "succeeded")
    assert sandbox.objects("refund")[0]["amount"] == wire


async def test_a_declined_card_leaves_its_reason(stripe: tuple[StripePayments, Sandbox]) -> None:
    payments, sandbox = stripe
    session = await opened(payments)
    sandbox.pay(session.session_id, "4000000000009995")
    found = await payments.get_checkout(session.session_id, account=await payments.platform_account())
    assert found.payment is not None
    assert (found.status, found.payment.status) == ("open", "requires_payment_method")
    assert found.payment.failure_code == "insufficient_funds"
    assert found.payment.failure_message


async def test_a_page_is_closed_once(stripe: tuple[StripePayments, Sandbox]) -> None:
    payments, _ = stripe
    account = await payments.platform_account()
    session = await opened(payments)
    assert (await payments.expire_checkout(session.session_id, account=account)).status == "expired"
    with pytest.raises(Refused):
        await payments.expire_checkout(session.session_id, account=account)
    with pytest.raises(NotThere):
        await payments.expire_checkout("cs_test_none", account=account)


async def test_a_refund_carries_our_id_and_its_money_even_when_it_fails_later(
    stripe: tuple[StripePayments, Sandbox],
) -> None:
    payments, sandbox = stripe
    account = await payments.platform_account()
    session = await opened(payments)
    paid = sandbox.pay(session.session_id)
    refund = await payments.create_refund(
        payment_intent_id=paid["payment_intent"], amount_minor=2000, currency="USD", reference="rf_1",
        order_number="KB-1", account=account, key="refund-rf_1",
    )  # fmt: skip
    assert refund.refund_reference == "rf_1"
    assert refund.balance is not None
    assert (refund.balance.amount_minor, refund.failure_balance) == (-2000, None)
    assert await payments.list_refunds(paid["payment_intent"], account=account) == [refund]
    sandbox.fail_refund(refund.refund_id)
    failed = await payments.get_refund(refund.refund_id, account=account)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert failed.failure_balance is not None
    assert failed.failure_balance.amount_minor == 2000
    assert sandbox.objects("refund")[0]["reason"] == "requested_by_customer"


async def test_a_dispute_carries_the_money_it_took(stripe: tuple[StripePayments, Sandbox]) -> None:
    payments, sandbox = stripe
    account = await payments.platform_account()
    paid = sandbox.pay((await opened(payments)).session_id)
    made = sandbox.open_dispute(payment_intent=paid["payment_intent"], reason="duplicate")
    found = await payments.get_dispute(made["id"], account=account)
    assert (found.status, found.reason, found.amount_minor) == ("needs_response", "duplicate", 5000)
    assert found.due_by is not None
    assert found.due_by > found.created
    assert [line.amount_minor for line in found.balance] == [-5000]
    assert found.balance[0].fee_minor > 0
    assert not found.is_charge_refundable


async def test_balance_and_events_are_listed_since_a_moment(stripe: tuple[StripePayments, Sandbox]) -> None:
    payments, sandbox = stripe
    account = await payments.platform_account()
    sandbox.pay((await opened(payments)).session_id)
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert [line.type for line in await payments.list_balance(account=account, since=since)] == ["charge"]
    assert await payments.list_balance(account=account, since=since + timedelta(days=1)) == []
    events = await payments.list_events(account=account, since=since)
    assert {"payment_intent.succeeded", "checkout.session.completed", "charge.succeeded"} <= {
        e.type for e in events
    }
    assert all(event.object_id and not event.livemode for event in events)


async def test_a_charge_without_an_intent_is_not_there(stripe: tuple[StripePayments, Sandbox]) -> None:
    payments, _ = stripe
    with pytest.raises(NotThere):
        await payments.get_charge_payment("ch_none", account=await payments.platform_account())
