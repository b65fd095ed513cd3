"""Commands that make something: the schema, organizations, data to try the product with."""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated, Any

import typer

from kagibag_app.cli.common import out, progress_of, read_settings, with_store
from kagibag_app.demo import example
from kagibag_app.demo.synthetic import making as synthetic
from kagibag_app.features.accounts.service import hash_password
from kagibag_app.settings import Env, Settings, SettingsError, StripeMode
from kagibag_app.storage import lock, schema
from kagibag_app.storage.engine import is_sqlite
from kagibag_app.storage.transaction import Store

app = typer.Typer()
db_app = typer.Typer(help="The database.", no_args_is_help=True)
admin_app = typer.Typer(help="Organizations and their members.", no_args_is_help=True)
app.add_typer(db_app, name="db")
app.add_typer(admin_app, name="admin")


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to this version's schema."""
    settings = read_settings(log_level="WARNING")
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
    settings = read_settings(log_level="WARNING")
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

    slug = with_store(settings, work)
    out.print(f"{organization} ({slug}) is ready. {email} can log in at {settings.base_url}/admin.")


@app.command()
def seed(
    example_event: Annotated[
        bool, typer.Option("--example", help="One published event with ticket types and a code.")
    ] = False,
    organization: Annotated[
        str, typer.Option(help="With --example: slug of the organization; the first one when omitted.")
    ] = "",
    orders: Annotated[
        int,
        typer.Option(
            help="A synthetic organization with so many orders, their payments, refunds, disputes and mails.",
            min=0,
            max=synthetic.MOST,
            show_default=False,
        ),
    ] = 0,
    number: Annotated[
        int,
        typer.Option(
            "--seed", help="With --orders: the same number makes the same data again.", min=0, max=2**31
        ),
    ] = 1,
    password: Annotated[
        str,
        typer.Option(
            help="With --orders: of its members; made up and shown once when omitted.", show_default=False
        ),
    ] = "",
) -> None:
    """Make something to try the product with, in any mode but live.

    Example: kagibag seed --orders 100000 --seed 7
    """
    settings = read_settings(log_level="WARNING")
    if settings.stripe_mode is StripeMode.LIVE:
        raise SettingsError("Example data is never made beside live payments.")
    if orders:
        _seed_orders(settings, orders, number, password)
    elif example_event:
        _seed_example(settings, organization)
    else:
        raise SettingsError("Say what to make: kagibag seed --example, or kagibag seed --orders 10000.")


def _seed_example(settings: Settings, organization: str) -> None:
    schema.upgrade(settings.database)
    charges = settings.may_charge_on_platform
    slug = with_store(
        settings,
        lambda store: example.create_event(store, organization=organization, platform_charges=charges),
    )
    out.print(f"The event is on sale at {settings.base_url}/e/{slug} (code {example.CODE}).")


def _seed_orders(settings: Settings, orders: int, number: int, password: str) -> None:
    if settings.env is Env.PRODUCTION:
        raise SettingsError("Synthetic orders are never made in production. Nothing was changed.")
    schema.upgrade(settings.database)
    with progress_of("orders", orders) as progress, _alone(settings):
        made = synthetic.make(
            settings.database,
            orders=orders,
            seed=number,
            password=password or f"five-halls-{secrets.token_hex(4)}",
            progress=progress,
        )
    if not made.added:
        out.print(
            f"The organization {made.slug} with its {made.orders:,} orders is there already. Nothing was changed."
        )
        return
    out.print(f"The organization {made.slug} has {made.orders:,} orders, {made.added:,} of them made now.")
    if made.logins:
        out.print(f"Log in at {settings.base_url}/admin, with the password {made.logins[0].password}")
        for login in made.logins:
            out.print(f"  {login.role:<9}    {login.email}")
    out.print(
        "Its buyers and payments don't exist: nothing is ever sent for it, and no ticket of it can be bought."
    )


def _alone(settings: Settings) -> AbstractContextManager[Any]:
    """A file is filled by one process at a time; a database server knows how to share."""
    return lock.hold(settings.data_dir) if is_sqlite(settings.database) else nullcontext()
