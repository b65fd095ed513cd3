"""One installation with its demo data for all end-to-end tests of a worker, and a browser for each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from kagibag_app.demo.organizer import make_demo
from kagibag_app.settings import Env, Settings
from kagibag_app.storage import schema
from tests.e2e.installation import Installation
from tests.servers.chromium import chromium_arguments

NewPage = Callable[..., Page]


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo's month in it, to be copied by installations that start from there."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    settings = Settings(env=Env.DEMO, data_dir=folder)
    schema.upgrade(settings.database)
    make_demo(settings, progress=lambda _: None)
    return folder


@pytest.fixture(scope="session")
def product(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """The product as `make demo` starts it, with its sandbox and demo organizer.

    `E2E_PRODUCT=PORT:DATA_DIR` takes one that runs already instead, which is quicker while writing a test.
    """
    running = os.environ.get("E2E_PRODUCT")
    if running:
        port, _, folder = running.partition(":")
        yield Installation(Path(folder), port=int(port))
        return
    folder = tmp_path_factory.mktemp("product") / "demo"
    shutil.copytree(request.getfixturevalue("demo_data"), folder)
    installation = Installation(folder)
    installation.start()
    yield installation
    installation.stop()


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    """A browser of this test's own; Playwright's loop must not outlive it, other tests have theirs."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=chromium_arguments())
        yield opened
        opened.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Opens a page in a browser profile of its own: nothing is shared between two of them.

    At the end no page may have logged an error or asked another host for anything.
    """
    problems: list[str] = []
    with ExitStack() as stack:

        def open_page(
            *, width: int = 1440, height: int = 900, dark: bool = False, zone: str | None = None
        ) -> Page:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                reduced_motion="reduce",
                timezone_id=zone,
            )
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(15_000)
            page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
            page.on("request", lambda request: _own_host(request.url, problems))
            return page

        yield open_page
    assert not problems, problems


def _own_host(url: str, problems: list[str]) -> None:
    if not url.startswith(("http://localhost:", "http://127.0.0.1:", "data:", "blob:")):
        problems.append(f"asked another host: {url}")
