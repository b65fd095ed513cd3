"""Builds the Runtime from Settings: the only place that chooses real or sandbox, memory or Redis."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import httpx
import structlog

from kagibag_app.features.accounts import queries as accounts_queries
from kagibag_app.features.accounts import service as accounts
from kagibag_app.gateways.guarded_http import GuardedSender
from kagibag_app.gateways.smtp_mail import KeepingMailer, SmtpMailer
from kagibag_app.gateways.stripe_api import StripePayments
from kagibag_app.kit.clock import Clock
from kagibag_app.live.bus import Bus, MemoryBus, RedisBus
from kagibag_app.ports.mail import Mailer
from kagibag_app.ports.payments import PaymentsError
from kagibag_app.runtime import Runtime
from kagibag_app.settings import Settings, SettingsError, StripeMode
from kagibag_app.storage import statistics
from kagibag_app.storage.secrets import AccessLinks, SecretBox
from kagibag_app.storage.transaction import Store

log = structlog.get_logger(__name__)

START_TRIES = 40
START_PAUSE_SECONDS = 0.25


async def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    stripe_transport: httpx.AsyncBaseTransport | None = None,
) -> Runtime:
    """Connect everything and make sure that this database belongs to this Stripe.

    Args:
        clock: The process's clock; a demo starts in the past.
        stripe_transport: Carries calls to a Stripe sandbox in this process instead of over the network.

    Raises:
        SettingsError: Stripe does not answer or refuses the key.
        DomainError: The database was made in another Stripe mode.
    """
    clock = clock or Clock()
    bus: Bus = RedisBus(settings.redis_url) if settings.redis_url else MemoryBus()
    runtime = Runtime(
        settings=settings,
        store=Store(settings.database, bus, clock),
        bus=bus,
        payments=StripePayments.from_settings(settings, transport=stripe_transport),
        mailer=mailer_for(settings),
        webhook_sender=sender_for(settings),
        clock=clock,
        links=AccessLinks(settings.signing_keys()),
        box=SecretBox(settings.sealing_keys()),
    )
    try:
        await adopt_account(runtime)
        await statistics.refresh(runtime.store)
    except BaseException:
        await runtime.close()
        raise
    return runtime


def mailer_for(settings: Settings) -> Mailer:
    """Return the SMTP mailer, or the one that keeps mails to be read in the admin screens."""
    url = settings.smtp_url.get_secret_value()
    return SmtpMailer(url, settings.mail_from) if url else KeepingMailer()


def sender_for(settings: Settings) -> GuardedSender:
    """Return the guarded client; loopback is allowed in sandbox mode only, and never our own ports."""
    return GuardedSender(
        sandbox=settings.stripe_mode is StripeMode.SANDBOX, forbidden_ports=own_ports(settings)
    )


def own_ports(settings: Settings) -> frozenset[int]:
    """Ports on this machine that a webhook must never reach: the product, the sandbox, its servers."""
    ports = {settings.port, urlsplit(settings.sandbox_url).port, 5432, 6379}
    ports |= {
        urlsplit(url).port
        for url in (settings.database_url, settings.redis_url, settings.base_url)
        if "://" in url and "sqlite" not in url
    }
    return frozenset(p for p in ports if p)


async def adopt_account(runtime: Runtime) -> None:
    """Read the platform's own account once and remember it with the mode.

    The account in the database serves when Stripe is away: an outage must not keep the product from starting.
    """
    mode = runtime.settings.stripe_mode
    async with runtime.store.read() as session:
        known = await accounts_queries.system_installation(session)
    try:
        account = await _platform_account(runtime, tries=2 if known else START_TRIES)
    except PaymentsError as error:
        if known is None:
            raise SettingsError(
                f"Stripe does not answer as it should in mode {mode}: {error.message} "
                "Check KAGIBAG_STRIPE_MODE and KAGIBAG_STRIPE_SECRET_KEY; in sandbox mode start `kagibag sandbox` first."
            ) from error
        log.warning("bootstrap.stripe_away", mode=str(mode), error=error.message)
        account = known.platform_account
    runtime.platform_account = account
    await runtime.store.run(
        lambda tx: accounts.remember_installation(tx, mode=str(mode), platform_account=account)
    )


async def _platform_account(runtime: Runtime, *, tries: int) -> str:
    for attempt in range(1, tries + 1):
        try:
            return await runtime.payments.platform_account()
        except PaymentsError:
            # The sandbox may be starting at this moment, beside us.
            if attempt == tries or runtime.settings.stripe_mode is not StripeMode.SANDBOX:
                raise
            await asyncio.sleep(START_PAUSE_SECONDS)
    raise AssertionError("unreachable")
