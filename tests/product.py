"""The whole product in one process: real services, jobs and SDK, with the sandbox behind them and the clock in hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from kagibag_app.features.accounts import service as accounts
from kagibag_app.gateways.stripe_api import StripePayments
from kagibag_app.jobs.catalog import CATALOG
from kagibag_app.jobs.worker import Worker
from kagibag_app.kit.clock import Clock
from kagibag_app.live.bus import MemoryBus
from kagibag_app.ports.mail import Mail
from kagibag_app.ports.webhook_http import WebhookAnswer
from kagibag_app.runtime import Runtime
from kagibag_app.sandbox.app import create_app
from kagibag_app.sandbox.config import SandboxConfig, WebhookTarget
from kagibag_app.sandbox.sandbox import Sandbox
from kagibag_app.settings import Settings
from kagibag_app.storage.secrets import AccessLinks, SecretBox
from kagibag_app.storage.transaction import Store
from kagibag_app.web import runtime as web_runtime
from kagibag_app.web.api import stripe_webhook
from tests.databases import BOTH, fresh_database

SIGNING_SECRET = "whsec_0123456789abcdef0123456789abcdef"
WEBHOOK_URL = "http://localhost:8000/api/stripe/webhook"


@dataclass
class RecordingMailer:
    """Keeps what would have been sent; ``failures`` are raised first."""

    delivers: bool = True
    sent: list[Mail] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    async def send(self, mail: Mail) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(mail)


@dataclass
class RecordingSender:
    """Keeps what would have been posted and gives the prepared answers, then 200."""

    posts: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)
    answers: list[WebhookAnswer] = field(default_factory=list)

    def check_url(self, url: str) -> None:
        """Every address is fine here; the guarded client has tests of its own."""

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> WebhookAnswer:
        self.posts.append((url, body, headers))
        return self.answers.pop(0) if self.answers else WebhookAnswer(status=200)

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class World:
    """One installation under test."""

    runtime: Runtime
    sandbox: Sandbox
    mailer: RecordingMailer
    sender: RecordingSender
    worker: Worker

    async def close(self) -> None:
        """Close every connection."""
        web_runtime.use(None)
        await self.runtime.close()
        await self.sandbox.close()

    async def settle(self, rounds: int = 20) -> None:
        """Run jobs and deliver Stripe's events until nothing is due any more."""
        for _ in range(rounds):
            ran = await self.worker.run_due()
            self.sandbox.run_due()
            sent = await self.sandbox.flush_webhooks()
            if not ran and not sent["delivered"]:
                return
        raise AssertionError("the installation does not come to rest")

    async def later(self, by: timedelta) -> None:
        """Let time pass for us and for Stripe, then let everything due happen."""
        self.runtime.clock.advance(by)
        self.sandbox.advance(int(by.total_seconds()))
        await self.settle()


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database of each kind."""
    with fresh_database(request, tmp_path) as url:
        yield url


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """An installation on a fresh database, nothing sold yet."""
    made = await make_world(database_url, tmp_path)
    yield made
    await made.close()


async def make_world(database_url: str, folder: Path, **changes: Any) -> World:
    """Build an installation whose Stripe is the sandbox in this process, reached through the real SDK."""
    settings = Settings(
        data_dir=folder,
        database_url=database_url,
        stripe_webhook_secrets=SecretStr(SIGNING_SECRET),
        public_url="http://localhost:8000",
        **changes,
    )
    clock, bus = Clock(), MemoryBus()
    receiver = Starlette(routes=stripe_webhook.ROUTES)
    sandbox_app = create_app(
        SandboxConfig(webhook_targets=(WebhookTarget(WEBHOOK_URL, SIGNING_SECRET),), console=False),
        deliver=_deliver_to(receiver),
    )
    mailer, sender = RecordingMailer(), RecordingSender()
    runtime = Runtime(
        settings=settings,
        store=Store(settings.database, bus, clock),
        bus=bus,
        payments=StripePayments.from_settings(settings, transport=httpx.ASGITransport(sandbox_app)),
        mailer=mailer,
        webhook_sender=sender,
        clock=clock,
        links=AccessLinks(settings.signing_keys()),
        box=SecretBox(settings.sealing_keys()),
    )
    runtime.platform_account = await runtime.payments.platform_account()
    web_runtime.use(runtime)
    await runtime.store.run(
        lambda tx: accounts.remember_installation(
            tx, mode="sandbox", platform_account=runtime.platform_account
        )
    )
    return World(runtime, sandbox_app.state.sandbox, mailer, sender, Worker(runtime, CATALOG))


def _deliver_to(app: Starlette) -> Any:
    async def deliver(url: str, body: bytes, headers: dict[str, str]) -> int:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost:8000"
        ) as client:
            return (await client.post(url, content=body, headers=headers)).status_code

    return deliver
