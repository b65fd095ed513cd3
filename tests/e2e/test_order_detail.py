"""One order as its organizer works with it: money back, the desk's daily acts, and the way through a list."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e import links, people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation


def opened(page: Page, product: Installation, number: str, role: str = "manager", query: str = "") -> None:
    """Open an order, signed in."""
    people.login(page, product, f"/admin/orders/{number}{query}", role)
    expect(page.get_by_role("heading", name=number)).to_be_visible()


def test_a_manager_refunds_one_ticket_and_sees_it_succeed(product: Installation, new_page: NewPage) -> None:
    number = people.buy(
        new_page(), product, {"General admission": 2}, name="Rosa Ferrari", email="rosa@example.com"
    )
    page = new_page()
    opened(page, product, number)
    page.keyboard.press("r")
    dialog = page.get_by_role("alertdialog", name="Refund Rosa Ferrari")
    expect(dialog.get_by_role("button", name="Refund $84.00")).to_be_visible()
    dialog.get_by_label("Chosen tickets").check()
    expect(dialog.get_by_text("Choose at least one ticket.")).to_be_visible()
    dialog.get_by_role("checkbox").first.check()
    expect(dialog.get_by_text("$42.00 goes back to Visa •••• 4242")).to_be_visible()
    dialog.get_by_label("Message to the buyer").fill("See you next time.")
    dialog.get_by_role("button", name="Refund $42.00").dblclick()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("$42.00 is on its way to Stripe")).to_be_visible()
    page.get_by_role("button", name="See the refund").click()
    refunds = page.get_by_role("region", name="Refunds", exact=True)
    expect(refunds).to_be_in_viewport()
    expect(refunds.get_by_text("Succeeded")).to_have_count(1)
    expect(refunds.get_by_role("row")).to_have_count(2)
    tickets = page.get_by_role("region", name="Tickets")
    expect(tickets.get_by_text("Void", exact=True)).to_have_count(1)
    expect(tickets.get_by_text("Valid", exact=True)).to_have_count(1)
    expect(page.get_by_text("Refund of $42.00 succeeded")).to_be_visible()
    expect(page.locator(".timeline .quote", has_text="See you next time.")).to_be_visible()


def test_support_writes_a_note_lets_somebody_in_and_corrects_an_address(
    product: Installation, new_page: NewPage
) -> None:
    buyer = new_page()
    number = people.buy(
        buyer, product, {"General admission": 1}, name="Tilda Brandt", email="tilda@exmaple.com"
    )
    old = links.order_token(product, "Tilda Brandt")
    page = new_page()
    opened(page, product, number, "support")
    expect(page.get_by_role("button", name="Refund…")).to_have_count(0)

    page.keyboard.press("n")
    page.get_by_label("Note for the team").fill("Arrives late, keep her seat.")
    page.get_by_role("region", name="Tickets").get_by_role("button", name="Check in").click()
    expect(page.get_by_text("Checked in", exact=True).first).to_be_visible()
    # What is typed survives what happens meanwhile.
    expect(page.get_by_label("Note for the team")).to_have_value("Arrives late, keep her seat.")
    page.get_by_text("Tell somebody").click()
    page.get_by_role("checkbox", name=re.compile("Dana")).check()
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".timeline .quote", has_text="Arrives late")).to_be_visible()
    expect(page.get_by_label("Note for the team")).to_have_value("")
    expect(
        page.get_by_role("region", name="Messages").get_by_role("cell", name="dana@lantern-row.example")
    ).to_be_visible()

    people.wait_out_double_press(page)
    page.get_by_role("button", name="Undo check-in").click()
    expect(page.get_by_role("region", name="Tickets").get_by_text("Valid", exact=True)).to_be_visible()

    page.get_by_role("button", name="Correct email").first.click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog.get_by_text("stop working at once")).to_be_visible()
    dialog.get_by_label("New address").fill("tilda@example.com")
    dialog.get_by_role("button", name="Correct email").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("complementary").get_by_text("tilda@example.com").first).to_be_visible()
    buyer.goto(f"{product.url}/order/{old}")
    expect(buyer.locator(".plain-answer")).to_be_visible()
    buyer.goto(f"{product.url}/order/{links.order_token(product, 'Tilda Brandt')}")
    expect(buyer.get_by_text(number)).to_be_visible()


def test_one_goes_through_a_filtered_list_order_by_order_and_back_to_it(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    people.login(page, product, "/admin/orders?status=paid&sort=highest")
    rows = page.locator("[data-row]")
    expect(rows.nth(2)).to_be_visible()
    first, second = (rows.nth(index).inner_text() for index in (0, 1))
    rows.nth(0).click()
    expect(page.get_by_role("heading", name=first)).to_be_visible()
    expect(page.get_by_role("link", name="Previous order, k")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name=second)).to_be_visible()
    page.keyboard.press("k")
    expect(page.get_by_role("heading", name=first)).to_be_visible()
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Orders").click()
    page.wait_for_url("**/admin/orders?status=paid&sort=highest")
    expect(rows.nth(0)).to_have_text(first)
