"""What can go back and what cannot, in a browser: blocked orders, parts over time, a bank that waits."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e import links, people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation

PENDING_REFUND_CARD = "4000 0000 0000 7726"


def test_what_cannot_be_refunded_says_why_before_anything_is_sent(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    people.login(page, product, "/admin/orders")
    for buyer, why in (
        ("Hannah Kessler", "The payment is disputed at the buyer's bank"),
        ("Zofia Lis", "Nothing was paid for this order"),
        ("Peter Nagy", "This order is not paid"),
    ):
        dialog = _asked(page, product, links.order_number(product, buyer))
        expect(dialog).to_contain_text(why)
        expect(dialog.get_by_role("button", name=re.compile(r"^Refund"))).to_have_count(0)
        dialog.get_by_role("button", name="Close").last.click()
        expect(dialog).to_be_hidden()


def test_parts_of_an_order_go_back_one_after_another_until_nothing_is_left(
    product: Installation, new_page: NewPage
) -> None:
    buyer, page = new_page(), new_page()
    number = people.buy(buyer, product, {"General admission": 3}, name="Petra Parts", code="HARBOUR15")
    people.login(page, product, "/admin/orders")
    dialog = _asked(page, product, number)
    dialog.get_by_label("An amount").check()
    dialog.get_by_label("Amount", exact=True).fill("10.01")
    expect(dialog.get_by_text("$10.01 goes back to Visa •••• 4242")).to_be_visible()
    _send(dialog, "$10.01")
    expect(page.get_by_text("Refund of $10.01 succeeded")).to_be_visible()

    people.wait_out_double_press(page)
    dialog = _asked(page, product, number)
    dialog.get_by_label("An amount").check()
    dialog.get_by_label("Amount", exact=True).fill("500")
    expect(dialog.get_by_text(re.compile("left|at most|more than"))).not_to_have_count(0)
    expect(dialog.get_by_role("button", name=re.compile(r"^Refund"))).to_be_disabled()
    dialog.get_by_label("Chosen tickets").check()
    dialog.get_by_role("checkbox").first.check()
    part = dialog.get_by_role("button", name=re.compile(r"^Refund \$"))
    expect(part).to_be_enabled()
    amount = part.inner_text().removeprefix("Refund ")
    _send(dialog, amount)
    expect(page.get_by_text(f"Refund of {amount} succeeded")).to_be_visible()

    people.wait_out_double_press(page)
    dialog = _asked(page, product, number)
    rest = dialog.get_by_role("button", name=re.compile(r"^Refund \$")).inner_text().removeprefix("Refund ")
    _send(dialog, rest)
    expect(page.get_by_text(f"Refund of {rest} succeeded")).to_be_visible()
    intent = links.payment_intent(product, "Petra Parts")
    sent = [r["amount"] for r in product.sandbox_objects("refund") if r["payment_intent"] == intent]
    paid = next(r["amount"] for r in product.sandbox_objects("payment_intent") if r["id"] == intent)
    assert len(sent) == 3
    assert sum(sent) == paid

    people.wait_out_double_press(page)
    expect(_asked(page, product, number)).to_contain_text("All of this order's money went back")


def test_buyer_reads_the_banks_reference_once_the_bank_has_the_money(
    product: Installation, new_page: NewPage
) -> None:
    buyer, page = new_page(), new_page()
    people.buy(buyer, product, {"Student": 1}, name="Ruth Reference", card=PENDING_REFUND_CARD)
    people.ask_for_refund(buyer, 1)
    people.login(page, product, "/admin/refunds")
    people.approve(page, "Ruth Reference")
    expect(buyer.get_by_text("Sent by Stripe").first).to_be_visible()
    expect(buyer.get_by_text(re.compile(r"Reference \d"))).to_have_count(0)
    product.sandbox("advance", seconds=10)
    expect(buyer.get_by_text(re.compile(r"Reference \d")).first).to_be_visible()
    reference = product.sandbox_objects("refund")[0]["destination_details"]["card"]["reference"]
    expect(buyer.get_by_text(f"Reference {reference}").first).to_be_visible()


def test_a_balance_that_is_too_low_is_said_and_the_refund_goes_out_with_the_next_funds(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    number = people.buy(new_page(), product, {"Student": 1}, name="Sid Short")
    people.login(page, product, "/admin/orders")
    dialog = _asked(page, product, number)
    product.sandbox("funds", short=True)
    try:
        _send(
            dialog,
            dialog.get_by_role("button", name=re.compile(r"^Refund \$")).inner_text()[len("Refund ") :],
        )
        refunds = page.get_by_role("region", name="Refunds", exact=True)
        expect(refunds.get_by_text("Pending at bank")).to_be_visible()
        expect(refunds.get_by_text("The balance at Stripe is too low")).to_be_visible()
        expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    finally:
        product.sandbox("funds", short=False)
    expect(refunds.get_by_text("Succeeded")).to_be_visible()
    expect(refunds.get_by_text("The balance at Stripe is too low")).to_have_count(0)


def _asked(page: Page, product: Installation, number: str) -> Locator:
    """Open an order and ask for its refund."""
    page.goto(f"{product.url}/admin/orders/{number}")
    expect(page.get_by_role("heading", name=number)).to_be_visible()
    page.get_by_role("button", name="Refund…").click()
    dialog = page.get_by_role("alertdialog", name=re.compile("^Refund"))
    expect(dialog).to_be_visible()
    return dialog


def _send(dialog: Locator, amount: str) -> None:
    dialog.get_by_role("button", name=f"Refund {amount}", exact=True).click()
    expect(dialog).to_be_hidden()
