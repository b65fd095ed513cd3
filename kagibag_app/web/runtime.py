"""This process's Runtime, for States and routes. The app's lifespan sets it."""

from __future__ import annotations

from kagibag_app.runtime import Runtime

_current: Runtime | None = None


def runtime() -> Runtime:
    """Return the connections of this process.

    Raises:
        RuntimeError: The app has not started, or has stopped.
    """
    if _current is None:
        raise RuntimeError("the app's lifespan has not started")
    return _current


def use(started: Runtime | None) -> None:
    """Hand over the connections at start; ``None`` takes them away at the end."""
    global _current
    _current = started
