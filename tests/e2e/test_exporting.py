"""The list exported in a browser: what is downloaded is what is shown; a kill in the middle loses nothing."""

from __future__ import annotations

import csv
import io
import re
import shutil
import sqlite3
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, expect

from tests.e2e import people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation


def test_the_filtered_list_is_downloaded_as_it_is_shown(product: Installation, new_page: NewPage) -> None:
    page = new_page()
    people.login(page, product, "/admin/orders?status=paid", "support")
    shown = _numbers_shown(page)
    assert len(shown) > 10

    _open(page)
    expect(page.get_by_role("dialog")).to_contain_text(f"{len(shown)} orders: completed.")
    page.get_by_role("button", name="Export as CSV").click()
    first = _exports(page).first
    expect(first).to_contain_text(f"{len(shown)} orders as CSV")
    expect(first).to_contain_text("Ready")
    rows = list(csv.DictReader(io.StringIO(_downloaded(page, first).decode("utf-8-sig"), newline="")))
    assert [row["order_number"] for row in rows] == shown
    assert {row["status"] for row in rows} == {"Completed"}
    assert {row["currency"]: row["total"] for row in rows}["JPY"] == "6400"

    # The page is still connected after a download, and the links survive a reload.
    page.get_by_role("button", name="Close").last.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.reload()
    _open(page)
    expect(_exports(page).first.get_by_role("link", name="Download")).to_be_visible()
    page.get_by_label("Excel").check()
    page.get_by_role("button", name="Export as Excel").click()
    expect(_exports(page).first).to_contain_text(f"{len(shown)} orders as Excel")
    expect(_exports(page).first).to_contain_text("Ready")
    book = load_workbook(BytesIO(_downloaded(page, _exports(page).first)))
    assert [line[0] for line in book["Orders"].iter_rows(min_row=2, values_only=True)] == shown


def test_a_viewer_is_offered_no_export(product: Installation, new_page: NewPage) -> None:
    page = new_page()
    people.login(page, product, "/admin/orders", "viewer")
    expect(page.get_by_role("row", name=re.compile("Maren Okafor"))).to_be_visible()
    expect(page.get_by_role("button", name="Export", exact=True)).to_have_count(0)


@pytest.fixture
def fragile(demo_data: Path, tmp_path: Path) -> Iterator[Installation]:
    """An installation of this test's own with some thousand orders more, to be killed."""
    shutil.copytree(demo_data, tmp_path / "fragile")
    _multiply(tmp_path / "fragile" / "kagibag.db", 6000)
    installation = Installation(tmp_path / "fragile")
    installation.start()
    yield installation
    installation.kill()


def test_an_export_that_was_killed_in_the_middle_is_whole_in_the_end(
    fragile: Installation, new_page: NewPage
) -> None:
    page = new_page()
    people.login(page, fragile, "/admin/orders", "support")
    _open(page)
    page.get_by_label("Excel").check()
    page.get_by_role("button", name="Export as Excel").click()
    expect(_exports(page).first).to_contain_text(re.compile(r"[1-9],\d{3} of 6,\d{3} orders"), timeout=60_000)
    fragile.kill()

    fragile.start()
    page.goto(f"{fragile.url}/admin/orders")
    _open(page)
    expect(_exports(page).first).to_contain_text("Ready", timeout=120_000)
    expect(_exports(page)).to_have_count(1)
    counted = re.search(r"6,\d{3} orders", page.get_by_role("dialog").inner_text())
    assert counted
    sheet = load_workbook(BytesIO(_downloaded(page, _exports(page).first)), read_only=True)["Orders"]
    numbers = [line[0] for line in sheet.iter_rows(min_row=2, max_col=1, values_only=True)]
    assert len(set(numbers)) == len(numbers) == int(counted[0].split()[0].replace(",", ""))


def _open(page: Page) -> None:
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _exports(page: Page) -> Locator:
    return page.get_by_role("dialog").get_by_role("listitem")


def _downloaded(page: Page, item: Locator) -> bytes:
    with page.expect_download() as started:
        item.get_by_role("link", name="Download").click()
    assert re.fullmatch(r"orders-lantern-row-[\d-]+\.(csv|xlsx)", started.value.suggested_filename)
    return Path(started.value.path()).read_bytes()


def _numbers_shown(page: Page) -> list[str]:
    rows = page.get_by_role("table").get_by_role("row", name=re.compile("KB-"))
    expect(rows.first).to_be_visible()
    return [row.get_by_role("link").first.inner_text() for row in rows.all()]


def _multiply(database: Path, times: int) -> None:
    """Copy one paid order many times, under other numbers."""
    with sqlite3.connect(database) as connection:
        names: list[str] = [
            found[1] for found in connection.execute("PRAGMA table_info(orders)") if found[1] != "id"
        ]
        changed: dict[str, str] = {
            "public_id": "'or_copy' || n.value", "number": "'KB-COPY-' || n.value", "request_key": "NULL",
        }  # fmt: skip
        chosen = ", ".join(changed.get(name, name) for name in names)
        connection.execute(
            f"WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < {times}) "  # noqa: S608 - our own names
            f"INSERT INTO orders ({', '.join(names)}) "
            f"SELECT {chosen} FROM n, (SELECT * FROM orders WHERE status = 'paid' ORDER BY id LIMIT 1)"
        )
    connection.close()
