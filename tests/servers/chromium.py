"""The Chromium that browser tests drive: the system's own, or the one Playwright downloaded."""

import functools
import os
import shutil
import subprocess
import sys

from tests.servers.machine import ServerMissingError

INSTALL_COMMAND = ".venv/bin/playwright install --with-deps chromium"
SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Asked of another process, because Playwright's blocking API refuses to start inside a running event loop.
_PLAYWRIGHTS_OWN = (
    "from playwright.sync_api import sync_playwright\n"
    "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
)


@functools.cache
def chromium_executable() -> str:
    """Return the path of a Chromium or Chrome that starts here, for Playwright's `executable_path`.

    Raises:
        ServerMissingError: There is none.
    """
    for name in SYSTEM_NAMES:
        path = shutil.which(name)
        if path and _starts(path):
            return path
    asked = subprocess.run(
        [sys.executable, "-c", _PLAYWRIGHTS_OWN], capture_output=True, text=True, check=False, timeout=60
    )
    path = asked.stdout.strip()
    if path and _starts(path):
        return path
    raise ServerMissingError(f"Browser tests need Chromium, and none starts here. Type:  {INSTALL_COMMAND}")


def chromium_arguments() -> list[str]:
    """Return the command-line flags for Playwright's `args`.

    The browser finds nothing but this machine, so that a page which loads from elsewhere fails its test.
    """
    arguments = [
        "--disable-gpu",
        "--disable-quic",
        "--disable-sync",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
    ]
    if os.geteuid() == 0:
        # Chromium's own sandbox refuses to run as root, which is what a container is.
        arguments.append("--no-sandbox")
    return arguments


def _starts(path: str) -> bool:
    """Say whether it runs: some distributions ship a stub that only asks to install something else."""
    try:
        asked = subprocess.run([path, "--version"], capture_output=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0
