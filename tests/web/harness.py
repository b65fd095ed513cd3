"""Plays browsers against State handlers without a browser: through Reflex's own event processor."""

from __future__ import annotations

import contextlib
import json
import re
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from reflex.app_mixins.middleware import MiddlewareMixin
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.token import BaseStateToken
from reflex.state import BaseState
from reflex_base.event import Event
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.registry import RegistrationContext

import kagibag_app.tables  # noqa: F401 - every table is known to the metadata
from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import Role
from kagibag_app.kagibag_app import app
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.kit.clock import Clock
from kagibag_app.live.bus import MemoryBus
from kagibag_app.runtime import Runtime
from kagibag_app.settings import Settings
from kagibag_app.storage.secrets import AccessLinks, SecretBox
from kagibag_app.storage.transaction import Store
from kagibag_app.web import runtime as held
from kagibag_app.web.session import COOKIE, TabGuard
from tests.databases import sqlite_url

__all__ = [
    "PASSWORD",
    "Browser",
    "Person",
    "Tab",
    "app",
    "browser",
    "event_name",
    "member",
    "organizer",
    "small_runtime",
]

PASSWORD = "correct horse battery"
_ROOT = "reflex___state____state"
_TOAST = re.compile(r"""refs\['__toast'\].*?\((?P<text>"(?:[^"\\]|\\.)*")""")
_REPLACED = re.compile(r'replaceState\([^)]*, (?P<address>"[^"]*")\)')
_HASH = accounts.hash_password(PASSWORD)


@contextlib.asynccontextmanager
async def small_runtime(folder: Path, **settings: Any) -> AsyncIterator[Runtime]:
    """A Runtime on a fresh SQLite file (or on ``database_url``), without Stripe, mail or webhooks, held for States."""
    bus, clock = MemoryBus(), Clock()
    config = Settings(data_dir=folder, **settings)
    if not config.database_url:
        sqlite_url(folder)
    store = Store(config.database, bus, clock)
    closed = cast(Any, SimpleNamespace(close=_closed))
    runtime = Runtime(
        config, store, bus, closed, cast(Any, SimpleNamespace()), closed, clock,
        AccessLinks(config.signing_keys()), SecretBox(config.sealing_keys()), "acct_platform",
    )  # fmt: skip
    held.use(runtime)
    try:
        yield runtime
    finally:
        held.use(None)
        await runtime.close()


async def _closed() -> None: ...


@dataclass(frozen=True)
class Person:
    """A member with an open session."""

    user_id: int
    organizer_id: int
    email: str
    cookie: str

    @property
    def header(self) -> str:
        """The Cookie header of their browser."""
        return f"{COOKIE}={self.cookie}"


async def organizer(runtime: Runtime, slug: str = "night-owl") -> int:
    """Add an organizer and return its id."""
    return await runtime.store.run(
        lambda tx: accounts.create_organizer(
            tx, SYSTEM, name="Night Owl", slug=slug, currency="USD", zone="America/New_York"
        )
    )


async def member(runtime: Runtime, organizer_id: int, role: Role = Role.OWNER, *, email: str = "") -> Person:
    """Add a member who has just logged in (password: ``PASSWORD``)."""
    address = email or f"{role}-{uuid.uuid4().hex[:8]}@example.test"
    async with runtime.store.transaction() as tx:
        user = await accounts.create_user(
            tx, SYSTEM, email=address, name=f"{role} person".title(), password_hash=_HASH
        )
        await accounts.add_member(tx, SYSTEM, organizer_id=organizer_id, user_id=user, role=role)
        cookie = await accounts.start_session(tx, user_id=user)
    return Person(user, organizer_id, address, cookie)


@dataclass
class Browser:
    """Tabs and their server side: one event processor with its State in memory."""

    processor: BaseStateEventProcessor
    tabs: dict[str, Tab] = field(default_factory=dict)

    def tab(
        self,
        path: str = "/",
        *,
        person: Person | None = None,
        cookie: str = "",
        query: Mapping[str, str] | None = None,
    ) -> Tab:
        """Open a tab.

        Args:
            path: The address shown, with its dynamic parts filled in.
            person: Whose cookie it has.
            query: Dynamic parts and query arguments by name.
        """
        token = str(uuid.uuid4())
        header = person.header if person else cookie
        tab = self.tabs[token] = Tab(self, token, path, header, dict(query or {}))
        return tab

    def close(self, tab: Tab) -> None:
        """Close a tab: its socket is gone."""
        del self.tabs[tab.token]

    @property
    def _token_manager(self) -> Any:
        sockets = {token: SimpleNamespace(instance_id="here") for token in self.tabs}
        return SimpleNamespace(instance_id="here", token_to_socket=sockets)

    def knows(self, name: str) -> bool:
        """Whether a socket client can call something by this full name."""
        return name in RegistrationContext.get().event_handlers

    async def emit_update(self, update: Any, token: str) -> None:
        """Take what Reflex would send through the socket."""
        self.tabs[token].take(update)


@dataclass
class Tab:
    """One open page: what it was sent is in ``vars``, ``toasts``, ``redirects`` and ``replaced`` (addresses set in place).

    ``vars`` has what changed since the tab was opened, by plain name; ``shown`` has all of one State.
    """

    browser: Browser
    token: str
    path: str
    cookie: str
    query: dict[str, str]
    vars: dict[str, Any] = field(default_factory=dict)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    toasts: list[str] = field(default_factory=list)
    redirects: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)
    connected: bool = False

    async def open(self) -> None:
        """Load the page as a browser does: Reflex's own events, then the page's ``on_load`` handlers."""
        self.connected = True
        await self.send(f"{_ROOT}.hydrate_and_load", {})

    async def call(self, handler: Any, *args: Any) -> None:
        """Send an event as the page would: ``await tab.call(OrdersState.search, "KB-7F3K")``."""
        event = Event.from_event_type(handler(*args))[0]
        await self.send(event.name, dict(event.payload))

    async def send(self, name: str, payload: dict[str, Any]) -> None:
        """Send an event as any socket client could: by full name, with arguments of any type.

        The page's ``on_load`` handlers do not run: see ``open``.
        """
        if not self.connected:
            self.connected = True
            await self.send(f"{_ROOT}.hydrate", {})
            self.vars.clear()
        query = "&".join(f"{key}={value}" for key, value in self.query.items())
        data = {
            "headers": {"cookie": self.cookie, "origin": "http://localhost:8000", "asgi-scope-client": "203.0.113.9"},
            "token": self.token, "sid": "s", "pathname": self.path, "asPath": f"{self.path}?{query}" if query else self.path,
            "query": self.query,
        }  # fmt: skip
        done = await self.browser.processor.enqueue(
            self.token, Event(name=name, payload=payload, router_data=data)
        )
        await done.wait_all()

    async def push(self, handler: Any) -> None:
        """Let the server enqueue a reload, as the live hub does."""
        done = await self.browser.processor.enqueue(self.token, Event.from_event_type(handler())[0])
        await done.wait_all()

    async def state(self, cls: type[BaseState]) -> Any:
        """The server side of one of the tab's States."""
        manager = self.browser.processor._root_context.state_manager  # type: ignore[union-attr]
        root = await manager.get_state(BaseStateToken(ident=self.token, cls=cls))
        return await root._get_root_state().get_state(cls)

    def shown(self, cls: type[BaseState]) -> dict[str, Any]:
        """What the browser holds of one State, the values it began with included."""
        return self.states.get(cls.get_full_name(), {})

    def take(self, update: Any) -> None:
        """Keep what was sent."""
        self.sent.append(update)
        for state, changes in (update.delta or {}).items():
            named = {name.removesuffix("_rx_state_"): value for name, value in changes.items()}
            self.states.setdefault(state, {}).update(named)
            self.vars.update(named)
        for event in update.events:
            if event.name == "_redirect":
                self.redirects.append(str(event.payload["path"]))
            elif found := _REPLACED.search(str(event.payload.get("javascript_code", ""))):
                self.replaced.append(json.loads(found["address"]))
            elif found := _TOAST.search(str(event.payload.get("function", ""))):
                self.toasts.append(json.loads(found["text"]))


@contextlib.asynccontextmanager
async def browser(guard: TabGuard | None = None) -> AsyncIterator[Browser]:
    """Run Reflex's event processing for as many tabs as needed."""
    middleware = MiddlewareMixin()
    middleware.add_middleware(guard or TabGuard())
    processor = BaseStateEventProcessor(middleware=middleware, backend_exception_handler=None)
    opened = Browser(processor)
    async with processor.configure(state_manager=StateManagerMemory(), event_namespace=cast(Any, opened)):
        yield opened


def event_name(handler: Any) -> str:
    """The full name by which a socket client calls a handler."""
    return next(
        name
        for name, known in RegistrationContext.get().event_handlers.items()
        if known.handler.fn is handler.fn
    )
