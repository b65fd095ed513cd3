"""Search and filters of the orders list, in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e import people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation


def test_orders_are_found_by_number_email_event_status_and_date(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    people.login(page, product, "/admin/orders")
    maren = page.get_by_role("row", name=re.compile("Maren Okafor"))
    number = maren.get_by_role("link").first.inner_text()

    search = page.get_by_role("searchbox")
    search.fill(number.replace("-", "").lower())
    expect(_rows(page)).to_have_count(1)
    expect(maren).to_be_visible()
    search.fill("okafor@exam")
    expect(_rows(page)).to_have_count(1)
    search.fill("nobody at all")
    expect(_rows(page)).to_have_count(0)

    page.goto(f"{product.url}/admin/orders?status=expired")
    expect(page.get_by_role("row", name=re.compile("Peter Nagy"))).to_be_visible()
    expect(_rows(page)).to_have_count(1)
    page.goto(f"{product.url}/admin/orders?from=2000-01-01&until=2000-01-31")
    expect(_rows(page)).to_have_count(0)
    page.goto(f"{product.url}/admin/orders")
    page.locator("summary", has_text="Event").click()
    page.get_by_role("link", name="Kiln & Clay Weekend").click()
    expect(page.get_by_role("row", name=re.compile("Mateo Villaseñor"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Night Harbour"))).to_have_count(0)


def _rows(page: Page):
    return page.get_by_role("table").get_by_role("row", name=re.compile("KB-"))
