"""The platform's account."""

from typing import Any

from kagibag_app.sandbox.books import PLATFORM_ACCOUNT, Body, Books


def retrieve(books: Books, params: dict[str, Any]) -> Body:
    """`GET /v1/account`: the account the call acts in."""
    return {
        "id": books.account,
        "object": "account",
        "business_profile": None,
        "charges_enabled": True,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "email": "sandbox@example.com",
        "metadata": {},
        "payouts_enabled": True,
        "type": "standard",
    }


def normalized(header: str | None) -> str:
    """The account a `Stripe-Account` header names; without one, the platform's own."""
    return header or PLATFORM_ACCOUNT
