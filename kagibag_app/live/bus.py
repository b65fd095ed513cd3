"""Carries topic names from a commit to whoever listens: in this process, or through Redis to all."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

import structlog

log = structlog.get_logger(__name__)

Listener = Callable[[set[str]], None]
CHANNEL = "kagibag:topics"


class MemoryBus:
    """For one process: listeners are called directly."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with every published set; returns how to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def publish(self, topics: set[str]) -> None:
        """Tell every listener of this process. A listener's error never reaches the one who committed."""
        self.deliver(topics)

    def deliver(self, topics: set[str]) -> None:
        """Call the listeners of this process."""
        for listener in list(self._listeners):
            try:
                listener(set(topics))
            except Exception:
                log.exception("live.listener_failed")

    async def run(self) -> None:
        """Nothing to receive from elsewhere."""

    async def close(self) -> None:
        """Nothing to close."""


class RedisBus(MemoryBus):
    """For many processes: published topics reach each one's listeners, this one's included.

    A lost message only delays: pages reload by themselves every 30 s and workers look at their clock.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        from redis import asyncio as redis

        self._redis: Any = redis.from_url(url, socket_connect_timeout=2, socket_timeout=None)

    async def publish(self, topics: set[str]) -> None:
        """Send to Redis; when it is away, tell at least this process."""
        try:
            await asyncio.wait_for(self._redis.publish(CHANNEL, json.dumps(sorted(topics))), 2)
        except Exception as error:
            log.warning("live.redis_away", error=type(error).__name__)
            self.deliver(topics)

    async def run(self) -> None:
        """Receive until cancelled, reconnecting after a second."""
        while True:
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    async for message in channel.listen():
                        if message["type"] == "message":
                            self.deliver(set(json.loads(message["data"])))
            except asyncio.CancelledError:
                raise
            except Exception as error:
                log.warning("live.redis_away", error=type(error).__name__)
                await asyncio.sleep(1)

    async def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(Exception):
            await self._redis.aclose()


Bus = MemoryBus
