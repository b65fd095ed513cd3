"""Commands that make something: the schema, organizations, data to try the product with."""

from __future__ import annotations

from typing import Annotated

import typer

from kagibag_app.cli.common import out, read_settings, with_store
from kagibag_app.demo import example
from kagibag_app.features.accounts.service import hash_password
from kagibag_app.settings import SettingsError, StripeMode
from kagibag_app.storage import schema
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
        str, typer.Option(help="Slug of the organization; the first one when omitted.")
    ] = "",
) -> None:
    """Make something to try the product with, in any mode but live."""
    settings = read_settings(log_level="WARNING")
    if settings.stripe_mode is StripeMode.LIVE:
        raise SettingsError("Example data is never made beside live payments.")
    if not example_event:
        raise SettingsError("Say what to make: kagibag seed --example.")
    schema.upgrade(settings.database)

    charges = settings.may_charge_on_platform
    slug = with_store(
        settings,
        lambda store: example.create_event(store, organization=organization, platform_charges=charges),
    )
    out.print(f"The event is on sale at {settings.base_url}/e/{slug} (code {example.CODE}).")
