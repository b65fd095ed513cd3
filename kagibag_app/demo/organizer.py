"""Makes the demo organizer, once per data folder, through the real services and the sandbox with its virtual clock."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta

import httpx
import sqlalchemy as sa

from kagibag_app.bootstrap import build
from kagibag_app.demo import example, stage, story
from kagibag_app.demo.example import Login
from kagibag_app.features.accounts import queries as accounts_queries
from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import Role
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.kit.clock import Clock
from kagibag_app.runtime import Runtime
from kagibag_app.sandbox.app import create_app
from kagibag_app.sandbox.config import SandboxConfig, WebhookTarget
from kagibag_app.settings import Settings, SettingsError
from kagibag_app.storage import schema
from kagibag_app.storage.transaction import Transaction

NAME, SLUG, ZONE = "Lantern Row", "lantern-row", "America/New_York"
PEOPLE = (
    ("Dana Moreau", "dana@lantern-row.example", Role.OWNER),
    ("Noor Haas", "noor@lantern-row.example", Role.MANAGER),
    ("Sefa Kaur", "sefa@lantern-row.example", Role.SUPPORT),
    ("Vito Lang", "vito@lantern-row.example", Role.VIEWER),
)
EVENT_HOOK = "http://in-process/stripe"


def make_demo(settings: Settings, *, progress: Callable[[str], None]) -> list[Login]:
    """Make the demo unless this folder has it, and return how to log in.

    An interrupted making is begun anew; anything that isn't the demo is never touched.

    Raises:
        SettingsError: The database holds another organization.
    """
    marker = settings.data_dir / "demo.json"
    if marker.exists():
        return [Login(**login) for login in json.loads(marker.read_text())]
    _begin_anew(settings)
    progress("Making the demo organizer and its month of orders (once, about half a minute) ...")
    password = f"harbour-{secrets.token_hex(4)}"
    logins = asyncio.run(_make(settings, password))
    marker.write_text(
        json.dumps([{"email": x.email, "password": x.password, "role": x.role} for x in logins])
    )
    return logins


def _begin_anew(settings: Settings) -> None:
    slugs = _organizers(settings)
    if set(slugs) - {SLUG} or (slugs and not settings.database.startswith("sqlite")):
        raise SettingsError(
            "This database holds an installation that is not the demo, and was left as it is. "
            "Start it with `make run`, or give the demo another KAGIBAG_DATA_DIR."
        )
    for name in ("kagibag.db", "stripe-sandbox.db"):
        for file in (name, f"{name}-wal", f"{name}-shm"):
            with suppress(FileNotFoundError):
                (settings.data_dir / file).unlink()
    schema.upgrade(settings.database)


def _organizers(settings: Settings) -> list[str]:
    engine = sa.create_engine(schema.sync_url(settings.database))
    try:
        with engine.connect() as connection:
            return list(connection.execute(sa.text("SELECT slug FROM organizers")).scalars())
    finally:
        engine.dispose()


async def _make(settings: Settings, password: str) -> list[Login]:
    clock = Clock(-timedelta(days=story.DAYS))
    received: list[Runtime] = []

    async def deliver(_url: str, body: bytes, headers: Mapping[str, str]) -> int:
        return await stage.receive(received[0], body, headers)

    app = create_app(
        SandboxConfig(
            state_path=settings.data_dir / "stripe-sandbox.db",
            public_url=settings.sandbox_url,
            webhook_targets=(WebhookTarget(EVENT_HOOK, settings.stripe_signing_secrets()[0]),),
        ),
        deliver=deliver,
    )
    sandbox = app.state.sandbox
    sandbox.start_in_the_past(int(timedelta(days=story.DAYS).total_seconds()))
    runtime = await build(settings, clock=clock, stripe_transport=httpx.ASGITransport(app))
    received.append(runtime)
    try:
        organizer_id = await _people_and_events(runtime, password)
        manager = await stage.member(runtime, organizer_id, PEOPLE[1][1])
        set_up = stage.Stage(runtime, sandbox, organizer_id, manager)
        await story.play(set_up)
        await set_up.wait_until_left()
    finally:
        await runtime.close()
        await sandbox.close()
    return [Login(email, password, str(role)) for _, email, role in PEOPLE]


async def _people_and_events(runtime: Runtime, password: str) -> int:
    hashed = await asyncio.to_thread(accounts.hash_password, password)

    async def work(tx: Transaction) -> int:
        owner, *others = PEOPLE
        await example.create_owner(
            tx,
            email=owner[1],
            name=owner[0],
            password_hash=hashed,
            organization=NAME,
            currency="USD",
            zone=ZONE,
        )
        organizer = await accounts_queries.system_organizer_by_slug(tx.session, SLUG)
        organizer_id = organizer.id if organizer and organizer.id else 0
        for name, email, role in others:
            user_id = await accounts.create_user(tx, SYSTEM, email=email, name=name, password_hash=hashed)
            await accounts.add_member(tx, SYSTEM, organizer_id=organizer_id, user_id=user_id, role=role)
        for spec in story.EVENTS:
            await example.make_event(tx, organizer_id, ZONE, spec)
        await example.make_code(tx, organizer_id)
        return organizer_id

    return await runtime.store.run(work)
