"""What one web process runs beside its pages: connections, live updates and, when embedded, the worker."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import reflex as rx

from kagibag_app.bootstrap import build
from kagibag_app.jobs.running import working
from kagibag_app.logs import configure
from kagibag_app.settings import Process, Settings
from kagibag_app.storage import lock, outbox
from kagibag_app.web import limits, live, runtime
from kagibag_app.web.api import health


@contextlib.asynccontextmanager
async def running(app: rx.App) -> AsyncIterator[None]:
    """Hold this process's connections while it serves; what started last ends first."""
    settings = Settings()
    configure(settings)
    async with contextlib.AsyncExitStack() as stack:
        if settings.process is Process.EMBEDDED:
            stack.enter_context(lock.hold(settings.data_dir))
        connections = await build(settings)
        stack.push_async_callback(connections.close)
        runtime.use(connections)
        stack.callback(runtime.use, None)
        limits.count_in(settings.redis_url)
        hub = live.Hub(app)
        live.use(hub)
        stack.callback(live.use, None)
        await stack.enter_async_context(_background("live", hub.run(connections.bus)))
        await stack.enter_async_context(_background("bus", connections.bus.run()))
        if settings.process is Process.EMBEDDED:
            if connections.store.sqlite:
                # Nobody else works on this file: what its predecessor held when it ended is free at once.
                await connections.store.run(lambda tx: outbox.free_leases(tx.session))
            await stack.enter_async_context(working(connections))
            health.watch_worker(_worker_lives)
            stack.callback(health.watch_worker, None)
        yield


@contextlib.asynccontextmanager
async def _background(name: str, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _worker_lives() -> bool:
    return any(task.get_name() == "worker" and not task.done() for task in asyncio.all_tasks())
