"""From a click or a key to rows on the screen, in a browser on the built product, beside a page of constant rows."""

from __future__ import annotations

import os
import shutil
import socket
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from kagibag_app import frontend
from kagibag_app.bench.datasets import PASSWORD, Dataset
from kagibag_app.bench.report import Compared
from kagibag_app.bench.stand import Stand
from kagibag_app.demo.synthetic.making import slug_of
from kagibag_app.features.accounts import service as accounts
from kagibag_app.processes import Child, Group
from kagibag_app.settings import SettingsError, StripeMode
from kagibag_app.web.admin.orders.page import TYPING_PAUSE_MS

if TYPE_CHECKING:
    from playwright.async_api import Page

ROOT = Path(__file__).resolve().parent.parent.parent
TIMES = 3.0
ROUNDS, WARM_UP = 30, 3
LIST_PATH, YARDSTICK_PATH = "/admin/orders", "/bench/rows"
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = ["--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
# Begins with what a person does, and ends when the rows are other ones than before.
_WATCH = """
window.bench = {begun: 0, shown: 0, before: ""};
const rows = () => Array.from(document.querySelectorAll("table.orders [data-row]"), (row) => row.textContent).join();
const begin = () => Object.assign(window.bench, {begun: performance.now(), shown: 0, before: rows()});
for (const name of ["click", "input"]) document.addEventListener(name, begin, true);
new MutationObserver(() => {
  const bench = window.bench;
  if (!bench.begun || bench.shown) return;
  const now = rows();
  if (now && now !== bench.before) bench.shown = performance.now();
}).observe(document, {subtree: true, childList: true, characterData: true});
"""

_ROW = "table.orders [data-row]"

Act = Callable[[], Awaitable[object]]


async def compare(
    stand: Stand, folder: Path, *, say: Callable[[str], None], rounds: int = ROUNDS
) -> list[Compared]:
    """Measure the list of orders in a browser.

    Args:
        folder: Keeps the build that has the page of constant rows, and the product's secrets.

    Raises:
        SettingsError: Playwright or a Chromium is missing.
    """
    say("browser: building and starting the product")
    await stand.store.run(
        lambda tx: accounts.remember_installation(tx, mode=StripeMode.SANDBOX, platform_account="acct_bench")
    )
    with _served(stand.dataset, folder) as url:
        async with _page(url + YARDSTICK_PATH) as yardstick, _page(url + LIST_PATH) as page:
            await yardstick.wait_for_selector(_ROW)
            await _sign_in(page, stand.dataset)
            return await _compare(stand, yardstick, page, say, rounds)


async def _compare(
    stand: Stand, yardstick: Page, page: Page, say: Callable[[str], None], rounds: int
) -> list[Compared]:
    number, other = (stand.picker.order_at(share)[1] for share in (0.3, 0.6))
    box = page.get_by_label("Search orders").first
    tabs = page.locator(".tabs a")
    # Gone through without end, so that every press brings other rows.
    constant = cycle(
        partial(yardstick.get_by_role("button", name=name).click) for name in ("First", "Second")
    )
    acts: dict[str, tuple[list[Act], float]] = {
        "a filter": ([lambda: tabs.nth(1).click(), lambda: tabs.first.click()], 0.0),
        "a search": ([lambda: box.fill(number), lambda: box.fill(other)], TYPING_PAUSE_MS),
    }
    found = []
    for name, (turns, pause) in acts.items():
        say(f"browser: {name}")
        product, floor = await _race(page, turns, yardstick, constant, rounds)
        found.append(
            Compared(f"browser, {name} to rows, against constant rows", product, floor, TIMES, plus=pause)
        )
        await page.goto(page.url.partition("?")[0])
        await page.wait_for_selector(_ROW)
    return found


async def _race(
    page: Page, turns: list[Act], yardstick: Page, constant: Iterator[Act], rounds: int
) -> tuple[float, float]:
    """Return the medians of both in milliseconds, one after the other in every round."""
    product: list[float] = []
    floor: list[float] = []
    for number in range(rounds + min(WARM_UP, rounds)):
        turn = number % 2
        product.append(await _took(page, turns[turn]))
        floor.append(await _took(yardstick, next(constant)))
    counted = slice(min(WARM_UP, rounds), None)
    return statistics.median(product[counted]), statistics.median(floor[counted])


async def _took(page: Page, act: Act) -> float:
    """Return the milliseconds from an act to other rows."""
    await act()
    await page.wait_for_function("window.bench.shown > 0", timeout=30_000)
    took: float = await page.evaluate("window.bench.shown - window.bench.begun")
    # Counts come after the rows; the next act begins when the page is at rest.
    await page.wait_for_function("!document.querySelector('[aria-busy=true]')", timeout=30_000)
    await page.wait_for_timeout(100)
    return took


async def _sign_in(page: Page, dataset: Dataset) -> None:
    name = slug_of(dataset.orders, dataset.seed)
    await page.get_by_label("Email").fill(f"wren@{name}.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_selector(_ROW)


@asynccontextmanager
async def _page(url: str) -> AsyncIterator[Page]:
    """Open a page in a browser of its own."""
    try:
        from playwright.async_api import async_playwright
    except ImportError as error:
        raise SettingsError(
            "The browser's part of the bench needs Playwright, which only development brings. "
            "Install it with `make test`, or leave the part out with --no-browser."
        ) from error
    program = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    arguments = _ARGUMENTS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            context = await browser.new_context(
                viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
            )
            await context.add_init_script(_WATCH)
            page = await context.new_page()
            await page.goto(url)
            yield page
        finally:
            await browser.close()


@contextmanager
def _served(dataset: Dataset, folder: Path) -> Iterator[str]:
    """Serve the product on a data set, with the page of constant rows, and yield its address."""
    port = _free_port()
    out = folder / "frontend" / "web"
    told = {
        "KAGIBAG_BENCH": "1", "KAGIBAG_DATABASE_URL": dataset.url, "KAGIBAG_DATA_DIR": str(folder),
        "KAGIBAG_PORT": str(port), "KAGIBAG_PROCESS": "web", "KAGIBAG_LOG_LEVEL": "ERROR",
    }  # fmt: skip
    with _environment(told):
        frontend.build_if_stale(ROOT, out)
        group = Group()
        command = frontend.serve_command("127.0.0.1", port)
        address = f"http://127.0.0.1:{port}"
        try:
            group.start(
                Child("web", command, frontend.serve_environment(out), f"{address}/healthz", aside=True)
            )
            yield address
        finally:
            group.stop()


@contextmanager
def _environment(told: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
