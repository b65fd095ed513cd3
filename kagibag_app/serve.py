"""What has to be in place before pages are served, and the processes that serve them and do the work."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from kagibag_app import frontend
from kagibag_app.bootstrap import build
from kagibag_app.features.accounts import queries as accounts_queries
from kagibag_app.jobs.running import working
from kagibag_app.kit.clock import Clock
from kagibag_app.live.bus import MemoryBus
from kagibag_app.processes import Child, Group, require_free
from kagibag_app.settings import Settings, SettingsError, StripeMode
from kagibag_app.storage import schema
from kagibag_app.storage.transaction import Store


def prepare(settings: Settings, root: Path) -> None:
    """Check the ports, migrate the database, build the frontend when its sources changed.

    Raises:
        SettingsError: A port is taken, the build failed, or the database belongs to another Stripe mode.
    """
    require_free(settings.host, settings.port, "the product")
    if settings.stripe_mode is StripeMode.SANDBOX:
        require_free("127.0.0.1", _sandbox_port(settings), "the Stripe sandbox")
    schema.upgrade(settings.database)
    asyncio.run(_check_mode(settings))
    build_frontend(settings, root)


async def _check_mode(settings: Settings) -> None:
    store = Store(settings.database, MemoryBus(), Clock())
    try:
        async with store.read() as session:
            known = await accounts_queries.system_installation(session)
    finally:
        await store.close()
    if known is not None and known.stripe_mode != settings.stripe_mode:
        raise SettingsError(
            f"This database holds orders of Stripe mode {known.stripe_mode}, and KAGIBAG_STRIPE_MODE is "
            f"{settings.stripe_mode}. Nothing was changed: choose that mode, or another KAGIBAG_DATA_DIR."
        )


def build_frontend(settings: Settings, root: Path) -> None:
    """Build the pages unless the last build still fits."""
    if frontend.is_stale(root, settings.frontend_build):
        sys.stdout.write("Building the pages (once per change of their sources) ...\n")
        sys.stdout.flush()
    frontend.build_if_stale(root, settings.frontend_build)


def run_all(settings: Settings, *, ready: Callable[[], None]) -> int:
    """Run web with its worker and, in sandbox mode, the sandbox, until one ends or we are stopped."""
    group = Group()
    if settings.stripe_mode is StripeMode.SANDBOX:
        group.start(_sandbox_child(settings))
    group.start(_web_child(settings))
    ready()
    return group.watch()


def run_web(settings: Settings, *, workers: int) -> int:
    """Run the web processes alone until they end or we are stopped."""
    group = Group()
    group.start(
        Child(
            "web",
            frontend.serve_command(settings.host, settings.port, workers),
            frontend.serve_environment(settings.frontend_build),
            f"http://{settings.host}:{settings.port}/healthz",
        )
    )
    return group.watch()


async def run_worker(settings: Settings) -> None:
    """Do jobs until SIGTERM or SIGINT, then let what runs finish."""
    runtime = await build(settings)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listening = asyncio.create_task(runtime.bus.run(), name="bus")
    try:
        async with working(runtime):
            await stop.wait()
    finally:
        listening.cancel()
        await runtime.close()


def _web_child(settings: Settings) -> Child:
    return Child(
        "web",
        frontend.serve_command(settings.host, settings.port, 1),
        {**frontend.serve_environment(settings.frontend_build), "KAGIBAG_PROCESS": "embedded"},
        f"http://{settings.host}:{settings.port}/readyz",
    )


def _sandbox_child(settings: Settings) -> Child:
    port = _sandbox_port(settings)
    return Child(
        "Stripe sandbox",
        [sys.executable, "-m", "kagibag_app.sandbox", "--port", str(port)],
        sandbox_environment(settings),
        f"{settings.sandbox_url}/healthz",
    )


def sandbox_environment(settings: Settings) -> dict[str, str]:
    """Return what the sandbox process is told: its file, its address, and where to send events."""
    return {
        "KAGIBAG_SANDBOX_STATE": str(settings.data_dir / "stripe-sandbox.db"),
        "KAGIBAG_SANDBOX_URL": settings.sandbox_url,
        "KAGIBAG_SANDBOX_WEBHOOK_URL": f"http://{settings.host}:{settings.port}/api/stripe/webhook",
        "KAGIBAG_SANDBOX_WEBHOOK_SECRET": settings.stripe_signing_secrets()[0],
    }


def _sandbox_port(settings: Settings) -> int:
    return settings.sandbox_port or settings.port + 1
