"""Looks at settings, database, Redis, Stripe, mail and clock, and says what to fix."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from kagibag_app.gateways.stripe_api import StripePayments
from kagibag_app.kit.clock import Clock
from kagibag_app.live.bus import MemoryBus
from kagibag_app.ports.payments import PaymentsError
from kagibag_app.settings import Env, Settings, SettingsError, StripeMode
from kagibag_app.storage import schema
from kagibag_app.storage.transaction import Store

CLOCK_TOLERANCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Result:
    """One thing looked at: whether it is well, and what to do when it isn't."""

    name: str
    ok: bool
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


async def run(settings: Settings) -> list[Result]:
    """Look at everything; a check never raises."""
    checks: list[tuple[str, Callable[[Settings], Awaitable[Result]]]] = [
        ("settings", _settings),
        ("data folder", _data_dir),
        ("database", _database),
        ("redis", _redis),
        ("stripe", _stripe),
        ("webhook secret", _webhook_secret),
        ("mail", _mail),
        ("clock", _clock),
    ]
    results = []
    for name, check in checks:
        try:
            results.append(await asyncio.wait_for(check(settings), 30))
        except Exception as error:
            results.append(Result(name, False, f"The check itself failed: {type(error).__name__}: {error}"))
    return results


async def _settings(settings: Settings) -> Result:
    try:
        settings.signing_keys()
        settings.sealing_keys()
    except SettingsError as error:
        return Result("settings", False, f"KAGIBAG_SECRET_KEYS or KAGIBAG_ENCRYPTION_KEYS: {error}")
    keys = "generated in the data folder" if not settings.secret_keys.get_secret_value() else "configured"
    return Result(
        "settings",
        True,
        f"env {settings.env}, Stripe mode {settings.stripe_mode}, links at {settings.base_url}, keys {keys}.",
    )


async def _data_dir(settings: Settings) -> Result:
    def probe() -> None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        file = settings.data_dir / ".doctor"
        file.write_text("")
        file.unlink()

    try:
        await asyncio.to_thread(probe)
    except OSError as error:
        return Result(
            "data folder",
            False,
            f"{settings.data_dir} can't be written ({error.strerror}). Set KAGIBAG_DATA_DIR to a folder of yours.",
        )
    return Result("data folder", True, f"{settings.data_dir} is writable.")


async def _database(settings: Settings) -> Result:
    store = Store(settings.database, MemoryBus(), Clock())
    try:
        async with store.read() as session:
            await session.execute(sa.text("SELECT 1"))
            current = await schema.is_current(session)
    except SQLAlchemyError as error:
        return Result(
            "database",
            False,
            f"It does not answer: {str(error).splitlines()[0]}. "
            "Check KAGIBAG_DATABASE_URL, or run `kagibag db upgrade` to make it.",
        )
    finally:
        await store.close()
    if not current:
        return Result("database", False, "Its schema is not this version's. Run `kagibag db upgrade`.")
    return Result("database", True, f"It answers and its schema is current ({schema.newest()}).")


async def _redis(settings: Settings) -> Result:
    if not settings.redis_url:
        return Result("redis", True, "Not used: one process holds the pages' state.")
    from redis import asyncio as redis

    client = redis.from_url(settings.redis_url, socket_connect_timeout=3)
    try:
        await cast(Awaitable[bool], client.ping())
    except Exception as error:
        return Result(
            "redis",
            False,
            f"It does not answer ({type(error).__name__}). Check KAGIBAG_REDIS_URL; pages fall back to reloading every 30 s.",
        )
    finally:
        await client.aclose()
    return Result("redis", True, "It answers.")


async def _stripe(settings: Settings) -> Result:
    payments = StripePayments.from_settings(settings)
    try:
        account = await payments.platform_account()
    except PaymentsError as error:
        advice = (
            "Start it with `kagibag sandbox`, or use `make demo`."
            if settings.stripe_mode is StripeMode.SANDBOX
            else "Check KAGIBAG_STRIPE_SECRET_KEY."
        )
        return Result("stripe", False, f"{error.message} {advice}")
    finally:
        await payments.close()
    return Result("stripe", True, f"Mode {settings.stripe_mode}, account {account}.")


async def _webhook_secret(settings: Settings) -> Result:
    secrets = settings.stripe_signing_secrets()
    wrong = [s for s in secrets if not s.startswith("whsec_")]
    if not secrets or wrong:
        return Result(
            "webhook secret",
            False,
            "Set KAGIBAG_STRIPE_WEBHOOK_SECRETS=whsec_... (Stripe Dashboard, Webhooks, your endpoint, or `stripe listen`).",
        )
    return Result(
        "webhook secret",
        True,
        f"{len(secrets)} configured; Stripe posts to {settings.base_url}/api/stripe/webhook.",
    )


async def _mail(settings: Settings) -> Result:
    url = settings.smtp_url.get_secret_value()
    if not url:
        production = settings.env is Env.PRODUCTION
        return Result(
            "mail",
            not production,
            "No KAGIBAG_SMTP_URL: mails are kept and shown under Messages, none is sent.",
        )
    parts = urlsplit(url)

    def connect() -> None:
        socket.create_connection((parts.hostname or "", parts.port or 587), timeout=5).close()

    try:
        await asyncio.to_thread(connect)
    except OSError as error:
        return Result(
            "mail",
            False,
            f"{parts.hostname}:{parts.port or 587} does not answer ({error}). Check KAGIBAG_SMTP_URL.",
        )
    return Result("mail", True, f"{parts.hostname}:{parts.port or 587} answers.")


async def _clock(settings: Settings) -> Result:
    if settings.stripe_mode is StripeMode.SANDBOX:
        return Result("clock", True, "Not compared: the sandbox runs on this machine's clock.")
    async with httpx.AsyncClient(timeout=10) as client:
        answer = await client.head("https://api.stripe.com/")
    theirs = parsedate_to_datetime(answer.headers["date"])
    drift = abs((datetime.now(UTC) - theirs).total_seconds())
    if drift > CLOCK_TOLERANCE_SECONDS:
        return Result(
            "clock",
            False,
            f"This machine's clock is {drift:.0f} s away from Stripe's; signatures fail at 300 s. Turn on time synchronisation.",
        )
    return Result("clock", True, f"{drift:.0f} s away from Stripe's.")
