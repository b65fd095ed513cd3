"""A burst of orders while many lists of orders are open: does each keep up, and does the server stay awake meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import kagibag_app.tables  # noqa: F401 - every table is known to the metadata
from kagibag_app.bootstrap import mailer_for, sender_for
from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.checkout import service as checkout
from kagibag_app.features.events import service as events
from kagibag_app.gateways.stripe_api import StripePayments
from kagibag_app.kit.actor import SYSTEM, Actor, ActorKind
from kagibag_app.kit.clock import Clock
from kagibag_app.live.bus import MemoryBus
from kagibag_app.runtime import Runtime
from kagibag_app.settings import Settings
from kagibag_app.storage import schema
from kagibag_app.storage.secrets import AccessLinks, SecretBox
from kagibag_app.storage.transaction import Store, Transaction
from kagibag_app.web import live, runtime
from kagibag_app.web.admin.orders import filters
from kagibag_app.web.admin.orders.reading import Found, completed, found
from kagibag_app.web.admin.orders.state import OrdersState
from kagibag_app.web.rehearsal import Rehearsal, rehearsal

ORDERS, LISTS, SECONDS = 200, 50, 10.0
# What the open lists show: half of them everything, the others what people filter, search and sort by.
QUERIES: tuple[dict[str, str], ...] = (
    {}, {"status": "paid"}, {}, {"q": "okafor"}, {}, {"source": "free"}, {}, {"sort": "oldest"}, {}, {"sort": "highest"},
)  # fmt: skip
NAMES = ("Maren Okafor", "Theo Lindqvist", "Aiko Tanabe", "Ruth Adeyemi")
# How long lists may take to show the last order before it counts as missed.
PATIENCE_SECONDS = 20.0
_LOOK_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Burst:
    """What was seen.

    Attributes:
        missed: Lists that did not show what the database holds, in the end.
        longest_stall_ms: The longest time in which the event loop ran nothing else; ``longest_work_ms``: how much of
            such a time it computed itself, the rest being others on the machine.
        settled_ms: From the last order until every list showed the newest state.
        sent_kb: To all lists together, in ``updates`` messages.
    """

    orders: int
    lists: int
    seconds: float
    missed: int
    longest_stall_ms: float
    longest_work_ms: float
    settled_ms: float
    sent_kb: int
    updates: int


def run(
    folder: Path,
    *,
    orders: int = ORDERS,
    lists: int = LISTS,
    seconds: float = SECONDS,
    database_url: str = "",
) -> dict[str, Any]:
    """Place orders at an even pace while lists are open, on a database of its own.

    Args:
        folder: Where the database is made, and the secrets of a runtime.
        seconds: In which the orders are placed; 0: as fast as they come.
        database_url: Another, empty database instead.

    Returns:
        The fields of ``Burst``.
    """
    settings = Settings(data_dir=folder, database_url=database_url)
    schema.upgrade(settings.database)
    return asdict(asyncio.run(burst(settings, orders=orders, lists=lists, seconds=seconds)))


async def burst(settings: Settings, *, orders: int, lists: int, seconds: float) -> Burst:
    """See ``run``; the database has its tables already."""
    async with _runtime(settings) as connections, rehearsal() as pages:
        shop = await connections.store.run(_open_shop)
        async with _following(pages, connections):
            tabs = await _open_lists(pages, shop, lists)
            before, updates = pages.sent, pages.updates
            clock = _Stalls()
            async with _background(clock.run()):
                await _sell(connections.store, shop, orders, seconds)
                ended = time.perf_counter()
                missed = await _settle(pages, shop, tabs)
                settled = time.perf_counter() - ended
    return Burst(
        orders=orders,
        lists=lists,
        seconds=seconds,
        missed=missed,
        longest_stall_ms=round(clock.longest * 1000, 1),
        longest_work_ms=round(clock.longest_work * 1000, 1),
        settled_ms=round(settled * 1000, 1),
        sent_kb=(pages.sent - before) // 1000,
        updates=pages.updates - updates,
    )


@dataclass(slots=True)
class _Stalls:
    """Looks often whether the event loop lets it, in seconds."""

    longest: float = 0.0
    longest_work: float = 0.0

    async def run(self) -> None:
        while True:
            began, worked = time.perf_counter(), time.thread_time()
            await asyncio.sleep(_LOOK_SECONDS)
            self.longest = max(self.longest, time.perf_counter() - began - _LOOK_SECONDS)
            self.longest_work = max(self.longest_work, time.thread_time() - worked)


@dataclass(frozen=True, slots=True)
class _Shop:
    """What is sold, and who looks on."""

    actor: Actor
    session: str
    slug: str
    tickets: str
    names: tuple[str, ...] = field(default=NAMES)


@contextlib.asynccontextmanager
async def _runtime(settings: Settings) -> AsyncIterator[Runtime]:
    clock, bus = Clock(), MemoryBus()
    # Nothing is sent to anybody: free orders need no payment, and no worker takes what they ask for.
    connections = Runtime(
        settings=settings, store=Store(settings.database, bus, clock), bus=bus,
        payments=StripePayments.from_settings(settings), mailer=mailer_for(settings),
        webhook_sender=sender_for(settings), clock=clock, links=AccessLinks(settings.signing_keys()),
        box=SecretBox(settings.sealing_keys()),
    )  # fmt: skip
    runtime.use(connections)
    try:
        yield connections
    finally:
        runtime.use(None)
        await connections.close()


@contextlib.asynccontextmanager
async def _following(pages: Rehearsal, connections: Runtime) -> AsyncIterator[None]:
    hub = pages.hub
    live.use(hub)
    try:
        async with _background(hub.run(connections.bus)):
            # The hub listens before the first commit.
            await asyncio.sleep(0)
            yield
    finally:
        live.use(None)


@contextlib.asynccontextmanager
async def _background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _open_shop(tx: Transaction) -> _Shop:
    organizer = await accounts.create_organizer(
        tx, SYSTEM, name="Burst", slug="burst", currency="USD", zone="America/New_York"
    )
    user = await accounts.create_user(tx, SYSTEM, email="desk@example.com", name="Desk", password_hash="")
    await accounts.add_member(tx, SYSTEM, organizer_id=organizer, user_id=user, role=Role.SUPPORT)
    starts = tx.now + timedelta(days=30)
    event = await events.create_event(
        tx, SYSTEM, organizer_id=organizer, title="Burst", slug="burst", venue="Hall", address="1 Street",
        zone="America/New_York", currency="USD", starts_at=starts, ends_at=starts + timedelta(hours=3),
        refund_policy={"tiers": []},
    )  # fmt: skip
    tickets = await events.create_ticket_type(
        tx, SYSTEM, organizer_id=organizer, event_id=event.id, name="Free", price_minor=0, capacity=100_000
    )
    await events.publish(tx, SYSTEM, organizer_id=organizer, event_id=event.id, charges_enabled=False)
    actor = Actor(ActorKind.MEMBER, organizer_id=organizer, user_id=user, role=Role.SUPPORT, name="Desk")
    return _Shop(actor, await accounts.start_session(tx, user_id=user), "burst", tickets.public_id)


async def _open_lists(pages: Rehearsal, shop: _Shop, lists: int) -> dict[str, dict[str, str]]:
    tabs: dict[str, dict[str, str]] = {}
    for number in range(lists):
        query = QUERIES[number % len(QUERIES)]
        token = await pages.open(filters.PATH, OrdersState.load, session=shop.session, query=query)
        tabs[token] = query
    return tabs


async def _sell(store: Store, shop: _Shop, orders: int, seconds: float) -> None:
    began = time.perf_counter()
    for number in range(orders):
        await asyncio.sleep(max(began + number * seconds / orders - time.perf_counter(), 0))
        buyer = shop.names[number % len(shop.names)]
        email = f"{buyer.lower().replace(' ', '.')}.{number}@example.com"

        async def place(tx: Transaction, buyer: str = buyer, email: str = email) -> None:
            await checkout.place_order(
                tx, event_slug=shop.slug, quantities={shop.tickets: 1}, buyer_name=buyer, buyer_email=email,
                platform_account="",
            )  # fmt: skip

        await store.run(place)


async def _settle(pages: Rehearsal, shop: _Shop, tabs: dict[str, dict[str, str]]) -> int:
    """Wait until every list shows what there is; return how many do not."""
    newest: dict[str, Found] = {}
    for query in tabs.values():
        wanted = filters.read(query)[0]
        newest[str(query)] = await completed(shop.actor, await found(shop.actor, wanted, "America/New_York"))
    deadline = time.perf_counter() + PATIENCE_SECONDS
    behind = dict(tabs)
    while behind and time.perf_counter() < deadline:
        await asyncio.sleep(0.01)
        for token, query in list(behind.items()):
            if _is_current(await pages.state(token, OrdersState), newest[str(query)]):
                del behind[token]
    return len(behind)


def _is_current(shown: OrdersState, newest: Found) -> bool:
    """Whether a list has every row of the page or says that some wait, and counts what there is."""
    rows = {line.id for line in shown._lines}
    there = all(line.id in rows for line in newest.lines) or bool(shown.waiting.words)
    return there and shown.sums.total.split()[0] == f"{newest.page.total:,}"
