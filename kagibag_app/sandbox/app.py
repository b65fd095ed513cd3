"""The sandbox as a Starlette application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kagibag_app.sandbox.api import Api
from kagibag_app.sandbox.config import SandboxConfig
from kagibag_app.sandbox.console import Console
from kagibag_app.sandbox.control import Control
from kagibag_app.sandbox.delivery import Deliver
from kagibag_app.sandbox.pages import CheckoutPages
from kagibag_app.sandbox.rendering import static_routes
from kagibag_app.sandbox.sandbox import Sandbox


async def _healthy(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def create_app(config: SandboxConfig, deliver: Deliver | None = None) -> Starlette:
    """A sandbox that serves Stripe's API, the hosted pages, the control API and the console.

    With its lifespan started, events are delivered and planned things happen by themselves; without, only
    when told through `app.state.sandbox`.

    Args:
        config: settings.
        deliver: posts an event's body to a URL with headers and returns the HTTP status; by default over the
            network.
    """
    sandbox = Sandbox(config, deliver)
    api = Api(sandbox.engine)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        pump = asyncio.create_task(sandbox.courier.pump())
        try:
            yield
        finally:
            pump.cancel()
            with suppress(asyncio.CancelledError):
                await pump
            await sandbox.close()

    routes: list[BaseRoute] = [
        Route("/v1/{path:path}", api.handle, methods=["GET", "POST", "DELETE"]),
        Route("/healthz", _healthy),
        *static_routes(),
        *CheckoutPages(sandbox).routes(),
        *Control(sandbox).routes(),
    ]
    if config.console:
        routes += Console(sandbox).routes()
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.sandbox = sandbox
    return app
