"""Make `.venv` hold exactly what a lock names, and the `kagibag` command.

Runs on the standard library alone, because nothing else is there yet. `make` calls it before every target:
while nothing changed since the last time, it answers in milliseconds.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RECORD = VENV / "installed.json"
RUN_LOCK = "requirements.lock"
DEV_LOCK = "requirements-dev.lock"


class InstallError(Exception):
    """Something is missing on this machine; the message says what to type."""


def fingerprint(lock: str) -> str:
    """Identify what an installation from `lock` makes: the packages, and the project's own commands."""
    digest = hashlib.sha256()
    for name in (lock, "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def read_record() -> dict[str, str]:
    """Return what was installed when: lock -> fingerprint, and `root`, the folder it was made in."""
    try:
        return json.loads(RECORD.read_text())
    except (OSError, ValueError):
        return {}


def usable_venv() -> bool:
    """Say whether `.venv` can be kept.

    It can't after the checkout moved (its commands carry absolute paths), nor after the system's Python was
    replaced by another version (its packages are then out of sight).
    """
    if not PYTHON.exists() or read_record().get("root", str(ROOT)) != str(ROOT):
        return False
    return subprocess.run([PYTHON, "-c", "import pip"], capture_output=True, check=False).returncode == 0


def make_venv() -> None:
    """Create `.venv` with the Python that runs this.

    Raises:
        InstallError: This Python comes without venv or ensurepip, as it does on Debian and Ubuntu.
    """
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise InstallError(
            f"{(made.stdout + made.stderr).strip()}\n"
            f"Python {version} could not make the virtual environment {VENV}. "
            f"On Debian or Ubuntu type:  sudo apt-get install python{version}-venv"
        )


def pip_install(*arguments: str | Path) -> None:
    """Install with the environment's own pip, quietly.

    Raises:
        InstallError: pip failed. Its message stands above ours.
    """
    # Modules are compiled when they are first imported: compiling all of them takes longer than fetching.
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-compile", "--no-deps"]
    installed = subprocess.run([PYTHON, "-m", "pip", "install", *options, *arguments], cwd=ROOT, check=False)
    if installed.returncode != 0:
        raise InstallError(
            "pip could not install the packages; its reason stands above. Nothing else was changed. "
            "Check the network and the free disk space, then type the same make command again."
        )


def install(lock: str) -> None:
    """Bring `.venv` to what `lock` names, or do nothing when it is there already.

    Raises:
        InstallError: The environment or a package could not be installed.
    """
    wanted = fingerprint(lock)
    if usable_venv() and read_record().get(lock) == wanted:
        return
    started = time.monotonic()
    print(f"Installing the packages of {lock} into .venv (a minute or so the first time)", flush=True)
    if not usable_venv():
        make_venv()
    record = read_record() | {"root": str(ROOT)}
    RECORD.unlink(missing_ok=True)
    pip_install("--require-hashes", "--only-binary=:all:", "--requirement", lock)
    pip_install("--no-build-isolation", "--no-index", "--editable", ROOT)
    record[lock] = wanted
    if lock == DEV_LOCK:
        # The development lock is the other one and more.
        record[RUN_LOCK] = fingerprint(RUN_LOCK)
    RECORD.write_text(json.dumps(record, indent=2))
    print(f"Installed in {time.monotonic() - started:.0f} s", flush=True)


def main() -> int:
    """Read the command line, install, and turn a failure into one readable message."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also what tests and linters need")
    arguments = parser.parse_args()
    try:
        install(DEV_LOCK if arguments.dev else RUN_LOCK)
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
