"""The Stripe SDK and a sandbox in one process, with no socket between them."""

import httpx
import stripe
from starlette.applications import Starlette

API_KEY = "sk_test_sandbox0001"


class InProcessHTTPClient(stripe.HTTPXClient):
    """The SDK's own HTTPX client, whose requests go straight to an application."""

    def __init__(self, app: Starlette, base_url: str) -> None:
        super().__init__()
        self._client_async = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=base_url)


def stripe_client(
    app: Starlette, *, api_key: str = API_KEY, max_network_retries: int = 0
) -> stripe.StripeClient:
    """An SDK client that talks to a sandbox application. Only its async methods work.

    Args:
        app: from `create_app`.
        api_key: a test key.
        max_network_retries: retries the SDK makes on its own.
    """
    url = app.state.sandbox.config.public_url
    return stripe.StripeClient(
        api_key,
        base_addresses={"api": url, "files": url},
        max_network_retries=max_network_retries,
        http_client=InProcessHTTPClient(app, url),
    )
