"""After a commit the pages that show it are reloaded: once, not too often, and only while they are open."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import reflex as rx

from kagibag_app.features.accounts.rules import Action
from kagibag_app.kit.actor import Actor
from kagibag_app.runtime import Runtime
from kagibag_app.storage.transaction import Transaction
from kagibag_app.web import live
from kagibag_app.web.session import Workspace, require
from tests.web.harness import Browser, Tab, browser, member, organizer, small_runtime

reads: list[str] = []


class HallState(Workspace):
    """Another one, on another page."""

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def load(self, actor: Actor) -> None:
        """Watch."""
        live.watch(self, ["hall"], HallState.refresh)

    @rx.event
    @require(Action.VIEW_ORDERS, person=False)
    async def refresh(self, actor: Actor) -> None:
        """Nothing to reload."""


class WallState(Workspace):
    """A live screen of these tests' own."""

    seen: int = 0

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def load(self, actor: Actor, topics: list[str]) -> None:
        """Show and watch."""
        live.watch(self, topics, WallState.refresh)

    @rx.event
    @require(Action.VIEW_ORDERS, person=False)
    async def refresh(self, actor: Actor) -> None:
        """Count the reloads."""
        self.seen += 1
        await live.share(("wall", actor.organizer_id), self._read)

    async def _read(self) -> int:
        reads.append("read")
        return len(reads)


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[Runtime]:
    reads.clear()
    async with small_runtime(tmp_path) as started:
        yield started


@pytest.fixture
async def tabs(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Browser]:
    monkeypatch.setattr(live, "MIN_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(live, "SHARED_SECONDS", 0.05)
    async with browser() as opened:
        app = SimpleNamespace(event_processor=opened.processor, event_namespace=opened)
        hub = live.Hub(cast(Any, app))
        live.use(hub)
        running = asyncio.create_task(hub.run(runtime.bus))
        await asyncio.sleep(0)
        yield opened
        live.use(None)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def _wall(runtime: Runtime, tabs: Browser, *topics: str) -> Tab:
    tab = tabs.tab("/admin/wall", person=await member(runtime, await _night_owl(runtime)))
    await tab.call(WallState.load, list(topics))
    return tab


async def _night_owl(runtime: Runtime) -> int:
    known = getattr(runtime, "night_owl", None) or await organizer(runtime)
    vars(runtime)["night_owl"] = known
    return known


async def _touch(runtime: Runtime, *topics: str) -> None:
    async with runtime.store.transaction() as tx:
        for topic in topics:
            tx.touch(topic)


async def _settled(tab: Tab, seen: int) -> None:
    for _ in range(600):
        if tab.vars.get("seen", 0) >= seen:
            return
        await asyncio.sleep(0.005)
    pytest.fail(f"not reloaded {seen} times within 3 s")


async def test_a_commit_reloads_every_page_that_shows_its_topic(runtime: Runtime, tabs: Browser) -> None:
    first, second = await _wall(runtime, tabs, "a"), await _wall(runtime, tabs, "a", "b")
    other = await _wall(runtime, tabs, "c")
    await _touch(runtime, "a")
    await _settled(first, 1)
    await _settled(second, 1)
    assert other.vars.get("seen", 0) == 0


async def test_a_change_just_before_a_page_watches_is_told_too(runtime: Runtime, tabs: Browser) -> None:
    await _touch(runtime, "a")
    await _settled(await _wall(runtime, tabs, "a"), 1)


async def test_a_page_is_reloaded_once_when_a_commit_touches_several_of_its_topics(
    runtime: Runtime, tabs: Browser
) -> None:
    tab = await _wall(runtime, tabs, "a", "b", "c")
    await _touch(runtime, "a", "b", "c")
    await _settled(tab, 1)
    await asyncio.sleep(0.2)
    assert tab.vars["seen"] == 1


async def test_many_commits_at_once_become_few_reloads_and_none_is_missed(
    runtime: Runtime, tabs: Browser
) -> None:
    tab = await _wall(runtime, tabs, "a")
    for _ in range(40):
        runtime.bus.deliver({"a"})
        await asyncio.sleep(0.002)
    await asyncio.sleep(0.4)
    after_burst = tab.vars["seen"]
    assert 2 <= after_burst <= 10
    await _touch(runtime, "a")
    await _settled(tab, after_burst + 1)


async def test_a_rolled_back_transaction_reloads_nothing(runtime: Runtime, tabs: Browser) -> None:
    tab = await _wall(runtime, tabs, "a")

    async def fails(tx: Transaction) -> None:
        tx.touch("a")
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        await runtime.store.run(fails)
    await asyncio.sleep(0.15)
    assert tab.vars.get("seen", 0) == 0


async def test_a_later_watch_of_the_same_screen_replaces_the_earlier(runtime: Runtime, tabs: Browser) -> None:
    tab = await _wall(runtime, tabs, "a")
    await tab.call(WallState.load, ["b"])
    await _touch(runtime, "a")
    await asyncio.sleep(0.15)
    assert tab.vars.get("seen", 0) == 0
    await _touch(runtime, "b")
    await _settled(tab, 1)


async def test_a_screen_is_told_nothing_more_once_its_tab_shows_another_page(
    runtime: Runtime, tabs: Browser
) -> None:
    tab, stays = await _wall(runtime, tabs, "a"), await _wall(runtime, tabs, "a")
    tab.path = "/admin/hall"
    await tab.call(HallState.load)
    await _touch(runtime, "a")
    await _settled(stays, 1)
    await asyncio.sleep(0.15)
    assert tab.vars.get("seen", 0) == 0


async def test_screens_of_the_same_page_are_all_told(runtime: Runtime, tabs: Browser) -> None:
    tab = await _wall(runtime, tabs, "a")
    await tab.call(HallState.load)
    await _touch(runtime, "a")
    await _settled(tab, 1)


async def test_a_closed_tab_is_forgotten(runtime: Runtime, tabs: Browser) -> None:
    tab, stays = await _wall(runtime, tabs, "a"), await _wall(runtime, tabs, "a")
    tabs.close(tab)
    await _touch(runtime, "a")
    await _settled(stays, 1)
    assert tab.vars.get("seen", 0) == 0
    assert all(viewer[0] != tab.token for viewer in cast(Any, live._hub)._watches)


async def test_tabs_that_show_the_same_share_one_read(runtime: Runtime, tabs: Browser) -> None:
    walls = [await _wall(runtime, tabs, "a") for _ in range(5)]
    await _touch(runtime, "a")
    for wall in walls:
        await _settled(wall, 1)
    assert len(reads) == 1
    await asyncio.sleep(0.2)
    await walls[0].push(WallState.refresh)
    assert len(reads) == 2


async def test_a_shared_read_is_not_used_after_another_change(runtime: Runtime, tabs: Browser) -> None:
    await _wall(runtime, tabs, "a")
    going = asyncio.Event()

    async def slow() -> str:
        await going.wait()
        return "old"

    async def fresh() -> str:
        return "new"

    first = asyncio.create_task(live.share("key", slow))
    await asyncio.sleep(0)
    runtime.bus.deliver({"a"})
    assert await live.share("key", fresh) == "new"
    going.set()
    assert await first == "old"


async def test_a_live_reload_is_refused_when_the_session_has_ended(runtime: Runtime, tabs: Browser) -> None:
    tab = await _wall(runtime, tabs, "a")
    tab.cookie = ""
    await tab.call(WallState.load, ["a"])
    await _touch(runtime, "a")
    await asyncio.sleep(0.2)
    assert tab.vars.get("seen", 0) == 0
    assert "/admin/login" in tab.redirects[0]


def test_the_heartbeat_loads_nothing_from_elsewhere() -> None:
    beat = live.live_heartbeat(WallState.refresh)
    assert "30000" in str(beat)
    assert "KagibagHeartbeat" in beat.add_custom_code()[0]
