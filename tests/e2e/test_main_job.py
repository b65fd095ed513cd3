"""The product's main job: buy, see the order, ask for the money back, decide, refunded; live on both screens."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e import people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation


def test_refund_travels_from_request_to_bank_live_on_both_screens(
    product: Installation, new_page: NewPage
) -> None:
    organizer, attendee = new_page(), new_page()
    people.login(organizer, product, "/admin/refunds")
    expect(organizer.get_by_role("heading", name="Refunds")).to_be_visible()

    people.fill_cart(attendee, product, {"General admission": 2}, name="Ada Byron", code="harbour15")
    people.go_to_payment(attendee)
    people.pay(attendee)
    number = people.expect_order_page(attendee)
    payment = attendee.get_by_role("complementary", name="Payment")
    for line in ("2 × General admission", "$84.00", "HARBOUR15", "−$12.60", "$71.40"):
        expect(payment).to_contain_text(line)
    expect(attendee.get_by_role("img", name=re.compile("QR"))).to_have_count(2)

    people.ask_for_refund(attendee, 1)
    expect(people.queue_row(organizer, "Ada Byron")).to_be_visible()
    people.approve(organizer, "Ada Byron")
    expect(attendee.get_by_text("1 ticket refunded")).to_be_visible()
    assert number
