"""Two doors of one event, worked by keyboard alone: a scanner types fast, and a person presses Tab and Enter."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e import links, people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation

BUYER = "Dora Keller"


def _scan(page: Page, code: str) -> None:
    """Type as a scanner does: no pause between letters, Enter at the end, wherever the focus is."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def test_a_ticket_is_scanned_at_two_doors_and_taken_back(product: Installation, new_page: NewPage) -> None:
    buyer, north, south, office = (
        new_page(),
        new_page(),
        new_page(width=390, height=844, dark=True),
        new_page(),
    )
    people.buy(buyer, product, {"General admission": 1}, name=BUYER, email="dora.keller@example.com")
    number, code = links.order_number(product, BUYER), links.ticket_code(product, BUYER)
    door = f"/admin/checkin?event={links.event_id(product, people.EVENT)}"
    for page, name in ((north, "North"), (south, "South")):
        people.login(page, product, f"{door}&door={name}", "support")
        expect(page.get_by_label("Ticket code")).to_be_focused()
    inside = int(north.locator(".door-count").inner_text())

    # The event is another day: the person decides, with Tab and Enter.
    _scan(north, code)
    result = north.locator(".door-result")
    expect(result).to_contain_text("Not on this day")
    expect(result).to_contain_text(BUYER)
    anyway = north.get_by_role("button", name="Let in anyway")
    while not anyway.evaluate("button => button === document.activeElement"):
        north.keyboard.press("Tab")
    north.keyboard.press("Enter")
    expect(result).to_contain_text("Welcome")
    expect(north.get_by_label("Ticket code")).to_be_focused()
    # The other door counts too, and knows who was where.
    expect(south.locator(".door-count")).to_have_text(str(inside + 1))
    _scan(south, code.lower().replace("-", ""))
    expect(south.locator(".door-result")).to_contain_text("Already in")
    expect(south.locator(".door-result")).to_contain_text("at North by")

    # A scanner that types while a button has the focus presses nothing but its own Enter.
    north.get_by_role("button", name=re.compile("^Undo check-in")).first.focus()
    _scan(north, "T-0000-0000-0000")
    expect(result).to_contain_text("Unknown code")
    expect(north.locator(".door-last li")).to_have_count(3)
    north.locator(".door-last").get_by_role("button", name=f"Undo check-in of {code}").click()
    expect(result).to_contain_text("Check-in undone")
    expect(south.locator(".door-count")).to_have_text(str(inside))

    people.login(office, product, f"/admin/orders/{number}", "support")
    story = office.locator(".timeline")
    expect(story).to_contain_text(f"Check-in of ticket {code} undone")
    expect(story).to_contain_text(f"Ticket {code} used at the door")
    expect(story).to_contain_text("North")
