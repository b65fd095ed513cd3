"""Topics reach every listener; a broken one or a lost Redis stops nobody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from kagibag_app.live.bus import CHANNEL, MemoryBus, RedisBus

NOBODY = "redis://127.0.0.1:22299/0"


async def test_every_listener_hears_what_is_published_until_it_stops() -> None:
    bus, first, second = MemoryBus(), [], []
    stop = bus.listen(first.append)
    bus.listen(second.append)
    await bus.publish({"order:1"})
    stop()
    await bus.publish({"order:2", "outbox"})
    assert (first, second) == ([{"order:1"}], [{"order:1"}, {"order:2", "outbox"}])


async def test_a_listener_that_fails_or_changes_the_set_harms_no_other() -> None:
    bus, heard = MemoryBus(), []

    def broken(topics: set[str]) -> None:
        topics.clear()
        raise ZeroDivisionError

    bus.listen(broken)
    bus.listen(heard.append)
    await bus.publish({"order:1"})
    assert heard == [{"order:1"}]


async def test_a_listener_may_stop_while_topics_are_delivered() -> None:
    bus, heard = MemoryBus(), []
    stops = [bus.listen(lambda _topics: stops[0]())]
    bus.listen(heard.append)
    await bus.publish({"a"})
    assert heard == [{"a"}]


async def test_fault_20_without_redis_this_process_still_hears_its_own_commits() -> None:
    bus, heard = RedisBus(NOBODY), []
    bus.listen(heard.append)
    await asyncio.wait_for(bus.publish({"order:1"}), 4)
    assert heard == [{"order:1"}]
    await bus.close()


async def test_fault_20_receiving_goes_on_trying_until_it_is_told_to_end() -> None:
    bus = RedisBus(NOBODY)
    receiving = asyncio.create_task(bus.run())
    await asyncio.sleep(0.1)
    assert not receiving.done()
    receiving.cancel()
    await asyncio.wait([receiving], timeout=2)
    assert receiving.cancelled()
    await bus.close()


class _Redis:
    """Redis' part of publishing and subscribing, in this process."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[str] = asyncio.Queue()

    async def publish(self, channel: str, message: str) -> None:
        assert channel == CHANNEL
        await self.sent.put(message)

    def pubsub(self) -> _Redis:
        return self

    async def __aenter__(self) -> _Redis:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Nothing is open."""

    async def subscribe(self, channel: str) -> None:
        assert channel == CHANNEL

    async def listen(self) -> AsyncIterator[dict[str, Any]]:
        yield {"type": "subscribe", "data": 1}
        while True:
            yield {"type": "message", "data": await self.sent.get()}

    async def aclose(self) -> None:
        """Nothing is open."""


async def test_what_goes_through_redis_comes_back_once_as_topic_names_only() -> None:
    bus, heard, redis = RedisBus(NOBODY), [], _Redis()
    await bus.close()
    bus._redis = redis
    bus.listen(heard.append)
    await bus.publish({"order:2", "order:1"})
    assert heard == []
    assert json.loads(redis.sent._queue[0]) == ["order:1", "order:2"]  # type: ignore[attr-defined]
    receiving = asyncio.create_task(bus.run())
    async with asyncio.timeout(2):
        while not heard:  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.01)
    receiving.cancel()
    assert heard == [{"order:1", "order:2"}]
