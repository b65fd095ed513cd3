"""What can become of a refund, in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e import people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation


def test_refund_that_fails_later_is_shown_with_its_reason_and_retried(
    product: Installation, new_page: NewPage
) -> None:
    attendee, organizer = new_page(), new_page()
    people.buy(attendee, product, {"General admission": 1}, name="Laura Later")
    people.ask_for_refund(attendee, 1)
    people.login(organizer, product, "/admin/refunds")
    people.approve(organizer, "Laura Later")
    expect(attendee.get_by_text("1 ticket refunded")).to_be_visible()

    refund = product.sandbox_objects("refund")[0]
    product.sandbox(f"refunds/{refund['id']}/fail", reason="expired_or_canceled_card")
    organizer.goto(f"{product.url}/admin/refunds?tab=failed")
    people.queue_row(organizer, "Laura Later").click()
    expect(organizer.get_by_text("The refund failed.")).to_be_visible()
    expect(organizer.get_by_text(re.compile("expired|card")).first).to_be_visible()
    organizer.get_by_role("button", name="Try again").click()
    question = organizer.get_by_role("alertdialog")
    question.get_by_role("button", name=re.compile(r"\$")).click()
    expect(question).to_be_hidden()
    expect(attendee.get_by_text("1 ticket refunded")).to_be_visible()
    tried = [r for r in product.sandbox_objects("refund") if r["payment_intent"] == refund["payment_intent"]]
    assert sorted(r["status"] for r in tried) == ["failed", "succeeded"]


def test_declined_request_tells_the_buyer_and_keeps_the_note_private(
    product: Installation, new_page: NewPage
) -> None:
    attendee, organizer = new_page(), new_page()
    people.buy(attendee, product, {"General admission": 1}, name="Nora Nope")
    people.ask_for_refund(attendee, 1)
    people.login(organizer, product, "/admin/refunds")
    people.queue_row(organizer, "Nora Nope").click()
    expect(organizer.get_by_role("heading", name=re.compile("Nora Nope asks for"))).to_be_visible()
    organizer.get_by_label(re.compile("Admin note")).fill("Asked twice by phone.")
    organizer.get_by_role("button", name="Decline").click()
    question = organizer.get_by_role("alertdialog")
    question.get_by_label(re.compile("Message to Nora")).fill("You may pass the ticket on to a friend.")
    question.get_by_role("button", name=re.compile("Decline")).click()
    expect(question).to_be_hidden()

    expect(attendee.get_by_text("You may pass the ticket on to a friend.")).to_be_visible()
    expect(attendee.get_by_text("Asked twice by phone.")).to_have_count(0)
    organizer.goto(f"{product.url}/admin/refunds?tab=declined")
    people.queue_row(organizer, "Nora Nope").click()
    expect(organizer.get_by_text("Asked twice by phone.")).to_be_visible()


def test_withdrawn_request_leaves_the_queue_by_itself(product: Installation, new_page: NewPage) -> None:
    attendee, organizer = new_page(), new_page()
    people.buy(attendee, product, {"Student": 1}, name="Wilma Withdrawn")
    people.login(organizer, product, "/admin/refunds")
    people.ask_for_refund(attendee, 1)
    expect(people.queue_row(organizer, "Wilma Withdrawn")).to_be_visible()
    attendee.get_by_role("button", name=re.compile("Withdraw")).click()
    attendee.get_by_role("alertdialog").get_by_role("button", name=re.compile("Withdraw")).click()
    expect(organizer.get_by_role("link", name=re.compile("Wilma Withdrawn"))).to_have_count(0)
