"""After a commit: topic -> the open pages that show it -> their refresh handler."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, TypeAlias, TypeVar

import reflex as rx
import structlog
from reflex_base.event import Event

from kagibag_app.live.bus import Bus
from kagibag_app.web.session import Workspace

log = structlog.get_logger(__name__)

T = TypeVar("T")

# A page is told at most this often about one topic, and never faster than twice what telling all costs.
MIN_PAUSE_SECONDS = 0.25
COST_FACTOR = 2.0
# A fan-out that takes longer is not waited for: its cost is known well enough by then.
MAX_WAIT_SECONDS = 10.0
# So many tabs of one push reload at once, so that what else the process has to do comes in between.
AT_ONCE = 4
# What a push has read is good for all its tabs, however long it takes to tell them.
SHARED_SECONDS = 1.0
RELOAD_EVERY_MS = 30_000
# A page reads first and watches then: what changed in between, or while it was read, is told again.
RECENT_SECONDS = 5.0

Viewer: TypeAlias = tuple[str, str]
"""A tab's token and the name of the handler that reloads one of its States."""


class Hub:
    """Knows which tabs of this process show what.

    Args:
        app: Delivers events to tabs.
    """

    def __init__(self, app: rx.App) -> None:
        self._app = app
        self._watches: dict[Viewer, frozenset[str]] = {}
        self._pages: dict[str, tuple[str, set[Viewer]]] = {}
        self._viewers: dict[str, set[Viewer]] = {}
        self._changed: set[str] = set()
        self._ready_at: dict[str, float] = {}
        self._heard_at: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._pushes: set[asyncio.Task[None]] = set()
        self._shared: dict[Any, asyncio.Future[Any]] = {}

    def watch(self, token: str, page: str, topics: Iterable[str], refresh: Any) -> None:
        """Reload a tab's State with ``refresh`` whenever one of the topics changes; replaces its earlier watch.

        The screens of the page that the tab showed before are told no more. A topic that changed in the last moments
        counts as changing now: the tab may have read just before.
        """
        viewer = (token, Event.from_event_type(refresh())[0].name)
        self.forget(viewer)
        known, left = self._pages.get(token, (page, set[Viewer]()))
        if known != page:
            for other in tuple(left):
                self.forget(other)
        self._pages.setdefault(token, (page, set()))[1].add(viewer)
        self._watches[viewer] = frozenset(topics)
        for topic in self._watches[viewer]:
            self._viewers.setdefault(topic, set()).add(viewer)
        missed = self._watches[viewer] & self._recent().keys()
        if missed:
            self._changed |= missed
            self._wake.set()

    def forget(self, viewer: Viewer) -> None:
        """Stop telling a tab."""
        _, screens = self._pages.get(viewer[0], ("", set[Viewer]()))
        screens.discard(viewer)
        if not screens:
            self._pages.pop(viewer[0], None)
        for topic in self._watches.pop(viewer, ()):
            viewers = self._viewers[topic]
            viewers.discard(viewer)
            if not viewers:
                del self._viewers[topic]
                self._ready_at.pop(topic, None)

    def hear(self, topics: set[str]) -> None:
        """Take note of what a commit changed. Returns at once."""
        self._recent().update(dict.fromkeys(topics, time.monotonic()))
        shown = topics & self._viewers.keys()
        if shown:
            now = time.monotonic()
            if any(self._ready_at.get(topic, 0.0) <= now for topic in shown):
                # What was read before this change must not be shown after it.
                self._shared.clear()
            # A topic in its pause is pushed later: until then what the push under way reads is shared as before.
            self._changed |= shown
            self._wake.set()

    def _recent(self) -> dict[str, float]:
        """The topics heard of in the last moments, whether somebody watched them or not, with the time of each."""
        oldest = time.monotonic() - RECENT_SECONDS
        if any(heard < oldest for heard in self._heard_at.values()):
            self._heard_at = {topic: heard for topic, heard in self._heard_at.items() if heard >= oldest}
        return self._heard_at

    async def share(self, key: Any, load: Callable[[], Awaitable[T]]) -> T:
        """Load once for all tabs that ask for the same at nearly the same time, with no change in between.

        Only for refresh handlers: what a person just did must be read anew.

        Args:
            key: Everything that the result depends on: organizer, role, filters.
            load: Reads it.
        """
        reading = self._shared.get(key)
        if reading is None:
            reading = self._shared[key] = asyncio.ensure_future(load())
            reading.add_done_callback(partial(self._drop_soon, key))
        return await asyncio.shield(reading)

    def _drop_soon(self, key: Any, reading: asyncio.Future[Any]) -> None:
        def drop() -> None:
            if self._shared.get(key) is reading:
                del self._shared[key]

        reading.get_loop().call_later(SHARED_SECONDS, drop)

    async def run(self, bus: Bus) -> None:
        """Push changes until cancelled."""
        stop = bus.listen(self.hear)
        try:
            while True:
                pause = self._push_ready()
                try:
                    await asyncio.wait_for(self._wake.wait(), pause)
                except TimeoutError:
                    continue
                self._wake.clear()
        finally:
            stop()
            for push in self._pushes:
                push.cancel()

    def _push_ready(self) -> float | None:
        """Start pushing the topics whose pause is over; return the seconds until the next one's is."""
        now = time.monotonic()
        ready = {topic for topic in self._changed if self._ready_at.get(topic, 0.0) <= now}
        self._changed -= ready
        if ready:
            # Until the cost is known nothing of these topics is pushed again.
            self._ready_at.update(dict.fromkeys(ready, now + MAX_WAIT_SECONDS))
            self._shared.clear()
            push = asyncio.create_task(self._push(ready))
            self._pushes.add(push)
            push.add_done_callback(self._pushed)
        waits = [self._ready_at.get(topic, now) - now for topic in self._changed]
        return max(min(waits), 0.0) if waits else None

    async def _push(self, topics: set[str]) -> None:
        started = time.monotonic()
        viewers = {viewer for topic in topics for viewer in self._viewers.get(topic, ())}
        open_here = self._open_tabs()
        for viewer in viewers:
            if viewer[0] not in open_here:
                self.forget(viewer)
        await self._tell_all([viewer for viewer in viewers if viewer in self._watches])
        now = time.monotonic()
        pause = max(MIN_PAUSE_SECONDS, COST_FACTOR * (now - started))
        for topic in topics:
            if topic in self._viewers:
                self._ready_at[topic] = now + pause
            else:
                self._ready_at.pop(topic, None)

    def _open_tabs(self) -> set[str]:
        """Return the tokens of the tabs whose socket is in this process; Redis tells every process of all sockets."""
        if self._app.event_namespace is None:
            return set()
        sockets = self._app.event_namespace._token_manager
        return {
            token
            for token, socket in sockets.token_to_socket.items()
            if socket.instance_id == sockets.instance_id
        }

    async def _tell_all(self, viewers: list[Viewer]) -> None:
        """Reload tabs, a few at once; one that takes very long is not waited for."""
        under_way: set[asyncio.Future[Any]] = set()
        for viewer in viewers:
            under_way.add(await self._tell(viewer))
            if len(under_way) >= AT_ONCE:
                told, under_way = await asyncio.wait(
                    under_way, timeout=MAX_WAIT_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                if not told:
                    under_way = set()
        if under_way:
            await asyncio.wait(under_way, timeout=MAX_WAIT_SECONDS)

    async def _tell(self, viewer: Viewer) -> asyncio.Future[Any]:
        """Enqueue the reload like an event of the browser: under the tab's lock, through the handler's guard."""
        token, name = viewer
        return await self._app.event_processor.enqueue(token, Event(name=name))

    def _pushed(self, push: asyncio.Task[None]) -> None:
        self._pushes.discard(push)
        if not push.cancelled() and (error := push.exception()):
            log.error("live.push_failed", exc_info=error)
        self._wake.set()


_hub: Hub | None = None


def use(hub: Hub | None) -> None:
    """Hand over this process's hub at start; ``None`` takes it away at the end."""
    global _hub
    _hub = hub


def watch(state: rx.State, topics: Iterable[str], refresh: Any) -> None:
    """Keep a screen current: call this in its ``on_load`` handler, with the topics it shows.

    An organizer's screen also follows whoever looks at it, so that it changes with their role and ends with their seat.

    Args:
        state: The screen's State.
        topics: From ``live.topics``.
        refresh: Its reload handler, such as ``OrdersState.refresh``: no arguments, guarded with ``person=False``.
    """
    if _hub is not None:
        own = {state._also_followed} if isinstance(state, Workspace) and state._also_followed else set()
        page = state.router.url.path.rstrip("/")
        _hub.watch(state.router.session.client_token, page, own.union(topics), refresh)


async def share(key: Any, load: Callable[[], Awaitable[T]]) -> T:
    """Load once for all tabs that show the same; only in refresh handlers. See ``Hub.share``."""
    return await load() if _hub is None else await _hub.share(key, load)


class Heartbeat(rx.Component):
    """Calls a handler at an interval while the tab is visible, and when it becomes visible again."""

    tag = "KagibagHeartbeat"

    every: rx.Var[int]
    on_beat: rx.EventHandler[rx.event.no_args_event_spec]

    def add_imports(self) -> dict[str, list[str]]:
        """React's hooks."""
        return {"react": ["useEffect", "useRef"]}

    def add_custom_code(self) -> list[str]:
        """The component itself: it renders nothing."""
        return [
            """
function KagibagHeartbeat({ every, onBeat }) {
  const beat = useRef(onBeat);
  beat.current = onBeat;
  useEffect(() => {
    const tick = () => { if (!document.hidden) beat.current(); };
    const timer = setInterval(tick, every);
    document.addEventListener("visibilitychange", tick);
    return () => { clearInterval(timer); document.removeEventListener("visibilitychange", tick); };
  }, [every]);
  return null;
}
"""
        ]


def live_heartbeat(refresh: Any) -> rx.Component:
    """Reload a screen every 30 s, so that a lost message only delays. Put it once on each live page."""
    return Heartbeat.create(every=RELOAD_EVERY_MS, on_beat=refresh)
