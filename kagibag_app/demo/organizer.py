"""Makes the demo organizer, once per data folder, through the real services and the sandbox with its virtual clock."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import httpx
import sqlalchemy as sa
from sqlalchemy.engine import make_url

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
from kagibag_app.storage import lock, schema
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
        SettingsError: The database holds another organization, or a process works in the folder.
    """
    marker = settings.data_dir / "demo.json"
    if marker.exists():
        return [Login(**login) for login in json.loads(marker.read_text())]
    with lock.hold(settings.data_dir):
        unfinished = settings.data_dir / "demo.unfinished"
        _begin_anew(settings, interrupted=unfinished.exists())
        unfinished.touch()
        progress("Making the demo organizer and its month of orders (once, about half a minute) ...")
        logins = asyncio.run(_make(settings, f"harbour-{secrets.token_hex(4)}"))
        # Written beside and renamed: a marker that exists is whole.
        unfinished.write_text(json.dumps([asdict(login) for login in logins]))
        unfinished.rename(marker)
    return logins


def _begin_anew(settings: Settings, *, interrupted: bool) -> None:
    """Remove what an interrupted making left; only the mark it set says that this is what is there."""
    database = make_url(settings.database)
    file = database.database if database.get_backend_name() == "sqlite" else None
    if _organizers(settings) and not (interrupted and file):
        raise SettingsError(
            "This database holds an installation that is not the demo, and was left as it is. "
            "Start it with `make run`, or give the demo another KAGIBAG_DATA_DIR or an empty database."
        )
    for path in (settings.data_dir / "stripe-sandbox.db", *([Path(file)] if file else [])):
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
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
