"""Commands that start the product or a part of it."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Annotated
from urllib.parse import urlsplit

import typer

from kagibag_app import serve
from kagibag_app.cli.common import ROOT, Port, out, read_settings, with_store
from kagibag_app.demo import example
from kagibag_app.demo.organizer import make_demo
from kagibag_app.features.accounts import queries as accounts_queries
from kagibag_app.sandbox.config import SandboxConfig
from kagibag_app.settings import Env, Settings, SettingsError, StripeMode
from kagibag_app.storage.transaction import Store

app = typer.Typer()


@app.command()
def demo(port: Port = None) -> None:
    """Start with a demo organizer, orders, refunds and disputes, and the Stripe sandbox.

    Example: kagibag demo --port 9000
    """
    # A folder of its own, so that `make run` beside it never meets demo data.
    data_dir = os.environ.get("KAGIBAG_DATA_DIR", "var/demo")
    settings = read_settings(env=Env.DEMO, port=port, data_dir=data_dir)
    if settings.stripe_mode is not StripeMode.SANDBOX:
        raise SettingsError(
            "The demo plays with the Stripe sandbox only. Use `kagibag run` for the mode "
            f"{settings.stripe_mode}."
        )
    serve.prepare(settings, ROOT)
    logins = make_demo(settings, progress=out.print)
    sys.exit(serve.run_all(settings, ready=lambda: _say_ready(settings, logins)))


@app.command()
def run(port: Port = None) -> None:
    """Start the product in one process group: web, worker and, in sandbox mode, the Stripe sandbox."""
    settings = read_settings(port=port)
    serve.prepare(settings, ROOT)
    sys.exit(serve.run_all(settings, ready=lambda: _say_ready(settings, [])))


@app.command()
def web(
    port: Port = None,
    host: Annotated[
        str | None,
        typer.Option(
            help="Address to listen on. KAGIBAG_HOST or 127.0.0.1 when omitted.", show_default=False
        ),
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes; more than one needs Redis.", min=1, max=64)] = 1,
) -> None:
    """Serve the pages and the API only; jobs are left to `kagibag worker`."""
    settings = read_settings(port=port, host=host, process="web")
    if workers > 1 and not settings.redis_url:
        raise SettingsError(
            "Several web processes share their state through Redis: set KAGIBAG_REDIS_URL, or use --workers 1."
        )
    serve.build_frontend(settings, ROOT)
    sys.exit(serve.run_web(settings, workers=workers))


@app.command()
def worker() -> None:
    """Run jobs only: refunds, webhooks, emails, Stripe events."""
    asyncio.run(serve.run_worker(read_settings(process="worker")))


@app.command()
def sandbox(
    port: Annotated[
        int | None,
        typer.Option(
            help="KAGIBAG_SANDBOX_PORT, or the one after the product's, when omitted.",
            min=1,
            max=65535,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run the Stripe sandbox alone: beside `kagibag web` and `kagibag worker`. It moves no money."""
    settings = read_settings(sandbox_port=port)
    if settings.stripe_mode is not StripeMode.SANDBOX:
        raise SettingsError(
            f"KAGIBAG_STRIPE_MODE is {settings.stripe_mode}: the product talks to Stripe, and the sandbox does not start."
        )
    from kagibag_app.sandbox.server import run as serve_sandbox

    for name, value in serve.sandbox_environment(settings).items():
        os.environ.setdefault(name, value)
    address = urlsplit(settings.sandbox_url)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    serve_sandbox(SandboxConfig.from_env(), "127.0.0.1", address.port or 80)


async def _sells(store: Store) -> bool:
    async with store.read() as session:
        return await accounts_queries.system_organizer_or_first(session, "") is not None


def _say_ready(settings: Settings, logins: list[example.Login]) -> None:
    out.print(f"\nKagibag        {settings.base_url}/admin")
    for login in logins:
        out.print(f"  {login.role:<9}    {login.email}   {login.password}")
    if logins:
        out.print(f"Buy a ticket   {settings.base_url}/e/{example.SLUG}   code {example.CODE}")
        out.print(
            f"Check books    KAGIBAG_DATA_DIR={settings.data_dir} PORT={settings.port} kagibag audit --stripe"
        )
    elif not with_store(settings, _sells):
        out.print("Nobody sells here yet. In another terminal, with the same settings:")
        out.print('  kagibag admin create --email you@example.com --organization "Your name"')
        out.print("  kagibag seed --example")
    if settings.stripe_mode is StripeMode.SANDBOX:
        out.print(f"Stripe sandbox {settings.sandbox_url}/   (no real money)")
    out.print("Stop with Ctrl-C.\n")
