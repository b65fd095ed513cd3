"""The sandbox's own page, pressed by a person."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e import people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation


def test_a_person_opens_and_wins_a_dispute_on_the_sandboxs_page(
    product: Installation, new_page: NewPage
) -> None:
    attendee, console, organizer = new_page(), new_page(), new_page()
    number = people.buy(attendee, product, {"General admission": 1}, name="Connie Sole")
    people.login(organizer, product, f"/admin/orders/{number}")
    charge = product.sandbox_objects("charge")[0]["id"]

    console.goto(product.sandbox_url)
    console.get_by_role("button", name=f"Open a dispute about {charge}").click()
    expect(organizer.get_by_text("Disputed", exact=True).first).to_be_visible()
    dispute = product.sandbox_objects("dispute")[0]["id"]
    console.get_by_role("button", name=f"Win: {dispute}").click()
    expect(organizer.get_by_text("Dispute won", exact=True).first).to_be_visible()


def test_a_sale_goes_through_after_the_sandboxs_clock_was_advanced(
    product: Installation, new_page: NewPage
) -> None:
    product.sandbox("advance", seconds=3600)
    people.buy(new_page(), product, {"Student": 1}, name="Tim Traveller")


def test_the_printed_address_leads_home_by_way_of_the_login(product: Installation, new_page: NewPage) -> None:
    page = new_page()
    people.sign_in(page, product, "/admin", "support")
    page.wait_for_url(re.compile(r"/admin/?$"))
    expect(page.get_by_role("heading", name="Needs a decision")).to_be_visible()
