"""One process that does the work of an installation and takes Stripe's events, without pages: to be killed.

Run as ``python -m kagibag_app.bench.bulk_worker PORT`` with the installation's settings.
"""

from __future__ import annotations

import asyncio
import signal
import sys

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from starlette.applications import Starlette

import kagibag_app.tables  # noqa: F401 - every table is known to the metadata
from kagibag_app.bootstrap import build
from kagibag_app.jobs.running import working
from kagibag_app.logs import configure
from kagibag_app.settings import Settings
from kagibag_app.storage import lock, outbox
from kagibag_app.web import limits
from kagibag_app.web import runtime as web_runtime
from kagibag_app.web.api import health, stripe_webhook


async def serve(settings: Settings, port: int) -> None:
    """Work until SIGTERM, as the embedded process does."""
    with lock.hold(settings.data_dir):
        runtime = await build(settings)
        web_runtime.use(runtime)
        limits.count_in("")
        await runtime.store.run(lambda tx: outbox.free_leases(tx.session))
        app = Starlette(routes=[*health.ROUTES, *stripe_webhook.ROUTES])
        server = Server(
            app, address=settings.host, port=port, interface=Interfaces.ASGI, log_level=LogLevels.error
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, server.stop)
        try:
            async with working(runtime):
                await server.serve()
        finally:
            await runtime.close()


def main() -> None:
    """Serve on the port of the command line."""
    settings = Settings()
    configure(settings)
    asyncio.run(serve(settings, int(sys.argv[1])))


if __name__ == "__main__":
    main()
