"""The `kagibag` command."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from kagibag_app import doctor as doctor_checks
from kagibag_app import serve
from kagibag_app.bootstrap import build
from kagibag_app.demo import example
from kagibag_app.demo.organizer import make_demo
from kagibag_app.features.accounts import queries as accounts_queries
from kagibag_app.features.accounts.service import hash_password
from kagibag_app.frontend import FrontendBuildError
from kagibag_app.jobs.audit import Finding, check
from kagibag_app.jobs.audit import run as audit_books
from kagibag_app.kit.clock import Clock
from kagibag_app.kit.errors import DomainError
from kagibag_app.live.bus import MemoryBus
from kagibag_app.logs import configure as configure_logs
from kagibag_app.ports.payments import PaymentsError
from kagibag_app.runtime import Runtime
from kagibag_app.sandbox.config import SandboxConfig
from kagibag_app.settings import Env, Settings, SettingsError, StripeMode
from kagibag_app.storage import schema
from kagibag_app.storage.transaction import Store

T = TypeVar("T")

app = typer.Typer(
    help="Orders, refunds and disputes for people who sell tickets.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
db_app = typer.Typer(help="The database.", no_args_is_help=True)
admin_app = typer.Typer(help="Organizations and their members.", no_args_is_help=True)
app.add_typer(db_app, name="db")
app.add_typer(admin_app, name="admin")
# Plain lines: an address stays whole wherever the output goes, and a name with brackets is no markup.
out = Console(markup=False, highlight=False, soft_wrap=True)
ROOT = Path(__file__).resolve().parent.parent

Port = Annotated[
    int | None,
    typer.Option(
        help="Port of the product; the Stripe sandbox takes the next one. KAGIBAG_PORT, PORT or 8000 when omitted.",
        min=1,
        max=65534,
        show_default=False,
    ),
]


def main() -> None:
    """Run the command; an error a person can mend ends in one sentence and exit code 2."""
    try:
        app(prog_name="kagibag")
    except (SettingsError, DomainError, FrontendBuildError) as error:
        _fail(str(error))
    except PaymentsError as error:
        _fail(f"Stripe gave no answer: {error.message} Nothing was changed. `kagibag doctor` says more.")
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        _fail(f"The database refused: {reason}. Run `kagibag db upgrade`; `kagibag doctor` says more.")
    except ValidationError as error:
        _fail("; ".join(_mistake(found) for found in error.errors()))


def _mistake(found: Mapping[str, Any]) -> str:
    """Name the variable a mistake is in; our own sentences name theirs."""
    said = str(found["msg"]).removeprefix("Value error, ")
    return f"KAGIBAG_{found['loc'][0]}".upper() + f": {said}." if found["loc"] else said


def _fail(sentence: str) -> None:
    sys.stderr.write(f"kagibag: {sentence}\n")
    sys.exit(2)


def _settings(**changes: Any) -> Settings:
    """Read the settings; what the command line says wins, also in the processes that it starts."""
    said = {f"KAGIBAG_{name.upper()}": str(value) for name, value in changes.items() if value is not None}
    os.environ.update(said)
    settings = Settings()
    configure_logs(settings)
    return settings


def _with_store(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    """Work on the database alone: no Stripe, no worker."""

    async def run() -> T:
        store = Store(settings.database, MemoryBus(), Clock())
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def _with_runtime(settings: Settings, work: Callable[[Runtime], Awaitable[T]]) -> T:
    async def run() -> T:
        runtime = await build(settings)
        try:
            return await work(runtime)
        finally:
            await runtime.close()

    return asyncio.run(run())


@app.command()
def demo(port: Port = None) -> None:
    """Start with a demo organizer, orders, refunds and disputes, and the Stripe sandbox.

    Example: kagibag demo --port 9000
    """
    # A folder of its own, so that `make run` beside it never meets demo data.
    data_dir = os.environ.get("KAGIBAG_DATA_DIR", "var/demo")
    settings = _settings(env=Env.DEMO, port=port, data_dir=data_dir)
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
    settings = _settings(port=port)
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
    settings = _settings(port=port, host=host, process="web")
    if workers > 1 and not settings.redis_url:
        raise SettingsError(
            "Several web processes share their state through Redis: set KAGIBAG_REDIS_URL, or use --workers 1."
        )
    serve.build_frontend(settings, ROOT)
    sys.exit(serve.run_web(settings, workers=workers))


@app.command()
def worker() -> None:
    """Run jobs only: refunds, webhooks, emails, Stripe events."""
    asyncio.run(serve.run_worker(_settings(process="worker")))


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
    settings = _settings(sandbox_port=port)
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


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to this version's schema."""
    settings = _settings(log_level="WARNING")
    schema.upgrade(settings.database)
    out.print(f"The database is at {schema.newest()}.")


@admin_app.command("create")
def admin_create(
    email: Annotated[str, typer.Option(help="Login of the owner.")],
    organization: Annotated[str, typer.Option(help="Name of the organization.")],
    password: Annotated[
        str,
        typer.Option(
            help="8 to 200 characters; asked for when omitted.",
            prompt=True,
            hide_input=True,
            confirmation_prompt=True,
        ),
    ],
    name: Annotated[str, typer.Option(help="The owner's name.")] = "",
    currency: Annotated[str, typer.Option(help="ISO 4217.")] = "USD",
    zone: Annotated[str, typer.Option(help="IANA time zone.")] = "UTC",
) -> None:
    """Make an organization and its owner. An existing user becomes owner of the new one too.

    Example: kagibag admin create --email dana@example.com --organization "Lantern Row" --zone America/New_York
    """
    settings = _settings(log_level="WARNING")
    schema.upgrade(settings.database)
    hashed = hash_password(password)

    async def work(store: Store) -> str:
        return await store.run(
            lambda tx: example.create_owner(
                tx,
                email=email,
                name=name,
                password_hash=hashed,
                organization=organization,
                currency=currency,
                zone=zone,
            )
        )

    slug = _with_store(settings, work)
    out.print(f"{organization} ({slug}) is ready. {email} can log in at {settings.base_url}/admin.")


@app.command()
def seed(
    example_event: Annotated[
        bool, typer.Option("--example", help="One published event with ticket types and a code.")
    ] = False,
    organization: Annotated[
        str, typer.Option(help="Slug of the organization; the first one when omitted.")
    ] = "",
) -> None:
    """Make something to try the product with, in any mode but live."""
    settings = _settings(log_level="WARNING")
    if settings.stripe_mode is StripeMode.LIVE:
        raise SettingsError("Example data is never made beside live payments.")
    if not example_event:
        raise SettingsError("Say what to make: kagibag seed --example.")
    schema.upgrade(settings.database)

    charges = settings.may_charge_on_platform
    slug = _with_store(
        settings,
        lambda store: example.create_event(store, organization=organization, platform_charges=charges),
    )
    out.print(f"The event is on sale at {settings.base_url}/e/{slug} (code {example.CODE}).")


@app.command()
def audit(
    stripe: Annotated[
        bool, typer.Option("--stripe", help="Also compare the ledger with Stripe, per account.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Check the invariants on the configured database; exit code 1 when one is violated."""
    settings = _settings(log_level="ERROR")  # logs go to the same output as the findings
    findings = (
        _with_runtime(settings, lambda runtime: audit_books(runtime, stripe=True))
        if stripe
        else _with_store(settings, _audit_alone)
    )
    if as_json:
        out.print_json(json.dumps([finding.as_dict() for finding in findings]))
    else:
        out.print(_findings_table(findings), soft_wrap=False)
    sys.exit(1 if any(finding.count for finding in findings) else 0)


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Check settings, database, Redis, Stripe, mail and clock, and say what to fix."""
    settings = _settings(log_level="ERROR")
    results = asyncio.run(doctor_checks.run(settings))
    if as_json:
        out.print_json(json.dumps([result.as_dict() for result in results]))
    else:
        for result in results:
            out.print(f"{'ok ' if result.ok else 'FIX'}  {result.name}: {result.sentence}")
    sys.exit(0 if all(result.ok for result in results) else 1)


async def _audit_alone(store: Store) -> list[Finding]:
    async with store.read() as session:
        return await check(session)


def _findings_table(findings: list[Finding]) -> Table:
    table = Table("Rule", "Invariant", "Violations", "Examples")
    for finding in findings:
        table.add_row(str(finding.number), finding.name, str(finding.count), ", ".join(finding.examples[:3]))
    return table


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
    elif not _with_store(settings, _sells):
        out.print("Nobody sells here yet. In another terminal, with the same settings:")
        out.print('  kagibag admin create --email you@example.com --organization "Your name"')
        out.print("  kagibag seed --example")
    if settings.stripe_mode is StripeMode.SANDBOX:
        out.print(f"Stripe sandbox {settings.sandbox_url}/   (no real money)")
    out.print("Stop with Ctrl-C.\n")
