"""What this machine lets the tests do: which user runs servers, how missing programs get installed."""

import os
import shutil
import subprocess


class ServerMissingError(Exception):
    """A program the tests need is not here; the message names the one command to type."""


def root_prefix() -> list[str] | None:
    """Return what runs a command as root without a question, or None when that is not allowed."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if asked.returncode == 0 else None


def apt_install(package: str) -> bool:
    """Install a Debian package when this machine has apt and allows it.

    The package lists are fetched only if the first try fails: a fresh container comes without them.

    Returns:
        Whether apt said that the package is installed.
    """
    prefix = root_prefix()
    if prefix is None or shutil.which("apt-get") is None:
        return False
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet=2"]
    install = [*apt, "install", "--yes", "--no-install-recommends", package]
    if _succeeds(install):
        return True
    return _succeeds([*apt, "update"]) and _succeeds(install)


def _succeeds(command: list[str]) -> bool:
    finished = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    return finished.returncode == 0
