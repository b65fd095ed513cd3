"""Many orders refunded in one go, in a browser: what would happen, how far it is, what came of it."""

from __future__ import annotations

import csv
import re
import secrets

from playwright.sync_api import Page, expect

from tests.e2e import people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation


def _somebody() -> str:
    """A name that nobody else has, not even in an earlier run on the same installation."""
    return f"Kilian {secrets.token_hex(4).translate(str.maketrans('0123456789', 'ghijklmnop'))}"


def test_orders_of_a_filter_are_previewed_refunded_and_reported(
    product: Installation, new_page: NewPage
) -> None:
    attendee, page, name = new_page(), new_page(), _somebody()
    numbers = [people.buy(attendee, product, {"General admission": count}, name=name) for count in (1, 2)]
    _refund_orders_of(page, product, name)

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


def test_orders_above_the_limit_wait_until_a_second_person_confirms_them(
    product: Installation, new_page: NewPage
) -> None:
    attendee, owner, manager, name = new_page(), new_page(), new_page(), _somebody()
    small, large = (
        people.buy(attendee, product, {"General admission": count}, name=name) for count in (1, 2)
    )
    people.login(owner, product, people.POLICIES, "owner")
    people.limit_managers(owner, "50")
    try:
        _refund_orders_of(manager, product, name)
        expect(manager.get_by_text("1 order is more than a manager gives back alone")).to_be_visible()
        _answer(manager, re.compile(r"^Refund \$"))
        expect(manager.get_by_text("1 of 2 orders done")).to_be_visible(timeout=30_000)
        expect(manager.get_by_text("Approved first by Noor Haas.")).to_be_visible()
        expect(manager.get_by_role("button", name="Confirm 1 order")).to_have_count(0)
        assert _report(manager) == {small: "Refunded", large: "Waits for a second person"}
        expect(attendee.get_by_text("Completed", exact=True).first).to_be_visible()

        owner.goto(manager.url)
        _answer(owner, "Confirm 1 order")
        expect(manager.get_by_text("2 of 2 orders done")).to_be_visible(timeout=30_000)
        assert _report(manager) == {small: "Refunded", large: "Refunded"}
        assert product.audit() == []
    finally:
        owner.goto(product.url + people.POLICIES)
        people.limit_managers(owner, "")


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


def _refund_orders_of(page: Page, product: Installation, name: str) -> None:
    """Search a buyer's orders and have a bulk refund of them looked at."""
    people.login(page, product, f"/admin/orders?q={name.replace(' ', '%20')}")
    page.get_by_role("button", name="Refund these orders").click()


def _answer(page: Page, button: str | re.Pattern[str]) -> None:
    """Press a button, and the one of the same sense in the question that it asks."""
    page.get_by_role("button", name=button).click()
    question = page.get_by_role("alertdialog")
    question.get_by_role("button", name=re.compile("^Refund")).click()
    expect(question).to_be_hidden()


def _report(page: Page) -> dict[str, str]:
    with page.expect_download() as download:
        page.get_by_role("link", name="Report as CSV").click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        return {row["order_number"]: row["result"] for row in csv.DictReader(file)}
