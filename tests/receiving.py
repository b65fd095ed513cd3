"""A real receiver on loopback, and a network that notes where a request would have gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import httpcore
import pytest

from kagibag_app.gateways.guarded_http import GuardedSender
from kagibag_app.ports.webhook_http import WebhookAnswer


@dataclass
class Answer:
    """What a receiver answers.

    Attributes:
        pause: Seconds between the parts.
    """

    status: int = 200
    parts: Sequence[bytes] = (b"thank you",)
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0


@dataclass
class Received:
    """One request as it arrived."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A real HTTP server on loopback that answers as told; the last answer is repeated."""

    port: int = 0
    answers: list[Answer] = field(default_factory=lambda: [Answer()])
    requests: list[Received] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            original = dict(line.split(": ", 1) for line in head[1:] if line)
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.requests.append(Received(head[0], {k.lower(): v for k, v in original.items()}, body))
            await self._answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        lines = [f"HTTP/1.1 {answer.status} Answer", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        for part in answer.parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(answer.pause)


@asynccontextmanager
async def listening(address: str = "127.0.0.1", **options: Any) -> AsyncIterator[Receiver]:
    """Run a receiver for a while."""
    made = Receiver()
    server = await asyncio.start_server(made.serve, address, 0, **options)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on loopback that answers 200."""
    async with listening() as made:
        yield made


class Recorder(httpcore.AsyncNetworkBackend):
    """Opens every connection to one port of loopback instead, and notes where it should have gone."""

    def __init__(self, port: int = 0) -> None:
        self.port, self.asked = port, list[tuple[str, int]]()
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to our own port."""
        self.asked.append((host, port))
        return await self._inner.connect_tcp("127.0.0.1", self.port, timeout)

    def sender(self, *addresses: str, **options: Any) -> GuardedSender:
        """Return a sender whose connections come here, and whose resolver gives these addresses for any name."""

        async def resolve(host: str, port: int) -> list[str]:
            return list(addresses)

        return GuardedSender(**({"resolve": resolve, "network": self} | options))


async def send(sender: GuardedSender, url: str, headers: dict[str, str] | None = None) -> WebhookAnswer:
    """Post something once and close."""
    try:
        return await sender.post(url, b'{"id":1}', headers or {})
    finally:
        await sender.close()
