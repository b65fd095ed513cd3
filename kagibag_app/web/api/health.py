"""Whether this process lives, and whether it should be given work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from kagibag_app.features.accounts import service as accounts
from kagibag_app.storage import schema
from kagibag_app.web.runtime import runtime

log = structlog.get_logger(__name__)

CHECK_SECONDS = 4.0

_worker_lives: Callable[[], bool] | None = None


def watch_worker(lives: Callable[[], bool] | None) -> None:
    """Say how to ask whether the embedded worker runs; ``None``: this process has none."""
    global _worker_lives
    _worker_lives = lives


async def live(_request: Request) -> JSONResponse:
    """``/healthz``: the process answers."""
    return JSONResponse({"status": "ok"})


async def ready(_request: Request) -> JSONResponse:
    """``/readyz``: 200 when every check passes, else 503; each check says ``ok`` or what is wrong."""
    checks = {
        "database": await _outcome(_reads),
        "schema": await _outcome(_schema),
        "writes": await _outcome(_writes),
    }
    if _worker_lives is not None:
        checks["worker"] = "ok" if _worker_lives() else "stopped"
    good = all(outcome == "ok" for outcome in checks.values())
    return JSONResponse({"status": "ok" if good else "unavailable", "checks": checks}, 200 if good else 503)


async def _reads() -> bool:
    async with runtime().store.read() as session:
        await accounts.system_installation(session)
    return True


async def _schema() -> bool:
    async with runtime().store.read() as session:
        return await schema.is_current(session)


async def _writes() -> bool:
    await runtime().store.run(accounts.prove_writable)
    return True


async def _outcome(check: Callable[[], Awaitable[bool]]) -> str:
    try:
        return "ok" if await asyncio.wait_for(check(), CHECK_SECONDS) else "outdated"
    except Exception as error:
        log.warning("health.check_failed", check=check.__name__, error=type(error).__name__)
        return "failed"


ROUTES = [Route("/healthz", live), Route("/readyz", ready)]
