"""The fixture ``till``: a shop that sells through a Stripe sandbox in this process, on each kind of database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.gateways.guarded_http import GuardedSender
from kagibag_app.gateways.stripe_api import StripePayments
from kagibag_app.kit.clock import Clock
from kagibag_app.kit.ids import public_id
from kagibag_app.live.bus import MemoryBus
from kagibag_app.runtime import Runtime
from kagibag_app.sandbox import SandboxConfig, WebhookTarget, create_app
from kagibag_app.settings import Settings
from kagibag_app.storage.secrets import AccessLinks, SecretBox
from kagibag_app.storage.transaction import Store
from kagibag_app.web import runtime as web_runtime
from kagibag_app.web.api import stripe_webhook
from tests.jobs.till import SECRET, WEBHOOK_URL, Line, Till
from tests.outgoing import RecordingMailer
from tests.services.shop import Shop

pytest_plugins = ["tests.services.shop_fixtures"]


async def connect(settings: Settings, stripe: httpx.AsyncBaseTransport) -> Runtime:
    """Return one process's connections; mail is kept, and nothing is posted anywhere."""
    bus, clock = MemoryBus(), Clock()
    runtime = Runtime(
        settings=settings,
        store=Store(settings.database, bus, clock),
        bus=bus,
        payments=StripePayments.from_settings(settings, transport=stripe),
        mailer=RecordingMailer(),
        webhook_sender=GuardedSender(),
        clock=clock,
        links=AccessLinks(settings.signing_keys()),
        box=SecretBox(settings.sealing_keys()),
    )
    runtime.platform_account = await runtime.payments.platform_account()
    return runtime


@pytest.fixture
async def till(shop_url: str, tmp_path: Path) -> AsyncIterator[Till]:
    """An organizer that sells through the platform's account of a fresh sandbox."""
    deliveries: list[Till] = []

    async def deliver(url: str, body: bytes, headers: dict[str, str]) -> int:
        return await deliveries[0].deliver(url, body, headers)

    config = SandboxConfig(webhook_targets=(WebhookTarget(WEBHOOK_URL, SECRET),), console=False)
    stripe_app = create_app(config, deliver)
    settings = Settings(
        data_dir=tmp_path,
        database_url=shop_url,
        stripe_webhook_secrets=SecretStr(f"whsec_other_endpoint_of_the_platform,{SECRET}"),
        stripe_api_url=config.public_url,
    )
    line = Line(stripe_app)
    runtime = await connect(settings, line)
    web_runtime.use(runtime)
    shop = Shop(runtime.store, runtime.clock, 0)
    runtime.bus.listen(lambda topics: shop.topics.extend(sorted(topics)))
    async with runtime.store.transaction() as tx:
        organizer = Organizer(
            public_id=public_id("org"), name="Lantern Row", slug="lantern-row", currency="USD",
            zone="America/New_York", created_at=tx.now,
        )  # fmt: skip
        tx.session.add(organizer)
        await tx.session.flush()
        shop.organizer_id = organizer.id or 0
    till = Till(shop, runtime, stripe_app.state.sandbox, line, Starlette(routes=stripe_webhook.ROUTES))
    deliveries.append(till)
    yield till
    web_runtime.use(None)
    await runtime.close()
    await stripe_app.state.sandbox.close()
