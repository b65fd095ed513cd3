"""A buyer's files and her page on paper, and the organizer's: downloaded and printed by a browser."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Literal

from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from tests.e2e import links, people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation


def downloaded(page: Page, button: Locator) -> tuple[str, bytes]:
    """Press a link to a file; return the file's name and content."""
    with page.expect_download() as started:
        button.click()
    return started.value.suggested_filename, Path(started.value.path()).read_bytes()


def text(pdf: bytes) -> str:
    """What a PDF says, on one line."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def printed(page: Page, sheet: Literal["A4", "Letter"]) -> str:
    """What the page says on paper."""
    return text(page.pdf(format=sheet))


def test_a_buyer_downloads_her_receipt_her_tickets_and_a_calendar_entry(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page(width=390, height=844)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    number = people.buy(page, product, {"General admission": 2}, name="Łucja Ørsted", code="HARBOUR15")
    code = page.locator(".stub-tear .mono").first.inner_text()
    said.clear()

    name, receipt = downloaded(page, page.get_by_role("link", name="Receipt (PDF)"))
    assert name == f"receipt-{number}.pdf"
    assert "Total paid $71.40" in text(receipt)
    assert "Łucja Ørsted" in text(receipt)

    name, tickets = downloaded(page, page.get_by_role("link", name="Tickets (PDF)"))
    assert name == f"tickets-{number}.pdf"
    assert len(PdfReader(BytesIO(tickets)).pages) == 2
    assert code in text(tickets)

    name, entry = downloaded(page, page.get_by_role("link", name="Add to calendar"))
    assert name == f"{number}.ics"
    assert b"SUMMARY:Night Harbour Sessions" in entry
    expect(page.get_by_role("heading", name="Your tickets")).to_be_visible()
    # The page is still connected: what happens next appears by itself.
    assert [line for line in said if "isconnect" in line] == []


def test_a_page_on_paper_shows_the_tickets_and_nothing_to_press(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page(dark=True)
    page.goto(f"{product.url}/order/{links.order_token(product, 'Ivy Chen')}")
    expect(page.locator(".stub").first).to_be_visible()
    code = page.locator(".stub-tear .mono").first.inner_text()
    for sheet in ("A4", "Letter"):
        paper = printed(page, sheet)
        assert code in paper
        assert "Total paid" in paper
        for screen_only in ("Print", "Ask for a refund", "sandbox", "Find my order", "Receipt (PDF)"):
            assert screen_only not in paper

    page.goto(f"{product.url}/ticket/{links.ticket_token(product, 'Ivy Chen')}")
    expect(page.locator(".stub")).to_be_visible()
    paper = printed(page, "A4")
    assert "Ivy Chen" in paper
    assert "Print" not in paper

    page.emulate_media(media="print")
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(page.locator(".stub-spine").first).to_have_css("background-color", "rgb(0, 101, 126)")
    expect(page.locator(".qr").first).to_be_visible()


def test_a_member_downloads_the_files_of_an_order(product: Installation, new_page: NewPage) -> None:
    page = new_page()
    number = links.order_number(product, "Ivy Chen")
    people.login(page, product, f"/admin/orders/{number}", role="viewer")
    for label, start in (("Receipt (PDF)", "receipt"), ("Tickets (PDF)", "tickets")):
        name, content = downloaded(page, page.get_by_role("link", name=label))
        assert name == f"{start}-{number}.pdf"
        assert "Ivy Chen" in text(content)
        assert "ivy.chen@" not in text(content)
    paper = printed(page, "Letter")
    assert number in paper
    assert not re.search(r"Log out|Messages by|Stripe sandbox", paper)
