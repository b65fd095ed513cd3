"""Many orders at once while many lists are open: no list loses an update, and the pushes leave room for others."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kagibag_app.bench.live_burst import burst
from kagibag_app.settings import Settings
from kagibag_app.web import live
from tests.databases import sqlite_url


async def test_every_list_shows_the_newest_state_after_a_burst(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Many pushes while the orders come, as in a longer burst.
    monkeypatch.setattr(live, "MIN_PAUSE_SECONDS", 0.02)
    sqlite_url(tmp_path)
    seen = await burst(Settings(data_dir=tmp_path), orders=200, lists=50, seconds=0)
    assert (seen.orders, seen.lists, seen.missed) == (200, 50, 0)
    assert seen.updates >= 2 * seen.lists


async def test_push_reloads_a_few_tabs_at_once_and_waits_for_no_stuck_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "MAX_WAIT_SECONDS", 0.02)
    under_way: list[asyncio.Future[None]] = []
    most = 0

    async def enqueue(token: str, event: Any) -> asyncio.Future[None]:
        nonlocal most
        reload = asyncio.get_running_loop().create_future()
        under_way.append(reload)
        most = max(most, sum(not known.done() for known in under_way))
        if not token.startswith("stuck"):
            asyncio.get_running_loop().call_soon(reload.set_result, None)
        return reload

    tabs = {f"{'stuck' if n < live.AT_ONCE else 'quick'}-{n}" for n in range(40)}
    sockets = {token: SimpleNamespace(instance_id="here") for token in tabs}
    manager = SimpleNamespace(instance_id="here", token_to_socket=sockets)
    app = SimpleNamespace(
        event_processor=SimpleNamespace(enqueue=enqueue),
        event_namespace=SimpleNamespace(_token_manager=manager),
    )
    hub = live.Hub(cast(Any, app))
    for token in tabs:
        hub._watches[token, "refresh"] = frozenset({"a"})
        hub._viewers.setdefault("a", set()).add((token, "refresh"))
    await asyncio.wait_for(hub._push({"a"}), 10)
    assert len(under_way) == len(tabs)
    assert most <= 2 * live.AT_ONCE
