"""One process works in a data folder; columns keep the zone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite

from kagibag_app.settings import SettingsError
from kagibag_app.storage import lock
from kagibag_app.storage.columns import UtcDateTime


def test_a_second_holder_of_the_folder_is_told_who_works_there_and_what_to_do(tmp_path: Path) -> None:
    with lock.hold(tmp_path / "new"):
        with pytest.raises(SettingsError) as refused:
            lock.hold(tmp_path / "new")
        with lock.hold(tmp_path / "other"):
            pass
    assert f"pid {os.getpid()}" in str(refused.value)
    assert "KAGIBAG_DATA_DIR" in str(refused.value)
    lock.hold(tmp_path / "new").close()


def test_a_holder_that_was_killed_leaves_the_folder_free(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys; from kagibag_app.storage import lock; "
        "held = lock.hold(pathlib.Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    lock.hold(tmp_path).close()


def test_a_time_is_stored_in_utc_and_comes_back_aware() -> None:
    column, dialect = UtcDateTime(), sqlite.dialect()
    local = datetime(2026, 5, 15, 19, 30, tzinfo=timezone(-timedelta(hours=4)))
    assert column.process_bind_param(local, dialect) == datetime(2026, 5, 15, 23, 30, tzinfo=UTC)
    assert column.process_result_value(datetime(2026, 5, 15, 23, 30), dialect) == local  # noqa: DTZ001 - as SQLite answers
    assert column.process_bind_param(None, dialect) is column.process_result_value(None, dialect) is None


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        UtcDateTime().process_bind_param(datetime(2026, 5, 15), sqlite.dialect())  # noqa: DTZ001 - the mistake itself
