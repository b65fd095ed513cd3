"""Every screen, in both themes, on a phone and on a desk: nothing axe objects to, nothing wider than the window.

``SCREENSHOTS=folder`` keeps a picture of each, named page-width-theme.png.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, expect

from tests.e2e import links, people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation

HEIGHTS = {1440: 900, 390: 844, 320: 640}
WAITING = "Polly Pending"
Step = Callable[[Page], None]


@dataclass(frozen=True)
class Screen:
    """A page in one of its states: how to come to it, and what shows that it is there."""

    name: str
    address: str
    there: str
    act: Step | None = None


def test_looks_of_attendee_screens(product: Installation, new_page: NewPage, theme: str) -> None:
    page = new_page(dark=theme == "dark")
    problems = _console_errors(page)
    _leave_an_order_unpaid(page, product)
    for screen in _attendee(product):
        problems += _look_at(page, product, screen, theme)
    assert problems == []


def test_looks_of_organizer_screens(product: Installation, new_page: NewPage, theme: str) -> None:
    page = new_page(dark=theme == "dark")
    problems = _console_errors(page)
    problems += _look_at(page, product, Screen("login", "/admin/login?error=wrong", "form"), theme)
    people.login(page, product, "/admin/orders")
    for screen in _organizer(product):
        problems += _look_at(page, product, screen, theme)
    assert problems == []


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    """What the device prefers."""
    return request.param


def _attendee(product: Installation) -> list[Screen]:
    order, ticket = links.order_link, links.ticket_link
    waiting = links.order_token(product, WAITING)
    return [
        Screen("event", f"{product.url}/e/{people.EVENT}", ".ticket-type", _choose),
        Screen("checkout", f"{product.url}/checkout/{waiting}?back=paid", ".checkout-steps"),
        Screen("order", order(product, "Leïla Haddad"), ".stub"),
        Screen("order-form", order(product, "Ivy Chen"), ".pick", _tick),
        Screen("order-refund", order(product, "Maren Okafor"), ".refund-steps"),
        Screen("order-declined", order(product, "Kenji Moriyama"), ".refund-said"),
        Screen("order-expired", order(product, "Peter Nagy"), ".order-notice"),
        Screen("ticket", ticket(product, "Ivy Chen"), ".stub"),
        Screen("find-order", f"{product.url}/orders/find", "form"),
        Screen("dead-link", f"{product.url}/order/ord_x.generated.x", ".plain-answer"),
    ]


def _organizer(product: Installation) -> list[Screen]:
    number = links.order_number(product, "Maren Okafor")
    lost = links.dispute_id(product, "Yusuf Demir")
    opened = links.dispute_id(product, "Hannah Kessler")
    return [
        Screen("orders", "/admin/orders", "tbody tr"),
        Screen("orders-none", "/admin/orders?q=nobody", ".empty"),
        Screen("order-detail", f"/admin/orders/{number}", ".timeline"),
        Screen("refunds", "/admin/refunds", ".detail-columns"),
        Screen("refunds-failed", "/admin/refunds?tab=failed", ".detail-columns"),
        Screen("refunds-declined", "/admin/refunds?tab=declined", ".detail-columns"),
        Screen("disputes", "/admin/disputes", "tbody tr"),
        Screen("dispute", f"/admin/disputes/{opened}", "h1"),
        Screen("dispute-lost", f"/admin/disputes/{lost}", "h1"),
        Screen("webhooks", "/admin/webhooks", "h1"),
        Screen("messages", "/admin/messages", "tbody tr"),
    ]


def _look_at(page: Page, product: Installation, screen: Screen, theme: str) -> list[str]:
    """Return what is wrong with a screen, and keep its pictures."""
    problems: list[str] = []
    page.set_viewport_size({"width": 1440, "height": HEIGHTS[1440]})
    page.goto(screen.address if screen.address.startswith("http") else product.url + screen.address)
    expect(page.locator(screen.there).locator("visible=true").first).to_be_visible(timeout=15_000)
    if screen.act:
        screen.act(page)
    for width, height in HEIGHTS.items():
        page.set_viewport_size({"width": width, "height": height})
        _settle(page)
        where = f"{screen.name} at {width} px, {theme}"
        if page.evaluate("document.documentElement.scrollWidth") > width:
            problems.append(f"{where}: wider than the window")
        if width > 320:
            found = Axe().run(page)
            problems += [f"{where}\n{found.generate_report()}"] if found.violations_count else []
            _keep(page, f"{screen.name}-{width}-{theme}")
    return problems


def _settle(page: Page) -> None:
    """Wait until nothing is loading any more and the fonts are there."""
    expect(page.locator(".skeleton:visible")).to_have_count(0, timeout=15_000)
    page.evaluate("document.fonts.ready.then(() => new Promise(done => requestAnimationFrame(() => done())))")


def _keep(page: Page, name: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def _console_errors(page: Page) -> list[str]:
    found: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            found.append(f"{page.url}: {message.text}")

    page.on("console", note)
    return found


def _leave_an_order_unpaid(page: Page, product: Installation) -> None:
    people.fill_cart(page, product, {"Student": 1}, name=WAITING, email="polly.pending@example.com")
    people.go_to_payment(page)


def _choose(page: Page) -> None:
    page.get_by_role("button", name="One General admission more").click()
    expect(page.locator(".summary .total")).to_be_visible()


def _tick(page: Page) -> None:
    page.get_by_role("checkbox").first.check()
    expect(page.get_by_role("button", name="back")).to_be_enabled()
