"""An event from a draft to a sold ticket, in a browser."""

from __future__ import annotations

import re
import secrets

from playwright.sync_api import expect

from tests.e2e import people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation

SLUG = f"moth-evening-{secrets.token_hex(4)}"


def test_a_draft_becomes_an_event_that_sells(product: Installation, new_page: NewPage) -> None:
    page = new_page()
    people.login(page, product, "/admin/events")
    page.get_by_role("button", name="New event").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Title").fill("Moth Evening")
    form.get_by_label("Address of its page").fill("Moth Evening!")
    form.get_by_label("Venue").fill("The old observatory")
    form.get_by_label("Time zone").select_option("America/New_York")
    form.get_by_label("Starts").fill("2031-06-20T21:00")
    form.get_by_label("Ends").fill("2031-06-20T20:00")
    form.get_by_role("button", name="Add draft").click()
    # What is wrong is said at its field, and what was typed is still there.
    expect(form).to_contain_text("An event ends after it starts.")
    expect(form.get_by_label("Title")).to_have_value("Moth Evening")
    form.get_by_label("Ends").fill("2031-06-20T23:30")
    people.wait_out_double_press(page)
    form.get_by_role("button", name="Add draft").click()
    expect(form.get_by_label("Address of its page")).to_have_attribute("aria-invalid", "true")
    form.get_by_label("Address of its page").fill(SLUG)
    people.wait_out_double_press(page)
    form.get_by_role("button", name="Add draft").click()
    page.wait_for_url(re.compile(f"/admin/events/{SLUG}"))

    page.get_by_role("button", name="Add ticket type").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name").fill("Seat")
    form.get_by_label("Price in USD").fill("12.50")
    form.get_by_label("How many there are").fill("3")
    form.get_by_role("button", name="Save ticket type").click()
    expect(form).to_be_hidden()
    buyer = new_page()
    buyer.goto(f"{product.url}/e/{SLUG}")
    expect(buyer.get_by_text("Seat")).to_be_hidden()

    page.get_by_role("button", name="Publish").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Publish").click()
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    people.buy(buyer, product, {"Seat": 2}, event=SLUG)
    # Nothing is reloaded: what is sold comes by itself, and no fewer seats than that can be had any more.
    row = page.get_by_role("row", name=re.compile("Seat"))
    expect(row).to_contain_text("2")
    page.get_by_role("button", name="Change Seat").click()
    form = page.get_by_role("dialog")
    form.get_by_label("How many there are").fill("1")
    form.get_by_role("button", name="Save ticket type").click()
    expect(form).to_contain_text("2 are sold, so the capacity is at least 2.")
    form.get_by_role("button", name="Cancel").click()

    page.get_by_role("button", name="Cancel event").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("Nothing is refunded by this.")
    question.get_by_role("button", name="Cancel the event").click()
    expect(page.get_by_role("button", name="Refund its orders")).to_be_visible()
    buyer.goto(f"{product.url}/e/{SLUG}")
    expect(buyer.get_by_text(re.compile("cancelled", re.IGNORECASE)).first).to_be_visible()
    assert product.audit() == []
