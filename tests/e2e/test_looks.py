"""Every screen, in both themes, on a phone and on a desk: nothing axe objects to, nothing wider than the window.

``SCREENSHOTS=folder`` keeps a picture of each, named page-width-theme.png.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, expect

from tests.e2e import links, people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation

HEIGHTS = {1440: 900, 390: 844, 320: 640}
# What may differ between the themes.
COLOUR_RULES = {"runOnly": ["color-contrast", "link-in-text-block"], "resultTypes": ["violations"]}
TEAM = "/admin/settings/team"
BULK = "/admin/refunds/bulk"
NEWCOMER = "newcomer@example.com"
WAITING = "Polly Pending"
NOWHERE = "/nowhere"
NO_FILE = "/api/admin/exports/nowhere/file"
Step = Callable[[Page], None]


@dataclass(frozen=True)
class Screen:
    """A page in one of its states: how to come to it, and what shows that it is there."""

    name: str
    address: str
    there: str
    act: Step | None = None


def test_attendee_screens_are_clean_in_both_themes_and_fit_every_width(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    problems = _console_errors(page)
    _leave_an_order_unpaid(page, product)
    for screen in _attendee(product):
        problems += _look_at(page, product, screen)
    assert problems == []


def test_organizer_screens_are_clean_in_both_themes_and_fit_every_width(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    problems = _console_errors(page)
    problems += _look_at(page, product, Screen("login", "/admin/login?error=wrong", "form"))
    people.login(page, product, "/admin/orders")
    for screen in _organizer(product):
        problems += _look_at(page, product, screen)
    assert problems == []


def test_team_screens_are_clean_in_both_themes_and_fit_every_width(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    problems = _console_errors(page)
    people.login(page, product, TEAM, "owner")
    people.invite(page, NEWCOMER, "Support")
    for screen in (
        Screen("team", TEAM, ".team tbody tr"),
        Screen("team-invite", TEAM, ".team tbody tr", _press("Invite somebody")),
        Screen("team-role", TEAM, ".team tbody tr", _press("Change role…")),
        Screen("team-remove", TEAM, ".team tbody tr", _press(re.compile("^Remove"))),
    ):
        problems += _look_at(page, product, screen)
    page = new_page()
    problems += _look_at(
        page, product, Screen("join", f"/admin/join/{links.invitation_token(product, NEWCOMER)}", "form")
    )
    problems += _look_at(page, product, Screen("join-dead", "/admin/join/nowhere", ".empty"))
    assert problems == []


def test_bulk_refund_screens_are_clean_in_both_themes_and_fit_every_width(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    problems = _console_errors(page)
    people.login(page, product, BULK)
    page.get_by_role("button", name="Preview").click()
    page.wait_for_url(re.compile(f"{BULK}/br"))
    preview = page.url.removeprefix(product.url)
    for screen in (
        Screen("bulk-refunds", BULK, "tbody tr"),
        Screen("bulk-preview", preview, ".bulk-act .btn"),
        Screen("bulk-question", preview, ".bulk-act .btn", _press(re.compile(r"^Refund .\d"))),
        Screen("bulk-missing", f"{BULK}/br_nowhere", ".empty"),
    ):
        problems += _look_at(page, product, screen)
    page.goto(product.url + preview)
    page.get_by_role("button", name="Throw away").click()
    page.wait_for_url(re.compile(f"{BULK}$"))
    assert problems == []


def test_event_screens_are_clean_in_both_themes_and_fit_every_width(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    problems = _console_errors(page)
    people.login(page, product, "/admin/events")
    event, policy = f"/admin/events/{people.EVENT}", f"/admin/refunds/policies/{people.EVENT}"
    for screen in (
        Screen("events", "/admin/events", "tbody tr"),
        Screen("events-new", "/admin/events", "tbody tr", _press("New event")),
        Screen("event-setup", event, "tbody tr"),
        Screen("event-ticket-type", event, "tbody tr", _press("Change General admission")),
        Screen("event-cancel", event, "tbody tr", _press("Cancel event")),
        Screen("event-none", "/admin/events/nowhere", ".empty"),
        Screen("policies", "/admin/refunds/policies", "tbody tr"),
        Screen("policy", policy, "form"),
    ):
        problems += _look_at(page, product, screen)
    assert problems == []


def test_dialogs_that_mend_a_refund_are_clean_in_both_themes_and_fit_every_width(
    product: Installation, new_page: NewPage
) -> None:
    attendee, page = new_page(), new_page()
    problems = _console_errors(page)
    number = people.have_a_refund_sent_back(attendee, page, product, "Mona Mending")
    address = f"/admin/orders/{number}"
    for screen in (
        Screen("mend-outside", address, ".timeline", _press("Returned outside Stripe")),
        Screen("mend-tickets", address, ".timeline", _press("Make tickets valid")),
    ):
        problems += _look_at(page, product, screen)
    number = people.buy(attendee, product, {"General admission": 2}, name="Mona Mending")
    product.sandbox("refund", payment_intent=product.sandbox_objects("payment_intent")[0]["id"], amount=1000)
    allocate = Screen("mend-allocate", f"/admin/orders/{number}", ".timeline", _press("Allocate"))
    problems += _look_at(page, product, allocate)
    assert problems == []


def _attendee(product: Installation) -> list[Screen]:
    def order(buyer: str) -> str:
        return f"/order/{links.order_token(product, buyer)}"

    return [
        Screen("event", f"/e/{people.EVENT}", ".ticket-type", _choose),
        Screen("checkout", f"/checkout/{links.order_token(product, WAITING)}?back=paid", ".checkout-steps"),
        Screen("order-form", order("Ivy Chen"), ".pick", _tick),
        Screen("order-refund", order("Maren Okafor"), ".refund-steps"),
        Screen("order-declined", order("Kenji Moriyama"), ".refund-said"),
        Screen("order-expired", order("Peter Nagy"), ".order-notice"),
        Screen("ticket", f"/ticket/{links.ticket_token(product, 'Ivy Chen')}", ".stub"),
        Screen("find-order", "/orders/find", "form"),
        Screen("dead-link", "/order/ord_x.generated.x", ".plain-answer"),
        Screen("not-found", NOWHERE, "h1"),
    ]


def _organizer(product: Installation) -> list[Screen]:
    number = links.order_number(product, "Maren Okafor")
    opened = links.dispute_id(product, "Hannah Kessler")
    door = f"/admin/checkin?event={links.event_id(product, people.EVENT)}"
    return [
        Screen("home", "/admin", ".figures dd"),
        Screen("home-table", "/admin?days=7", ".figures dd", _show_table),
        Screen("palette", "/admin/orders", "tbody tr", _find),
        Screen("checkin-choice", "/admin/checkin", ".empty"),
        Screen("checkin", door, ".door-result"),
        Screen("checkin-doubt", door, ".door-result", _scan(links.ticket_code(product, "Ivy Chen"))),
        Screen("checkin-unknown", f"{door}&door=North", ".door-result", _scan("T-0000-0000-0000")),
        Screen("orders", "/admin/orders", "tbody tr"),
        Screen("orders-none", "/admin/orders?q=nobody", ".empty"),
        Screen("orders-export", "/admin/orders", "tbody tr", _export),
        Screen("export-gone", NO_FILE, "h1"),
        Screen("order-detail", f"/admin/orders/{number}", ".timeline"),
        Screen("order-detail-refund", f"/admin/orders/{number}", ".timeline", _choose_tickets),
        Screen("order-detail-more", f"/admin/orders/{number}", ".timeline", _open_more),
        Screen("order-detail-none", "/admin/orders/KB-0000-0000", ".empty"),
        Screen("refunds", "/admin/refunds", ".detail-columns"),
        Screen("refunds-failed", "/admin/refunds?tab=failed", ".detail-columns"),
        Screen("disputes", "/admin/disputes", "tbody tr"),
        Screen("dispute", f"/admin/disputes/{opened}", ".dispute-top"),
        Screen("webhooks", "/admin/webhooks", "main h2"),
        Screen("messages", "/admin/messages", ".queue a"),
    ]


def _look_at(page: Page, product: Installation, screen: Screen) -> list[str]:
    """Return what is wrong with a screen, and keep its pictures."""
    problems: list[str] = []
    page.set_viewport_size({"width": 1440, "height": HEIGHTS[1440]})
    page.goto(product.url + screen.address)
    expect(page.locator(screen.there).locator("visible=true").first).to_be_visible(timeout=15_000)
    expect(page.locator(".skeleton:visible")).to_have_count(0, timeout=15_000)
    if screen.act:
        screen.act(page)
    page.evaluate(Axe().axe_script)
    for width in HEIGHTS:
        _show(page, width, "light")
        if page.evaluate("document.documentElement.scrollWidth") > width:
            problems.append(f"{screen.name} is wider than {width} px")
    for width in (1440, 390):
        for theme in ("light", "dark"):
            _show(page, width, theme)
            found = _findings(page, {} if theme == "light" else COLOUR_RULES)
            problems += [f"{screen.name} at {width} px, {theme}: {finding}" for finding in found]
            _keep(page, f"{screen.name}-{width}-{theme}")
    return problems


def _show(page: Page, width: int, theme: Literal["light", "dark"]) -> None:
    """Change the window and the device's theme, and wait until both are drawn."""
    page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
    page.emulate_media(color_scheme=theme)
    page.locator(f"html.{theme}").wait_for()
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")


def _findings(page: Page, options: dict[str, Any]) -> list[str]:
    """Return what axe objects to, with the first place of each."""
    answer = page.evaluate("options => axe.run(document, options)", options)
    return [f"{found['id']} {found['nodes'][0]['html'][:200]}" for found in answer["violations"]]


def _keep(page: Page, name: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def _console_errors(page: Page) -> list[str]:
    found: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # That an address belongs to no page is an error to the browser too.
        if message.type == "error" and not message.location["url"].endswith((NOWHERE, NO_FILE)):
            found.append(f"{page.url}: {message.text}")

    page.on("console", note)
    return found


def _leave_an_order_unpaid(page: Page, product: Installation) -> None:
    people.fill_cart(page, product, {"Student": 1}, name=WAITING, email="polly.pending@example.com")
    people.go_to_payment(page)


def _choose(page: Page) -> None:
    page.get_by_role("button", name="One General admission more").click()
    expect(page.locator(".summary .total")).to_be_visible()


def _press(name: str | re.Pattern[str]) -> Step:
    """Open the dialog of the last button of this name."""

    def press(page: Page) -> None:
        page.get_by_role("button", name=name).last.click()
        expect(page.get_by_role("dialog").or_(page.get_by_role("alertdialog"))).to_be_visible()

    return press


def _show_table(page: Page) -> None:
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("table", name="Sales and what went back")).to_be_visible()


def _find(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search or jump to").fill("ma")
    expect(page.get_by_role("option").last).to_be_visible()


def _scan(code: str) -> Step:
    """Type a code as a scanner does."""

    def scan(page: Page) -> None:
        page.keyboard.type(code)
        page.keyboard.press("Enter")
        expect(page.locator(".door-title")).to_be_visible()

    return scan


def _choose_tickets(page: Page) -> None:
    page.get_by_role("button", name="Refund…").click()
    page.get_by_label("Chosen tickets").check()
    expect(page.locator(".ticket-choice").first).to_be_visible()


def _open_more(page: Page) -> None:
    page.get_by_label("More", exact=True).click()
    expect(page.locator(".menu-item").locator("visible=true").first).to_be_visible()


def _tick(page: Page) -> None:
    page.get_by_role("checkbox").first.check()
    expect(page.get_by_role("button", name="back")).to_be_enabled()


def _export(page: Page) -> None:
    page.get_by_role("button", name="Export", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Export as CSV").click()
    expect(dialog.get_by_text("Ready").first).to_be_visible()
    dialog.get_by_text("columns mean").click()
