"""Open pages without browsers, in this process: to measure what they cost and whether they keep up.

Events take the way that they take from a socket: Reflex's processor, the tab's lock, the handler's guard, and the answer
as JSON. Only the network is missing.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

import reflex as rx
from reflex.app_mixins.middleware import MiddlewareMixin
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.token import BaseStateToken
from reflex.utils import format
from reflex_base.event import Event
from reflex_base.event.processor import BaseStateEventProcessor

from kagibag_app.web import live
from kagibag_app.web.session import COOKIE, TabGuard

S = TypeVar("S", bound=rx.State)
_HYDRATE = "reflex___state____state.hydrate"


@dataclass(slots=True)
class Rehearsal:
    """Tabs and their server side.

    Attributes:
        hub: Tells them what changed; run it with the store's bus.
        sent: Bytes that went out, and ``updates``: in how many messages.
    """

    processor: BaseStateEventProcessor
    manager: StateManagerMemory
    tokens: set[str] = field(default_factory=set)
    sent: int = 0
    updates: int = 0

    @property
    def hub(self) -> live.Hub:
        """A hub that knows these tabs alone."""
        return live.Hub(cast(Any, SimpleNamespace(event_processor=self.processor, event_namespace=self)))

    async def open(self, path: str, on_load: Any, *, session: str, query: Mapping[str, str]) -> str:
        """Open a page and load it.

        Args:
            path: Its address without the query.
            on_load: The handler that loads it.
            session: The cookie of the member's session.

        Returns:
            The tab's token.
        """
        token, said = str(uuid.uuid4()), f"?{urlencode(query)}" if query else ""
        self.tokens.add(token)
        place = {
            "headers": {"cookie": f"{COOKIE}={session}"}, "token": token, "sid": token,
            "pathname": path, "asPath": f"{path}{said}", "query": dict(query),
        }  # fmt: skip
        for name in (_HYDRATE, Event.from_event_type(on_load())[0].name):
            done = await self.processor.enqueue(token, Event(name=name, payload={}, router_data=place))
            await done.wait_all()
        return token

    async def state(self, token: str, cls: type[S]) -> S:
        """Return what the server holds of one of a tab's States."""
        root = await self.manager.get_state(BaseStateToken(ident=token, cls=cls))
        return await root._get_root_state().get_state(cls)

    @property
    def _token_manager(self) -> Any:
        sockets = {token: SimpleNamespace(instance_id="here") for token in self.tokens}
        return SimpleNamespace(instance_id="here", token_to_socket=sockets)

    async def emit_update(self, update: Any, token: str) -> None:
        """Write what would go through the socket, and give way as the real one does."""
        self.sent += len(format.json_dumps(update))
        self.updates += 1
        await asyncio.sleep(0)


@asynccontextmanager
async def rehearsal() -> AsyncIterator[Rehearsal]:
    """Run Reflex's event processing for as many tabs as needed."""
    middleware = MiddlewareMixin()
    middleware.add_middleware(TabGuard())
    processor = BaseStateEventProcessor(middleware=middleware, backend_exception_handler=None)
    opened = Rehearsal(processor, StateManagerMemory())
    async with processor.configure(state_manager=opened.manager, event_namespace=cast(Any, opened)):
        yield opened
