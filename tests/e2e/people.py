"""What an attendee and an organizer do in a browser, in their own words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.installation import Installation

GOOD_CARD = "4242 4242 4242 4242"
EVENT = "night-harbour-sessions"
POLICIES = "/admin/refunds/policies"


# Sessions by installation and role. Logins are limited to a few a minute, and these tests have many people.
_SESSIONS: dict[tuple[str, str], list[Any]] = {}


def login(page: Page, product: Installation, path: str, role: str = "manager") -> None:
    """Open a page of the organizer's, signed in: by the form the first time, by the same session afterwards."""
    known = _SESSIONS.get((str(product.data_dir), role))
    if known:
        page.context.add_cookies(known)
        page.goto(product.url + path)
        return
    sign_in(page, product, path, role)
    _SESSIONS[str(product.data_dir), role] = page.context.cookies()


def sign_in(page: Page, product: Installation, path: str, role: str) -> None:
    """Open a page of the organizer's and sign in where it asks."""
    logins = json.loads((product.data_dir / "demo.json").read_text())
    chosen = next(entry for entry in logins if entry["role"] == role)
    page.goto(product.url + path)
    page.get_by_label("Email").fill(chosen["email"])
    page.get_by_label("Password").fill(chosen["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(re.escape(path.partition("?")[0])))


def fill_cart(
    page: Page,
    product: Installation,
    tickets: Mapping[str, int],
    *,
    event: str = EVENT,
    name: str = "Ada Byron",
    email: str = "ada.byron@example.com",
    code: str = "",
) -> None:
    """Choose tickets on the event's page, say who buys, apply a code."""
    page.goto(f"{product.url}/e/{event}")
    for kind, count in tickets.items():
        more = page.get_by_role("button", name=f"One {kind} more")
        for taken in range(1, count + 1):
            more.click()
            expect(more.locator("xpath=..")).to_contain_text(str(taken))
    page.get_by_label("Name").fill(name)
    page.get_by_label("Email").fill(email)
    if code:
        page.get_by_placeholder("Discount code").fill(code)
        page.get_by_role("button", name="Apply").click()


def go_to_payment(page: Page) -> None:
    """Place the order and wait for Stripe's page."""
    page.get_by_role("button", name=re.compile(r"^Pay \$")).click()
    page.wait_for_url("**/c/pay/**")


def pay(page: Page, card: str = GOOD_CARD) -> None:
    """Fill in the hosted page and send it."""
    page.locator("input[name=number]").fill(card)
    page.locator("input[name=expiry]").fill("12/34")
    page.locator("input[name=cvc]").fill("123")
    page.get_by_role("button", name=re.compile(r"^Pay ")).click()


def expect_order_page(page: Page) -> str:
    """Wait until the buyer is on her completed order and return its number."""
    page.wait_for_url("**/order/**")
    expect(page.get_by_text("Completed", exact=True)).to_be_visible()
    return page.get_by_text(re.compile(r"^KB-[0-9A-Z]{4}-[0-9A-Z]{4}$")).first.inner_text()


def buy(
    page: Page, product: Installation, tickets: Mapping[str, int], *, card: str = GOOD_CARD, **who: str
) -> str:
    """Buy tickets from the event's page to the completed order and return its number."""
    fill_cart(page, product, tickets, **who)
    go_to_payment(page)
    pay(page, card)
    return expect_order_page(page)


def ask_for_refund(page: Page, tickets: int, *, reason: str = "My shift moved.") -> None:
    """Tick the first tickets of the form on the order page, say why, send."""
    boxes = page.get_by_role("checkbox")
    for index in range(tickets):
        boxes.nth(index).check()
    page.get_by_label(re.compile("Anything")).fill(reason)
    page.get_by_role("button", name=re.compile(r"^Request .* back$")).click()
    expect(page.get_by_text("Requested", exact=True).first).to_be_visible()


def queue_row(page: Page, buyer: str) -> Locator:
    """The request of a buyer in the refunds queue."""
    return page.get_by_role("link", name=re.compile(buyer)).first


def approve(page: Page, buyer: str) -> None:
    """Open a buyer's request and refund what is asked."""
    queue_row(page, buyer).click()
    expect(page.get_by_role("heading", name=re.compile(f"{buyer} asks for"))).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^Refund \S+")).click()
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_role("button", name=re.compile(r"^Refund")).click()
    expect(dialog).to_be_hidden()


def wait_out_double_press(page: Page) -> None:
    """Wait as long as a second press at the same place is taken for a slip."""
    page.wait_for_timeout(1100)


def invite(page: Page, email: str, role: str) -> None:
    """On the team's page, have an invitation mailed."""
    page.get_by_role("button", name="Invite somebody").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Email").fill(email)
    dialog.get_by_role("radio", name=role).check()
    dialog.get_by_role("button", name="Send invitation").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("table", name="Invitations")).to_contain_text(email)


def limit_managers(page: Page, amount: str) -> None:
    """On the policies' page, let a manager give back so many dollars alone; any amount when empty."""
    page.get_by_label("USD", exact=True).fill(amount)
    page.get_by_role("button", name="Save limit").click()
    expect(page.get_by_text("Limit saved").last).to_be_visible()


def have_a_refund_sent_back(attendee: Page, organizer: Page, product: Installation, name: str) -> str:
    """Buy a ticket, refund it, let the bank send the money back, show the order to the organizer; return its number."""
    number = buy(attendee, product, {"General admission": 1}, name=name)
    ask_for_refund(attendee, 1)
    login(organizer, product, "/admin/refunds")
    approve(organizer, name)
    expect(attendee.get_by_text("1 ticket refunded")).to_be_visible()
    refund = product.sandbox_objects("refund")[0]
    product.sandbox(f"refunds/{refund['id']}/fail", reason="lost_or_stolen_card")
    organizer.goto(f"{product.url}/admin/orders/{number}")
    return number
