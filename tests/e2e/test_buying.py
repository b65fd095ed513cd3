"""Every way to get a ticket, in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e import people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation

DECLINED = "4000 0000 0000 0002"
THREE_D_SECURE = "4000 0027 6000 3184"


def test_free_order_is_complete_without_stripe(product: Installation, new_page: NewPage) -> None:
    page = new_page()
    before = len(product.sandbox_objects("checkout.session"))
    people.fill_cart(page, product, {"Free ticket": 1}, event="open-rehearsal", name="Fay Free")
    page.get_by_role("button", name="Get tickets").click()
    people.expect_order_page(page)
    expect(page.get_by_role("img", name=re.compile("QR"))).to_have_count(1)
    assert len(product.sandbox_objects("checkout.session")) == before


def test_declined_card_keeps_the_order_and_another_card_pays_it(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    people.fill_cart(page, product, {"General admission": 1}, name="Dee Clined")
    people.go_to_payment(page)
    people.pay(page, DECLINED)
    expect(page.get_by_role("alert")).to_contain_text("declined")
    people.pay(page)
    number = people.expect_order_page(page)

    organizer = new_page()
    people.login(organizer, product, f"/admin/orders/{number}")
    expect(organizer.get_by_text(re.compile("Payment declined"))).to_be_visible()
    expect(organizer.get_by_text(re.compile("Order completed"))).to_be_visible()


def test_three_d_secure_pays_after_the_bank_agreed(product: Installation, new_page: NewPage) -> None:
    page = new_page()
    people.fill_cart(page, product, {"Student": 1}, name="Thea Secure")
    people.go_to_payment(page)
    people.pay(page, THREE_D_SECURE)
    page.get_by_role("button", name="Fail").click()
    expect(page.get_by_role("alert")).to_be_visible()
    people.pay(page, THREE_D_SECURE)
    page.get_by_role("button", name="Complete").click()
    people.expect_order_page(page)


def test_buyer_who_comes_back_unpaid_can_go_on_to_pay(product: Installation, new_page: NewPage) -> None:
    page = new_page()
    people.fill_cart(page, product, {"General admission": 1}, name="Uma Undecided")
    people.go_to_payment(page)
    page.get_by_role("link", name=re.compile("Cancel")).click()
    page.wait_for_url("**/checkout/**")
    page.get_by_role("button", name=re.compile(r"^Pay \$42.00")).click()
    page.wait_for_url("**/c/pay/**")
    people.pay(page)
    people.expect_order_page(page)
