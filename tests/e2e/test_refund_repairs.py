"""What an organizer does about a refund that came to nothing, or one made at Stripe, in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e import people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation


def test_money_that_the_bank_sent_back_is_returned_another_way(
    product: Installation, new_page: NewPage
) -> None:
    attendee, organizer = new_page(), new_page()
    number = people.have_a_refund_sent_back(attendee, organizer, product, "Otto Outside")
    organizer.get_by_role("button", name="Returned outside Stripe").click()
    dialog = organizer.get_by_role("alertdialog")
    record = dialog.get_by_role("button", name=re.compile(r"^Record \$\S+ as returned$"))
    dialog.get_by_label("Reference").fill("RF18 5390 0754")
    record.click()
    expect(dialog).to_be_hidden()

    expect(organizer.get_by_text("Returned by bank transfer, outside Stripe.").first).to_be_visible()
    expect(organizer.get_by_role("button", name="Returned outside Stripe")).to_have_count(0)
    expect(attendee.get_by_text("RF18 5390 0754").first).to_be_visible()
    expect(organizer.get_by_role("heading", name=re.compile(number)).first).to_be_visible()
    assert product.audit() == []


def test_tickets_of_a_refund_that_came_back_are_valid_again(product: Installation, new_page: NewPage) -> None:
    attendee, organizer = new_page(), new_page()
    people.have_a_refund_sent_back(attendee, organizer, product, "Rita Revived")
    expect(attendee.get_by_text("Void", exact=True).first).to_be_visible()
    organizer.get_by_role("button", name="Make tickets valid").click()
    dialog = organizer.get_by_role("alertdialog")
    dialog.get_by_role("button", name="Make this ticket valid again").click()
    expect(dialog).to_be_hidden()

    expect(attendee.get_by_text("Void", exact=True)).to_have_count(0)
    assert product.audit() == []


def test_a_refund_made_at_stripe_asks_which_tickets_it_was_about(
    product: Installation, new_page: NewPage
) -> None:
    attendee, organizer = new_page(), new_page()
    number = people.buy(attendee, product, {"General admission": 2}, name="Elsa External")
    intent = product.sandbox_objects("payment_intent")[0]
    product.sandbox("refund", payment_intent=intent["id"], amount=1000)
    people.login(organizer, product, f"/admin/orders/{number}")
    organizer.get_by_role("button", name="Allocate").click()
    dialog = organizer.get_by_role("alertdialog")
    amounts = dialog.get_by_label(re.compile("General admission"))
    expect(amounts).to_have_count(2)
    amounts.first.fill("9")
    dialog.get_by_role("button", name=re.compile(r"^Allocate \$10\.00$")).click()
    expect(dialog.get_by_text("The amounts have to sum to 10.00 USD.")).to_be_visible()
    amounts.first.fill("10")
    people.wait_out_double_press(organizer)
    dialog.get_by_role("checkbox", name=re.compile("void")).check()
    dialog.get_by_role("button", name=re.compile(r"^Allocate \$10\.00$")).click()
    expect(dialog).to_be_hidden()

    expect(organizer.get_by_role("row", name=re.compile("^General admission .* Void"))).to_have_count(1)
    expect(attendee.get_by_text("Void", exact=True).first).to_be_visible()
    assert product.audit() == []
