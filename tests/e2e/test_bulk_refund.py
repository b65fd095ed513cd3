"""Many orders refunded in one go, in a browser: what would happen, how far it is, what came of it."""

from __future__ import annotations

import csv
import re
import secrets

from playwright.sync_api import Page, expect

from tests.e2e import people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation

# Nobody else has it, not even in an earlier run on the same installation.
BUYERS = f"Kilian {secrets.token_hex(4).translate(str.maketrans('0123456789', 'ghijklmnop'))}"


def test_orders_of_a_filter_are_previewed_refunded_and_reported(
    product: Installation, new_page: NewPage
) -> None:
    attendee = new_page()
    numbers = [people.buy(attendee, product, {"General admission": count}, name=BUYERS) for count in (1, 2)]
    page = new_page()
    people.login(page, product, f"/admin/orders?q={BUYERS.replace(' ', '%20')}")
    page.get_by_role("button", name="Refund these orders").click()

    expect(page.get_by_text("This is what would happen. Nothing was refunded yet.")).to_be_visible()
    expect(page.get_by_role("table", name="Amounts by currency")).to_contain_text("3")
    page.get_by_role("radio", name=re.compile("Cancel the orders")).check()
    page.get_by_label("Message to the buyers").fill("The hall is closed.")
    page.get_by_role("button", name=re.compile(r"^Refund \$")).click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("goes back to the buyers of 2 orders")
    expect(question).to_contain_text("with your message")
    question.get_by_role("button", name=re.compile(r"^Refund \$")).click()
    expect(question).to_be_hidden()

    # Nothing is reloaded: it comes by itself.
    expect(page.get_by_text("2 of 2 orders done")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Every order is settled as listed below.")).to_be_visible()
    for number in numbers:
        expect(page.get_by_role("row", name=re.compile(number))).to_contain_text("Refunded")
    assert _report(page) == dict.fromkeys(numbers, "Refunded")
    expect(attendee.get_by_text("Cancelled", exact=True).first).to_be_visible()
    assert product.audit() == []


def test_an_event_is_looked_at_and_nothing_is_refunded_when_it_is_thrown_away(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    people.login(page, product, "/admin/refunds")
    page.get_by_role("link", name="Bulk refunds").click()
    before = product.sandbox_objects("refund")
    chosen = page.get_by_label("Event to refund")
    harbour = chosen.locator("option", has_text="Harbour").first
    expect(harbour).to_be_attached()
    chosen.select_option(label=harbour.inner_text())
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("table", name=re.compile("left out"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile(r"^Refund \$"))).to_be_visible()
    page.get_by_role("button", name="Throw away").click()
    page.wait_for_url("**/admin/refunds/bulk")
    assert product.sandbox_objects("refund") == before


def _report(page: Page) -> dict[str, str]:
    with page.expect_download() as download:
        page.get_by_role("link", name="Report as CSV").click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        return {row["order_number"]: row["result"] for row in csv.DictReader(file)}
