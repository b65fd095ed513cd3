"""A sandbox in memory, Stripe's own SDK in front of it, and a receiver of its events."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import stripe
from starlette.applications import Starlette

from kagibag_app.sandbox import Sandbox, SandboxConfig, WebhookTarget, create_app
from tests.sandbox.in_process import stripe_client

SECRET = "whsec_sandbox_tests"
TARGET = WebhookTarget("https://shop.example/api/stripe/webhook", SECRET)


@dataclass
class Receiver:
    """Takes events, checks their signatures with the SDK, and answers what it is told to."""

    status: int = 200
    events: list[stripe.Event] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)

    async def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        self.urls.append(url)
        if url == TARGET.url:
            self.events.append(stripe.Webhook.construct_event(body, headers["stripe-signature"], SECRET))
        return self.status

    @property
    def types(self) -> list[str]:
        """The types that arrived, in order."""
        return [event.type for event in self.events]


@dataclass
class Shop:
    """What a seller does with the SDK."""

    client: stripe.StripeClient
    sandbox: Sandbox

    async def session(self, **changes: Any) -> stripe.checkout.Session:
        """A Checkout Session of two tickets at 25.00 USD."""
        params: dict[str, Any] = {
            "mode": "payment",
            "success_url": "https://shop.example/done?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "https://shop.example/back",
            "line_items": [line("General admission", 2500, 2)],
            "metadata": {"order": "KB-1"},
            "payment_intent_data": {"metadata": {"order": "KB-1"}, "description": "Order KB-1"},
        }
        return await self.client.v1.checkout.sessions.create_async(params={**params, **changes})  # type: ignore[arg-type]

    async def charge(self, payment_method: str = "pm_card_visa", amount: int = 5000) -> stripe.Charge:
        """A paid charge of 50.00 USD."""
        intent = await self.client.v1.payment_intents.create_async(
            params={"amount": amount, "currency": "usd", "payment_method": payment_method, "confirm": True}
        )
        return await self.client.v1.charges.retrieve_async(str(intent.latest_charge))

    async def refund(
        self, charge: stripe.Charge, amount: int | None = None, key: str | None = None
    ) -> stripe.Refund:
        """A refund of a charge."""
        params: Any = {"charge": charge.id} | ({"amount": amount} if amount is not None else {})
        return await self.client.v1.refunds.create_async(
            params=params, options={"idempotency_key": key} if key else {}
        )


def line(name: str, amount: int, quantity: int = 1, currency: str = "usd") -> dict[str, Any]:
    """One line item."""
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": name}}
    return {"quantity": quantity, "price_data": price}


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def app(receiver: Receiver) -> Starlette:
    config = SandboxConfig(webhook_targets=(TARGET,), retry_base_seconds=0.05)
    return create_app(config, receiver)


@pytest.fixture
async def sandbox(app: Starlette) -> AsyncIterator[Sandbox]:
    yield app.state.sandbox
    await app.state.sandbox.close()


@pytest.fixture
def client(app: Starlette, sandbox: Sandbox) -> stripe.StripeClient:
    return stripe_client(app)


@pytest.fixture
def shop(client: stripe.StripeClient, sandbox: Sandbox) -> Shop:
    return Shop(client, sandbox)


@pytest.fixture
async def http(app: Starlette, sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=sandbox.config.public_url) as browser:
        yield browser
