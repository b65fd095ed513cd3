"""What tests of outgoing mail and webhooks start from: one organizer, and a mail server of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlmodel import col, select

from kagibag_app.features.accounts.rules import MemberStatus, Role
from kagibag_app.features.accounts.tables import Membership, Organizer, User
from kagibag_app.features.messages.rules import SEND_EMAIL
from kagibag_app.features.timeline.tables import AuditEntry, TimelineEntry
from kagibag_app.features.webhooks import service as webhooks
from kagibag_app.features.webhooks.rules import DELIVER_WEBHOOK, EventType, new_secret
from kagibag_app.features.webhooks.tables import WebhookDelivery, WebhookEvent
from kagibag_app.gateways.guarded_http import GuardedSender
from kagibag_app.jobs import deliver_webhook, send_email
from kagibag_app.jobs.worker import Worker
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.kit.clock import Clock
from kagibag_app.kit.ids import public_id
from kagibag_app.live.bus import MemoryBus
from kagibag_app.ports.mail import Mail, MailError
from kagibag_app.ports.payments import Payments
from kagibag_app.runtime import Runtime
from kagibag_app.settings import KeyRing, Settings
from kagibag_app.storage.outbox import OutboxRow
from kagibag_app.storage.secrets import AccessLinks, SecretBox
from kagibag_app.storage.transaction import Store
from tests.databases import BOTH, fresh_database, sqlite_url

KEYS = KeyRing({"k1": "outgoing-tests-outgoing-tests-outgoing"})
ORDER = 4711

CARD: dict[str, Any] = {
    "number": "KB-7F3K-9Q2M",
    "public_id": "ord_first",
    "link_version": 3,
    "event_title": "Night Harbour Sessions",
    "event_slug": "night-harbour",
    "starts_at": "2026-05-15T23:30:00+00:00",
    "ends_at": "2026-05-16T03:00:00+00:00",
    "doors_at": "2026-05-15T22:30:00+00:00",
    "zone": "America/New_York",
    "venue": "The Foundry Hall",
    "address": "88 Valley St, Providence, RI",
    "organizer_name": "Lantern Row",
    "buyer_name": "Maren Okafor",
    "buyer_email": "maren@example.com",
    "currency": "USD",
    "locale": "en",
    "lines": [
        {"name": "General admission", "quantity": 2, "amount_minor": 8400},
        {"name": "Balcony seat", "quantity": 1, "amount_minor": 5800},
    ],
    "subtotal_minor": 14200,
    "discount_minor": 2130,
    "discount_code": "HARBOUR15",
    "total_minor": 12070,
    "tickets": [
        {"code": "T-4MQ7-ZB2X-9HCE", "type_name": "General admission", "public_id": "tkt_1"},
        {"code": "T-9HCE-1WRD-0AAB", "type_name": "General admission", "public_id": "tkt_2"},
        {"code": "T-K83V-60NP-7XYZ", "type_name": "Balcony seat", "public_id": "tkt_3"},
    ],
}


@dataclass
class RecordingMailer:
    """A mail server that keeps what it takes.

    Attributes:
        refusals: Raised one after the other, before anything is taken.
        before: What happens elsewhere while a message is on its way, one a message.
    """

    delivers: bool = True
    taken: list[Mail] = field(default_factory=list)
    refusals: list[MailError] = field(default_factory=list)
    before: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def send(self, mail: Mail) -> None:
        """Take the message or refuse it."""
        if self.before:
            await self.before.pop(0)()
        if self.refusals:
            raise self.refusals.pop(0)
        self.taken.append(mail)


@dataclass
class Office:
    """One organizer and the process that sends for it.

    Attributes:
        member: Its owner.
        topics: Everything that was published.
    """

    runtime: Runtime
    organizer_id: int
    member: Actor
    mailer: RecordingMailer
    topics: set[str] = field(default_factory=set)

    @property
    def store(self) -> Store:
        """The database."""
        return self.runtime.store

    async def work(self, after: timedelta = timedelta(0)) -> int:
        """Run what is due after that time has passed; returns how many jobs ran."""
        self.runtime.clock.advance(after)
        jobs = {DELIVER_WEBHOOK: deliver_webhook.run, SEND_EMAIL: send_email.run}
        return await Worker(self.runtime, jobs).run_due()

    async def endpoint(self, url: str = "https://hooks.example.com/in", **changes: Any) -> tuple[str, str]:
        """Add an endpoint; returns its public id and its secret."""
        secret = new_secret()
        values = {"name": "CRM sync", "event_filter": [], "check_url": lambda url: None} | changes
        async with self.store.transaction() as tx:
            made = await webhooks.create_endpoint(
                tx, self.member, url=url, sealed_secret=self.runtime.box.seal(secret), **values
            )
        return made, secret

    async def emit(self, key: str = "order.paid:ord_first", **changes: Any) -> None:
        """Emit that an order was paid."""
        values = {
            "organizer_id": self.organizer_id,
            "order_id": ORDER,
            "type": EventType.ORDER_PAID,
            "data": {"number": "KB-7F3K-9Q2M", "total": 12070},
        } | changes
        async with self.store.transaction() as tx:
            await webhooks.emit(tx, dedupe_key=key, **values)

    async def deliveries(self) -> list[WebhookDelivery]:
        """Return every delivery, in order."""
        return await self.rows(WebhookDelivery)

    async def delivery(self) -> WebhookDelivery:
        """Return the one delivery."""
        (only,) = await self.deliveries()
        return only

    async def events(self) -> list[WebhookEvent]:
        """Return every event, in order."""
        return await self.rows(WebhookEvent)

    async def jobs(self) -> list[OutboxRow]:
        """Return every job, in order."""
        return await self.rows(OutboxRow)

    async def timeline(self) -> list[TimelineEntry]:
        """Return what the orders' timelines say."""
        return await self.rows(TimelineEntry)

    async def audit(self) -> list[AuditEntry]:
        """Return the audit trail."""
        return await self.rows(AuditEntry)

    async def rows(self, table: Any) -> list[Any]:
        """Return all rows of a table, in order."""
        async with self.store.read() as session:
            return list((await session.execute(select(table).order_by(col(table.id)))).scalars())

    async def join(
        self,
        email: str,
        role: Role,
        *,
        status: str = MemberStatus.ACTIVE,
        user_status: str = MemberStatus.ACTIVE,
    ) -> None:
        """Add a member."""
        async with self.store.transaction() as tx:
            user = User(
                public_id=public_id("usr"), email=email, name=email.split("@")[0].title(), password_hash="-",
                status=user_status, created_at=tx.now,
            )  # fmt: skip
            tx.session.add(user)
            await tx.session.flush()
            membership = Membership(
                organizer_id=self.organizer_id, user_id=cast("int", user.id), role=role, status=status,
                created_at=tx.now,
            )  # fmt: skip
            tx.session.add(membership)


async def add_organizer(store: Store, slug: str) -> int:
    """Add an organizer; returns its key."""
    async with store.transaction() as tx:
        organizer = Organizer(
            public_id=public_id("org"), name="Lantern Row", slug=slug, currency="USD", zone="America/New_York",
            created_at=tx.now,
        )  # fmt: skip
        tx.session.add(organizer)
        await tx.session.flush()
    return cast("int", organizer.id)


def member_of(organizer_id: int) -> Actor:
    """Return an owner of that organizer."""
    return Actor(ActorKind.MEMBER, organizer_id=organizer_id, user_id=1, role=Role.OWNER, name="Dana Moreau")


@asynccontextmanager
async def open_office(url: str, folder: Path) -> AsyncIterator[Office]:
    """Open an office on that database."""
    bus, clock, mailer = MemoryBus(), Clock(), RecordingMailer()
    store = Store(url, bus, clock)
    runtime = Runtime(
        settings=Settings(data_dir=folder, public_url="https://tickets.example.com"),
        store=store,
        bus=bus,
        payments=cast("Payments", None),
        mailer=mailer,
        webhook_sender=GuardedSender(sandbox=True, deadline=2.0),
        clock=clock,
        links=AccessLinks(KEYS),
        box=SecretBox(KEYS),
    )
    organizer_id = await add_organizer(store, "lantern-row")
    made = Office(runtime, organizer_id, member_of(organizer_id), mailer)
    bus.listen(made.topics.update)
    yield made
    await runtime.webhook_sender.close()
    await store.close()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """An office on SQLite, for the tests of jobs."""
    async with open_office(sqlite_url(tmp_path), tmp_path) as made:
        yield made


@pytest.fixture(params=BOTH)
def desk_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database of each kind."""
    with fresh_database(request, tmp_path) as url:
        yield url


@pytest.fixture
async def desk(desk_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    """An office on each kind of database, for the tests of services."""
    async with open_office(desk_url, tmp_path) as made:
        yield made
