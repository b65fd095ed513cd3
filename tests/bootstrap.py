"""Run the project's checks: make sure that what they need is here, read the code, run the tests.

`python -m tests.bootstrap all` is `make test`; `quick` and `lint` are parts of it. `long` is `make test-long`: what leaves
something to chance, for longer than anybody waits. Each part says how
long it took, and pytest's own summary line comes last.
"""

import argparse
import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

from tests.lengths import LENGTH
from tests.servers.chromium import chromium_executable
from tests.servers.machine import ServerMissingError, apt_install
from tests.servers.postgres import postgres_programs

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
MAX_WORKERS = 4
LONG_TESTS = ("tests/simulation/test_refund_model.py", "tests/simulation/test_refund_races.py")
LINTERS = (
    ("ruff", "check", "--quiet", "."),
    ("ruff", "format", "--check", "--quiet", "."),
    ("lint-imports", "--no-logo"),
    ("pyright", "--warnings"),
)


def prepare() -> int:
    """Find or install PostgreSQL and Chromium; return 0, or 1 after saying what to type."""
    try:
        postgres = _found_or_installed(postgres_programs, lambda: apt_install("postgresql"))
        chromium = _found_or_installed(chromium_executable, _install_chromium)
    except ServerMissingError as missing:
        print(missing, file=sys.stderr)
        return 1
    print(f"PostgreSQL in {postgres}, Chromium at {chromium}")
    return 0


def lint() -> int:
    """Run the linters until one finds something; return its exit code."""
    for name, *arguments in LINTERS:
        finished = subprocess.run(
            [SCRIPTS / name, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if finished.returncode != 0:
            print(f"{name} {' '.join(arguments)}\n{finished.stdout}{finished.stderr}", file=sys.stderr)
            return finished.returncode
    return 0


def run_tests(*arguments: str) -> int:
    """Run pytest on as many workers as pay off and return its exit code."""
    workers = max(2, min(MAX_WORKERS, os.cpu_count() or 2))
    command = [sys.executable, "-m", "pytest", f"--numprocesses={workers}", "--dist=loadgroup", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _run_everything() -> int:
    return (
        _timed("Preparing", prepare)
        or _timed("Linters", lint)
        or run_tests("--cov", "--cov-report=term", "--durations=10")
    )


def _run_quick() -> int:
    return run_tests("-m", "not browser and not postgres and not e2e")


def _run_long() -> int:
    os.environ[LENGTH] = "long"
    return _timed("Preparing", prepare) or run_tests(*LONG_TESTS, "--timeout=0", "--durations=0", "-rA")


def _timed(part: str, work: Callable[[], int]) -> int:
    started = time.monotonic()
    code = work()
    print(f"{part}: {'done' if code == 0 else 'failed'} in {time.monotonic() - started:.1f} s", flush=True)
    return code


def _found_or_installed(find: Callable[[], object], install: Callable[[], object]) -> object:
    try:
        return find()
    except ServerMissingError:
        install()
        return find()


def _install_chromium() -> None:
    """Take the distribution's Chromium where that works, else the one Playwright downloads."""
    if apt_install("chromium"):
        try:
            chromium_executable()
        except ServerMissingError:
            pass  # Ubuntu's package is a stub that only asks for another installer
        else:
            return
    subprocess.run([SCRIPTS / "playwright", "install", "chromium"], check=False)


PARTS: dict[str, Callable[[], int]] = {
    "all": _run_everything,
    "quick": _run_quick,
    "long": _run_long,
    "lint": lambda: _timed("Linters", lint),
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    sys.exit(PARTS[parser.parse_args().part]())
