"""One request to a checked address, under one deadline, reading no more than is needed."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
import unicodedata
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import cast
from urllib.parse import urlsplit

import httpcore
import httpx

from kagibag_app.gateways.guarded_http.addresses import AddressRules
from kagibag_app.ports.webhook_http import BlockedAddress, WebhookAnswer

DEADLINE = 15.0
LONGEST_ANSWER = 20_000
LONGEST_EXCERPT = 2_000
MOST_CONNECTIONS = 50

Resolver = Callable[[str, int], Awaitable[list[str]]]


class GuardedSender:
    """Implements ``ports.webhook_http.WebhookSender``.

    Nothing of the environment (proxies, netrc) is used, no redirect is followed, no body is decompressed, and
    every request opens a connection of its own.

    Args:
        sandbox: Also allow plain http to this machine (see ``AddressRules``).
        forbidden_ports: Ports of this machine that stay closed even then.
        deadline: Seconds from the look-up of the name to the end of the answer.
        resolve: Finds the addresses of a name.
        network: Opens connections to checked addresses.
        tls: Which certificates are trusted; the public authorities when omitted.
    """

    def __init__(
        self,
        *,
        sandbox: bool = False,
        forbidden_ports: Iterable[int] = (),
        deadline: float = DEADLINE,
        resolve: Resolver | None = None,
        network: httpcore.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._rules = AddressRules(sandbox, frozenset(forbidden_ports))
        self._deadline = deadline
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(trust_env=False),
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=0,
            network_backend=_CheckedNetwork(
                self._rules,
                resolve or look_up,
                network or cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend()),
            ),
        )

    def check_url(self, url: str) -> None:
        """Refuse a URL by its text alone.

        Raises:
            BlockedAddress: With a sentence for the one who typed it.
        """
        self._rules.check_url(url)

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> WebhookAnswer:
        """Send the request once and return what came back; nothing is raised for what the other side does."""
        started = time.monotonic()
        try:
            self.check_url(url)
            async with asyncio.timeout(self._deadline):
                answer = await self._exchange(url, body, headers)
        except TimeoutError:
            answer = WebhookAnswer(
                0, error=f"The answer was not complete after {self._deadline:g} s.", timed_out=True
            )
        except BlockedAddress as blocked:
            answer = WebhookAnswer(0, error=f"Nothing was sent. {blocked.reason}")
        except httpcore.ConnectError as error:
            answer = WebhookAnswer(0, error=_why_not_connected(error))
        except (httpcore.NetworkError, httpcore.ProtocolError):
            answer = WebhookAnswer(0, error="The connection broke before a complete HTTP answer came.")
        return replace(answer, duration_ms=round((time.monotonic() - started) * 1000))

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.aclose()

    async def _exchange(self, url: str, body: bytes, headers: dict[str, str]) -> WebhookAnswer:
        fixed = {"host": urlsplit(url).netloc, "accept-encoding": "identity", "connection": "close"}
        sent = {**headers, **fixed}
        async with self._pool.stream("POST", url, headers=list(sent.items()), content=body) as response:
            got = {name.lower(): value for name, value in response.headers}
            start = await _beginning(response.aiter_stream(), LONGEST_ANSWER)
        encoded = got.get(b"content-encoding", b"identity").strip().lower() not in (b"", b"identity")
        excerpt = "(a compressed answer is not shown)" if encoded and start else _readable(start)
        return WebhookAnswer(
            response.status, excerpt=excerpt, retry_after=_retry_after(got.get(b"retry-after", b""))
        )


class _CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Looks a name up once, checks every answer, and connects to a checked address: nothing can change between.

    The TLS layer above still verifies the certificate against the name.
    """

    def __init__(self, rules: AddressRules, resolve: Resolver, network: httpcore.AsyncNetworkBackend) -> None:
        self._rules, self._resolve, self._network = rules, resolve, network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = self._rules.check_addresses(host, port, await self._resolve(host, port))
        for address in addresses[:-1]:
            with suppress(httpcore.ConnectError):
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
        return await self._network.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise BlockedAddress("Sockets of this machine are not posted to.")

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


async def look_up(host: str, port: int) -> list[str]:
    """Return every address of a name; the system's resolver works in a thread."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BlockedAddress("This host name was not found.") from error
    return [str(entry[4][0]) for entry in found]


async def _beginning(stream: AsyncIterable[bytes], limit: int) -> bytes:
    start = bytearray()
    async for chunk in stream:
        start += chunk[: limit - len(start)]
        if len(start) >= limit:
            break
    return bytes(start)


def _readable(body: bytes) -> str:
    text = body[:LONGEST_EXCERPT].decode("utf-8", "replace")
    shown = (c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") else " " for c in text)
    return "".join(shown).strip()


def _retry_after(value: bytes) -> float | None:
    text = value.decode("latin-1").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


def _why_not_connected(error: httpcore.ConnectError) -> str:
    if isinstance(error.__context__, ssl.SSLCertVerificationError):
        return "The receiver's TLS certificate is not valid for this address."
    if isinstance(error.__context__, ssl.SSLError):
        return "No TLS connection came about."
    return "The receiver refused the connection or can't be reached."
