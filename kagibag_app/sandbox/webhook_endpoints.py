"""Webhook endpoints made through the API."""

import secrets
from typing import Any

from kagibag_app.sandbox.books import Body, Books, new_id
from kagibag_app.sandbox.errors import invalid
from kagibag_app.sandbox.metadata import merged


def create(books: Books, params: dict[str, Any]) -> Body:
    """`POST /v1/webhook_endpoints`. The secret is shown this once."""
    if not params["url"].startswith(("http://", "https://")):
        raise invalid(
            "Invalid URL: An explicit scheme (such as https) must be provided.", "url", "url_invalid"
        )
    endpoint = books.add(
        "webhook_endpoint",
        new_id("we"),
        url=params["url"],
        enabled_events=params["enabled_events"],
        description=params.get("description") or None,
        api_version=params.get("api_version"),
        metadata=merged({}, params.get("metadata")),
        status="enabled",
    )
    secret = f"whsec_{secrets.token_hex(16)}"
    books.store.remember(endpoint["id"], secret=secret)
    return {**endpoint, "secret": secret}


def delete(books: Books, params: dict[str, Any], endpoint_id: str) -> Body:
    """`DELETE /v1/webhook_endpoints/{webhook_endpoint}`."""
    books.get("webhook_endpoint", endpoint_id, "webhook_endpoint")
    books.store.delete(endpoint_id)
    return {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}
