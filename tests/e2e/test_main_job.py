"""The product's main job: buy, see the order, ask for the money back, decide, refunded; live on both screens."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from standardwebhooks import Webhook

from tests.e2e import people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation
from tests.e2e.receiver import Receiver

BUYER = "Ada Byron"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody's server that wants to know of paid orders."""
    running = Receiver()
    yield running
    running.close()


def test_purchase_refund_webhook_and_mails_live_on_both_screens(
    product: Installation, new_page: NewPage, receiver: Receiver
) -> None:
    organizer, attendee = new_page(), new_page()
    people.login(organizer, product, "/admin/webhooks", role="owner")
    secret = _create_endpoint(organizer, receiver)
    organizer.goto(f"{product.url}/admin/refunds")
    expect(organizer.get_by_role("heading", name="Refunds")).to_be_visible()

    people.fill_cart(attendee, product, {"General admission": 2}, name=BUYER, code="harbour15")
    people.go_to_payment(attendee)
    people.pay(attendee)
    number = people.expect_order_page(attendee)
    _expect_order(attendee)

    people.ask_for_refund(attendee, 1)
    expect(people.queue_row(organizer, BUYER)).to_be_visible()  # the open queue, not reloaded
    people.approve(organizer, BUYER)
    expect(attendee.get_by_text("1 ticket refunded")).to_be_visible()  # the open order, not reloaded
    expect(attendee.get_by_text("Reference", exact=False).first).to_be_visible()

    _expect_timeline(organizer, product, number)
    _expect_webhook(receiver, secret, number)
    _expect_mails(organizer, product, new_page, number)
    refund = product.sandbox_objects("refund")[0]
    assert (refund["amount"], refund["status"]) == (3370, "succeeded")
    assert product.audit() == []


def _create_endpoint(page: Page, receiver: Receiver) -> str:
    page.get_by_role("button", name="Add endpoint").first.click()
    form = page.get_by_role("dialog", name="Add endpoint")
    form.get_by_label("Name").fill("Door app")
    form.get_by_label("URL").fill(receiver.url)
    form.get_by_role("button", name="Add endpoint").click()
    shown = page.get_by_role("textbox", name="Signing secret")
    secret = shown.input_value()
    page.get_by_role("button", name="I have copied it").click()
    expect(shown).to_have_count(0)
    expect(page.get_by_text("Door app").first).to_be_visible()
    assert secret.startswith("whsec_")
    assert secret not in page.content()
    return secret


def _expect_order(page: Page) -> None:
    payment = page.get_by_role("complementary", name="Payment")
    for line in ("2 × General admission", "$84.00", "HARBOUR15", "−$12.60", "Total paid", "$71.40", "4242"):
        expect(payment).to_contain_text(line)
    expect(page.get_by_role("img", name=re.compile("QR"))).to_have_count(2)


def _expect_timeline(page: Page, product: Installation, number: str) -> None:
    page.goto(f"{product.url}/admin/orders/{number}")
    for step in (
        "Order placed",
        "$71.40 paid",
        "2 tickets issued",
        "Asked for $33.70 back",
        "Refund of $33.70 approved",
        "Refund of $33.70 sent to Stripe",
        "Refund of $33.70 succeeded",
        "Partially refunded so far: $33.70",
    ):
        expect(page.get_by_text(re.compile(re.escape(step))).first).to_be_visible()


def _expect_webhook(receiver: Receiver, secret: str, number: str) -> None:
    deadline = time.monotonic() + 15
    while not receiver.posts and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(receiver.posts) == 1, "order.paid has to arrive once"
    headers, body = receiver.posts[0]
    verified = Webhook(secret).verify(body, headers)
    assert verified == json.loads(body)
    assert verified["type"] == "order.paid"
    order = verified["data"]
    assert order["number"] == number
    assert order["buyer"] == {"name": BUYER, "email": "ada.byron@example.com"}
    assert order["event"]["title"] == "Night Harbour Sessions"
    assert [(line["list"], line["discount"], line["net"]) for line in order["lines"]] == [
        (4200, 630, 3570)
    ] * 2
    assert order["discount"]["code"] == "HARBOUR15"
    assert (order["subtotal"], order["discount_total"], order["total"]) == (8400, 1260, 7140)
    assert len(order["tickets"]) == 2


def _expect_mails(page: Page, product: Installation, new_page: NewPage, number: str) -> None:
    page.goto(f"{product.url}/admin/messages")
    expect(page.get_by_text(re.compile(f"{BUYER} asks for \\$33.70 back")).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"\$33.70 refunded")).first).to_be_visible()
    page.get_by_role("link", name=re.compile(f"Your tickets for Night Harbour Sessions, {number}")).click()
    mail = page.frame_locator("iframe").first
    expect(mail.get_by_text("HARBOUR15").first).to_be_visible()
    links = mail.locator("a").evaluate_all("all => all.map(a => a.href)")
    opened = new_page()
    pages = [link for link in links if "/api/" not in link]
    orders = {link for link in pages if "/order/" in link}
    tickets = {link for link in pages if "/ticket/" in link}
    assert len(orders) == 1
    assert len(tickets) == 2
    opened.goto(orders.pop())
    expect(opened.get_by_text(number)).to_be_visible()
    for link in sorted(tickets):
        opened.goto(link)
        expect(
            opened.get_by_role("img", name=re.compile("QR")).or_(opened.get_by_text("Void")).first
        ).to_be_visible()
