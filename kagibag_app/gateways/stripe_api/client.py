"""The payments port over the official SDK."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import httpx
import stripe

from kagibag_app.gateways.stripe_api import requests, signatures, snapshots
from kagibag_app.gateways.stripe_api.errors import meaning
from kagibag_app.ports.payments import (
    BalanceLine,
    CheckoutOrder,
    CheckoutSnapshot,
    DisputeSnapshot,
    Holding,
    IncomingEvent,
    NotThere,
    PaymentSnapshot,
    RefundSnapshot,
)
from kagibag_app.settings import Settings, StripeMode

T = TypeVar("T")

CALL_SECONDS = 20
_TIMEOUT = httpx.Timeout(15, connect=5)
_PAGE = 100
_CHARGE = ["latest_charge.balance_transaction"]
_SESSION = ["payment_intent.latest_charge.balance_transaction"]
_REFUND = ["balance_transaction", "failure_balance_transaction"]


class _HttpClient(stripe.HTTPXClient):
    """The SDK's HTTP client; another address than Stripe's is reached directly, whatever proxy is configured."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None, *, elsewhere: bool) -> None:
        super().__init__(timeout=_TIMEOUT)
        if transport is not None or elsewhere:
            self._client_async = httpx.AsyncClient(transport=transport, trust_env=False)


class StripePayments:
    """Calls Stripe, each within 20 seconds and never twice by itself: whoever calls decides about a retry.

    Args:
        api_key: Secret key.
        webhook_secrets: Signing secrets that incoming events may carry.
        api_url: Base address; empty for Stripe itself.
        transport: Replaces the network, for tests in one process.
        deadline: Seconds for one call, connecting included.
    """

    def __init__(
        self,
        *,
        api_key: str,
        webhook_secrets: Sequence[str],
        api_url: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
        deadline: float = CALL_SECONDS,
    ) -> None:
        self._deadline = deadline
        self._http = _HttpClient(transport, elsewhere=bool(api_url))
        addresses: Any = {"api": api_url, "files": api_url} if api_url else None
        self._stripe = stripe.StripeClient(
            api_key, base_addresses=addresses, max_network_retries=0, http_client=self._http
        )
        self._secrets = tuple(webhook_secrets)
        self._platform = ""

    @classmethod
    def from_settings(
        cls, settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> StripePayments:
        """Return the gateway that the settings choose: the sandbox, or Stripe in test or live mode."""
        sandbox = settings.sandbox_url if settings.stripe_mode is StripeMode.SANDBOX else ""
        return cls(
            api_key=settings.stripe_key,
            webhook_secrets=settings.stripe_signing_secrets(),
            api_url=settings.stripe_api_url or sandbox,
            transport=transport,
        )

    async def platform_account(self) -> str:
        """Return the id of the account that the key belongs to, asked once."""
        if not self._platform:
            account = await self._call(self._stripe.v1.accounts.retrieve_current_async)
            self._platform = str(account["id"])
        return self._platform

    async def open_checkout(self, order: CheckoutOrder, *, account: str, key: str) -> CheckoutSnapshot:
        """Open a hosted payment page; the same key gives the same page again."""
        params = requests.checkout_session(order, fee=account != await self.platform_account())
        create = self._stripe.v1.checkout.sessions.create_async
        return snapshots.checkout(await self._call(create, params=params, account=account, key=key))

    async def get_checkout(self, session_id: str, *, account: str) -> CheckoutSnapshot:
        """Return the page as it is now, with its payment."""
        retrieve = self._stripe.v1.checkout.sessions.retrieve_async
        return snapshots.checkout(
            await self._call(retrieve, session_id, params={"expand": _SESSION}, account=account)
        )

    async def expire_checkout(self, session_id: str, *, account: str) -> CheckoutSnapshot:
        """Close the page. Stripe refuses when it is complete or closed already."""
        expire = self._stripe.v1.checkout.sessions.expire_async
        return snapshots.checkout(
            await self._call(expire, session_id, params={"expand": _SESSION}, account=account)
        )

    async def get_payment(self, payment_intent_id: str, *, account: str) -> PaymentSnapshot:
        """Return a payment intent with its latest charge."""
        retrieve = self._stripe.v1.payment_intents.retrieve_async
        return snapshots.payment(
            await self._call(retrieve, payment_intent_id, params={"expand": _CHARGE}, account=account)
        )

    async def get_charge_payment(self, charge_id: str, *, account: str) -> PaymentSnapshot:
        """Return the payment intent that a charge belongs to.

        Raises:
            NotThere: No such charge, or one that was made without a payment intent.
        """
        charge = await self._call(self._stripe.v1.charges.retrieve_async, charge_id, account=account)
        intent = charge.get("payment_intent")
        if not intent:
            raise NotThere("This charge has no payment intent.", code="no_payment_intent")
        return await self.get_payment(intent, account=account)

    async def create_refund(
        self,
        *,
        payment_intent_id: str,
        amount_minor: int,
        currency: str,
        reference: str,
        order_number: str,
        account: str,
        key: str,
    ) -> RefundSnapshot:
        """Send money back; the same key gives the same refund again."""
        params = requests.refund(
            payment_intent_id=payment_intent_id,
            amount_minor=amount_minor,
            currency=currency,
            reference=reference,
            order_number=order_number,
        )
        create = self._stripe.v1.refunds.create_async
        return snapshots.refund(
            await self._call(create, params={**params, "expand": _REFUND}, account=account, key=key)
        )

    async def get_refund(self, refund_id: str, *, account: str) -> RefundSnapshot:
        """Return a refund as it is now."""
        retrieve = self._stripe.v1.refunds.retrieve_async
        return snapshots.refund(
            await self._call(retrieve, refund_id, params={"expand": _REFUND}, account=account)
        )

    async def list_refunds(self, payment_intent_id: str, *, account: str) -> list[RefundSnapshot]:
        """Return every refund of a payment intent, newest first."""
        params = {"payment_intent": payment_intent_id, "expand": [f"data.{field}" for field in _REFUND]}
        return [
            snapshots.refund(body)
            for body in await self._all(self._stripe.v1.refunds.list_async, params, account)
        ]

    async def get_dispute(self, dispute_id: str, *, account: str) -> DisputeSnapshot:
        """Return a dispute as it is now."""
        return snapshots.dispute(
            await self._call(self._stripe.v1.disputes.retrieve_async, dispute_id, account=account)
        )

    async def get_holdings(self, *, account: str) -> list[Holding]:
        """Return what an account holds now, by settlement currency."""
        return snapshots.holdings(await self._call(self._stripe.v1.balance.retrieve_async, account=account))

    async def list_balance(self, *, account: str, since: datetime | None = None) -> list[BalanceLine]:
        """Return every balance transaction of an account, newest first, since a moment (inclusive)."""
        params = {"created": {"gte": int(since.timestamp())}} if since else {}
        found = await self._all(self._stripe.v1.balance_transactions.list_async, params, account)
        return [snapshots.balance(body) for body in found]

    async def list_events(self, *, account: str, since: datetime) -> list[IncomingEvent]:
        """Return an account's events since a moment (inclusive), newest first; Stripe keeps them for 30 days."""
        params = {"created": {"gte": int(since.timestamp())}}
        return [
            snapshots.event(body)
            for body in await self._all(self._stripe.v1.events.list_async, params, account)
        ]

    def read_event(self, body: bytes, signature: str) -> IncomingEvent:
        """Verify and read one delivery.

        Raises:
            BadSignature: Not signed for us, too old, too new, or not an event.
        """
        return signatures.read(body, signature, secrets=self._secrets, now=time.time())

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()

    async def _all(
        self, method: Callable[..., Awaitable[Any]], params: dict[str, Any], account: str
    ) -> list[Any]:
        """Read a list to its end, page by page, each page a call with its own deadline."""
        bodies: list[Any] = []
        cursor: dict[str, Any] = {"limit": _PAGE}
        while True:
            page = await self._call(method, params={**params, **cursor}, account=account)
            bodies += page["data"]
            if not page["has_more"] or not page["data"]:
                return bodies
            cursor["starting_after"] = page["data"][-1]["id"]

    async def _call(
        self,
        method: Callable[..., Awaitable[Any]],
        *args: Any,
        params: dict[str, Any] | None = None,
        account: str = "",
        key: str = "",
    ) -> dict[str, Any]:
        """Make one call and return its object as plain dictionaries.

        Raises:
            PaymentsError: Whichever kind ``errors.meaning`` finds.
        """
        options: dict[str, Any] = {}
        if account and account != await self.platform_account():
            options["stripe_account"] = account
        if key:
            options["idempotency_key"] = key
        try:
            async with asyncio.timeout(self._deadline):
                found = await method(*args, params=params or {}, options=options)
        except (stripe.StripeError, TimeoutError) as error:
            # The SDK's error holds the whole answer; only what a person may read goes on.
            raise meaning(error, creating=bool(key)) from None
        return found.to_dict()
