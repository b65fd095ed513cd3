"""One embedded process per data directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from kagibag_app.settings import SettingsError


def hold(data_dir: Path) -> IO[str]:
    """Take the directory for this process; the lock ends with the returned file or the process.

    Raises:
        SettingsError: Another process works in it.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / "kagibag.lock"
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise SettingsError(
            f"Another Kagibag process ({holder}) already works in {data_dir}. Stop it, or set KAGIBAG_DATA_DIR to another folder."
        ) from error
    file.truncate(0)
    file.write(f"pid {os.getpid()}")
    file.flush()
    return file
