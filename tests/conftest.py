"""What every test gets: a folder and servers of this test run's own, and fixed Hypothesis profiles."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.servers.chromium import chromium_executable
from tests.servers.postgres import PostgresCluster, shared_cluster, stop_shared_cluster

RUN_FOLDER = "KAGIBAG_TEST_RUN"
MARKERS_BY_FIXTURE = {"postgres_cluster": "postgres", "chromium": "browser"}

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_configure(config: pytest.Config) -> None:
    """Give the test run a folder, which its workers inherit, and keep the developer's settings out."""
    if _is_worker(config):
        return
    for name in [name for name in os.environ if name.startswith("KAGIBAG_")]:
        del os.environ[name]
    os.environ[RUN_FOLDER] = tempfile.mkdtemp(prefix="kagibag-tests-")
    # A polite kill must stop the cluster too: SIGTERM goes the way of Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers of this test run and remove its folder, however it ended."""
    if _is_worker(config) or RUN_FOLDER not in os.environ:
        return
    folder = Path(os.environ.pop(RUN_FOLDER))
    stop_shared_cluster(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they use, so that `make quick` never meets a server by mistake."""
    for item in items:
        for fixture, marker in MARKERS_BY_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)
        if "e2e" in item.path.relative_to(item.config.rootpath).parts:
            item.add_marker("e2e")


@pytest.fixture(scope="session")
def postgres_cluster() -> PostgresCluster:
    """The test run's private PostgreSQL cluster, started by the first test that asks."""
    return shared_cluster(Path(os.environ[RUN_FOLDER]))


@pytest.fixture(scope="module")
def postgres_url(postgres_cluster: PostgresCluster) -> Iterator[str]:
    """The `postgresql+psycopg://` address of an empty database of this test module's own."""
    url = postgres_cluster.create_database()
    yield url
    postgres_cluster.drop_database(url)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the Chromium to give Playwright as `executable_path`."""
    return chromium_executable()


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
