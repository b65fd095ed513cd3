"""A chargeback from its opening to its end, in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation


@pytest.mark.parametrize(("verdict", "badge"), [("win", "Dispute won"), ("lose", "Dispute lost")])
def test_dispute_flags_the_order_live_and_ends_with_the_banks_verdict(
    product: Installation, new_page: NewPage, verdict: str, badge: str
) -> None:
    attendee, organizer = new_page(), new_page()
    buyer = f"Diego {verdict.title()}"
    number = people.buy(attendee, product, {"General admission": 1}, name=buyer)
    people.login(organizer, product, "/admin/orders")
    row = _row(organizer, number)
    expect(row).to_be_visible()

    charge = product.sandbox_objects("charge")[0]
    dispute = product.sandbox("disputes", charge=charge["id"], reason="fraudulent", kind="chargeback")
    expect(row.get_by_text("Disputed")).to_be_visible()
    organizer.get_by_role("link", name=re.compile("^Disputed")).click()
    expect(_row(organizer, number)).to_be_visible()

    organizer.goto(f"{product.url}/admin/disputes")
    organizer.get_by_role("link", name=re.compile(buyer)).or_(
        organizer.get_by_role("row", name=re.compile(buyer)).get_by_role("link")
    ).first.click()
    organizer.wait_for_url("**/admin/disputes/**")
    for step in ("opened", "withdrawn"):
        expect(organizer.get_by_text(re.compile(step, re.IGNORECASE)).first).to_be_visible()

    product.sandbox(f"disputes/{dispute['id']}/{verdict}")
    closed = "reinstated" if verdict == "win" else "lost"
    expect(organizer.get_by_text(re.compile(closed, re.IGNORECASE)).first).to_be_visible()
    organizer.goto(f"{product.url}/admin/orders/{number}")
    expect(organizer.get_by_text(badge).first).to_be_visible()


def _row(page: Page, number: str):
    return page.get_by_role("row", name=re.compile(number))
