"""The sandbox as its own process."""

import argparse
import asyncio
import signal
from dataclasses import replace
from pathlib import Path

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from kagibag_app.sandbox.app import create_app
from kagibag_app.sandbox.config import SandboxConfig, WebhookTarget

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8001


async def serve(config: SandboxConfig, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> None:
    """Serve one sandbox in this process until SIGTERM or SIGINT.

    One process and one event loop on purpose: the state file has one writer, and nothing survives a kill.
    """
    app = create_app(config)
    server = Server(app, address=host, port=port, interface=Interfaces.ASGI, log_level=LogLevels.error)

    def stop() -> None:
        app.state.sandbox.engine.closing.set()
        server.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await server.serve()


def run(config: SandboxConfig, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> None:
    """Serve one sandbox in this process; returns after SIGTERM or SIGINT."""
    asyncio.run(serve(config, host, port))


def configured(arguments: list[str] | None = None) -> tuple[SandboxConfig, str, int]:
    """Configuration, host and port from the command line; options win over `KAGIBAG_SANDBOX_*` variables.

    Raises:
        SystemExit: the options make no sense; the reason is on stderr.
    """
    parser = argparse.ArgumentParser(
        prog="python -m kagibag_app.sandbox", description="A Stripe sandbox: Stripe's API, and no real money."
    )
    parser.add_argument("--host", default=DEFAULT_HOST)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--state", type=Path, help="file that keeps everything; without it, memory")
    parser.add_argument("--public-url", help="address browsers use; by default the host and port")
    parser.add_argument("--webhook-url", help="receiver of signed events")
    parser.add_argument("--webhook-secret", help="signing secret of the receiver, whsec_...")
    options = parser.parse_args(arguments)
    if bool(options.webhook_url) != bool(options.webhook_secret):
        parser.error("--webhook-url and --webhook-secret go together")
    try:
        config = SandboxConfig.from_env(default_url=f"http://{options.host}:{options.port}")
    except ValueError as error:
        parser.error(str(error))
    if options.public_url:
        config = replace(config, public_url=options.public_url.rstrip("/"))
    if options.state:
        config = replace(config, state_path=options.state)
    if options.webhook_url:
        config = replace(
            config, webhook_targets=(WebhookTarget(options.webhook_url, options.webhook_secret),)
        )
    return config, options.host, options.port


def main() -> None:
    """Serve what the command line asks for: `python -m kagibag_app.sandbox`."""
    run(*configured())
