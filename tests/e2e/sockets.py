"""What a program can do to the product's socket: python-socketio's client, with whatever Origin, cookie and events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import socketio

from tests.e2e.installation import Installation

NAMESPACE = "/_event"


@dataclass
class Socket:
    """An open socket of one tab.

    Attributes:
        received: Every update the server sent, as text.
        arrived: Set at the first update, and at the end.
        closed: Set when the server closed it.
    """

    client: socketio.AsyncClient
    token: str
    received: list[str] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, name: str, payload: Any, path: str = "/admin/orders") -> None:
        """Send an event by its full name, as the page's own script does."""
        data = {"pathname": path, "asPath": path, "query": {}}
        event = {"name": name, "payload": payload, "router_data": data}
        await self.client.emit("event", event, namespace=NAMESPACE)

    async def answer(self, seconds: float = 10) -> str:
        """Wait for the first update, or the end, and return what came."""
        await asyncio.wait_for(self.arrived.wait(), seconds)
        return "\n".join(self.received)

    async def settle(self, quiet: float = 0.4) -> str:
        """Wait until nothing came for a moment and return all that did."""
        before = -1
        while before != len(self.received):
            before = len(self.received)
            await asyncio.sleep(quiet)
        return "\n".join(self.received)


@contextlib.asynccontextmanager
async def connected(
    product: Installation, *, origin: str | None = "", cookie: str = "", token: str = ""
) -> AsyncIterator[Socket]:
    """Open a socket.

    Args:
        product: Whose.
        origin: The Origin header; empty: the product's own; ``None``: none at all.
        cookie: The Cookie header.
        token: Of the tab; empty: a new one.

    Raises:
        socketio.exceptions.ConnectionError: It was refused.
    """
    client = socketio.AsyncClient(reconnection=False)
    opened = Socket(client, token or str(uuid.uuid4()))
    headers: dict[str, str] = {"Cookie": cookie} if cookie else {}
    if origin is not None:
        headers["Origin"] = origin or product.url

    async def keep(data: Any) -> None:
        opened.received.append(data if isinstance(data, str) else json.dumps(data))
        opened.arrived.set()

    async def note_end(*_: Any) -> None:
        opened.closed.set()
        opened.arrived.set()

    client.on("event", keep, namespace=NAMESPACE)
    client.on("disconnect", note_end, namespace=NAMESPACE)
    try:
        await _open(client, product, opened.token, headers)
        yield opened
    finally:
        await client.disconnect()


async def _open(
    client: socketio.AsyncClient, product: Installation, token: str, headers: Mapping[str, str]
) -> None:
    await client.connect(
        f"{product.url}?token={token}",
        headers=dict(headers),
        transports=["websocket"],
        namespaces=[NAMESPACE],
        socketio_path=NAMESPACE,
        wait_timeout=5,
    )
