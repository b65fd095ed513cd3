"""The command palette by keyboard alone, and on a phone by its button."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e import links, people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation


def test_it_goes_anywhere_and_finds_an_order_without_a_mouse(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    number = links.order_number(product, "Maren Okafor")
    people.login(page, product, "/admin/orders")
    search = page.get_by_role("searchbox")
    search.focus()
    dialog, field = page.get_by_role("dialog"), page.get_by_role("combobox", name="Search or jump to")

    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    first = page.get_by_role("option").first
    expect(first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", "palette-list-0")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("option").last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    # The focus stays inside, and goes back to where it was.
    page.keyboard.press("Tab")
    expect(dialog.locator(":focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(search).to_be_focused()

    # Enter right behind the last letter waits for the answer to what was typed.
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/admin/orders/{number}"))
    expect(page.get_by_role("heading", name=number)).to_be_visible()
    expect(dialog).to_be_hidden()

    page.keyboard.press("Meta+k")
    expect(field).to_be_focused()
    page.keyboard.type("dispu")
    expect(page.get_by_role("option")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/admin/disputes$"))


def test_a_phone_has_a_button_for_it(product: Installation, new_page: NewPage) -> None:
    page = new_page(width=390, height=844)
    people.login(page, product, "/admin/refunds", "support")
    page.get_by_role("button", name="Search or jump to").click()
    page.get_by_role("combobox", name="Search or jump to").fill("maren")
    page.get_by_role("option", name=re.compile("Maren Okafor")).first.click()
    page.wait_for_url(re.compile("/admin/orders/KB-"))
