"""Search, filters, sorts, saved views and keys of the orders list, in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, Page, expect
from sqlmodel import col

from kagibag_app.features.orders.tables import Order
from tests.e2e import links, people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation

LIST = "/admin/orders"
NEW_YORK = ZoneInfo("America/New_York")
COUNTED = re.compile(r"^[\d,]+ orders?$")


def test_orders_are_found_by_number_email_name_ticket_and_stripe_id(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    people.login(page, product, LIST)
    maren = _row(page, "Maren Okafor")
    expect(maren).to_be_visible()
    number = maren.get_by_role("link").first.inner_text()
    for typed in (
        number.replace("-", "").lower(),
        number[:7],
        "okafor@exam",
        "OKAFOR mar",
        links.ticket_code(product, "Maren Okafor"),
        links.payment_intent(product, "Maren Okafor"),
        links.stripe_refund(product, "Maren Okafor"),
    ):
        page.get_by_role("searchbox").fill(typed)
        page.wait_for_url(lambda url, typed=typed: parse_qs(urlsplit(url).query).get("q") == [typed])
        expect(_rows(page), typed).to_have_count(1)
        expect(maren).to_be_visible()
    page.get_by_role("searchbox").fill("villasenor")
    expect(_row(page, "Mateo Villaseñor")).to_be_visible()
    page.get_by_role("searchbox").fill("nobody at all")
    expect(_rows(page)).to_have_count(0)
    expect(page.get_by_text("No order matches")).to_be_visible()


def test_typed_search_survives_a_reload_and_the_way_back_from_an_order(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    people.login(page, product, f"{LIST}?status=paid")
    page.get_by_role("searchbox").fill("ivy")
    expect(_rows(page)).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?status=paid&q=ivy$"))
    page.reload()
    expect(_rows(page)).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_have_value("ivy")
    _rows(page).get_by_role("link").click()
    page.wait_for_url(re.compile(r"/admin/orders/KB-.*\?list=status%3Dpaid%26q%3Divy$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("KB-")
    page.go_back()
    expect(_rows(page)).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_have_value("ivy")
    page.get_by_role("link", name="Clear", exact=True).click()
    expect(page).to_have_url(re.compile(r"/admin/orders$"))
    expect(_row(page, "Maren Okafor")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_filters_are_chosen_from_chips_and_removed_one_by_one(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    people.login(page, product, LIST)
    _choose(page, "Event", "Kiln & Clay Weekend")
    expect(_row(page, "Mateo Villaseñor")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Night Harbour"))).to_have_count(0)
    page.get_by_role("link", name="Remove filter: event").click()
    expect(_row(page, "Maren Okafor")).to_be_visible()
    _choose(page, "Source", "Free")
    expect(_row(page, "Zofia Lis")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Stripe"))).to_have_count(0)
    page.get_by_role("link", name="Remove filter: source").click()
    expect(_row(page, "Maren Okafor")).to_be_visible()
    page.locator("summary", has_text="Promotion").click()
    page.get_by_label("Another code").fill("nothing")
    page.get_by_role("button", name="Show this code").click()
    expect(page.get_by_text("There is no such code.")).to_be_visible()
    page.get_by_label("Another code").fill("harbour15")
    page.get_by_role("button", name="Show this code").click()
    expect(_row(page, "Maren Okafor")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Mateo"))).to_have_count(0)
    expect(page.locator(".chip-set")).to_have_text(re.compile("Promotion: HARBOUR15"))
    page.get_by_role("link", name=re.compile("^Expired")).click()
    expect(page.get_by_text("No order matches")).to_be_visible()
    page.get_by_role("link", name="Clear filters").click()
    expect(_row(page, "Maren Okafor")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Expired")).click()
    expect(_row(page, "Peter Nagy")).to_be_visible()


def test_days_are_the_organizers_wherever_one_looks_from(product: Installation, new_page: NewPage) -> None:
    page = new_page(zone="Asia/Tokyo")
    midnight = datetime(2026, 1, 15, tzinfo=NEW_YORK)
    with (
        _placed_at(product, "Peter Nagy", midnight),
        _placed_at(product, "Leïla Haddad", midnight.replace(day=16)),
    ):
        people.login(page, product, f"{LIST}?from=2026-01-15&until=2026-01-15")
        expect(_rows(page)).to_have_count(1)
        expect(_row(page, "Peter Nagy")).to_contain_text("15 Jan")
        page.goto(f"{product.url}{LIST}?until=2026-01-14")
        expect(page.get_by_text("No order matches")).to_be_visible()
        page.get_by_role("link", name="Remove filter: placed").click()
        page.locator("summary", has_text="Placed").click()
        expect(page.get_by_text("Days begin at midnight in America/New_York")).to_be_visible()
        page.get_by_label("From").fill("2026-01-16")
        page.get_by_label("Until").fill("2026-01-16")
        page.get_by_role("button", name="Show these days").click()
        expect(_rows(page)).to_have_count(1)
        expect(_row(page, "Leïla Haddad")).to_contain_text("16 Jan")


def test_list_is_sorted_by_its_heads_and_by_the_menu(product: Installation, new_page: NewPage) -> None:
    page = new_page()
    people.login(page, product, f"{LIST}?event={links.event_id(product, people.EVENT)}")
    total = page.get_by_role("columnheader", name="Total")
    expect(total).to_have_attribute("aria-sort", "none")
    total.get_by_role("link").click()
    expect(total).to_have_attribute("aria-sort", "descending")
    page.wait_for_url(re.compile("sort=highest"))
    falling = _totals(page)
    assert falling == sorted(falling, reverse=True)
    total.get_by_role("link").click()
    expect(total).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("tbody .c-total").first).to_have_text(f"${min(falling):.2f}")
    page.locator("summary", has_text="Lowest total first").click()
    page.get_by_role("link", name="Oldest first").click()
    expect(page.get_by_role("columnheader", name="Placed")).to_have_attribute("aria-sort", "ascending")
    expect(_rows(page).first).to_contain_text("Yusuf Demir")


def test_view_is_saved_chosen_renamed_and_deleted(product: Installation, new_page: NewPage) -> None:
    page = new_page()
    people.login(page, product, f"{LIST}?status=disputed&sort=highest")
    menu = page.locator("summary", has_text="Saved views")
    menu.click()
    page.get_by_label("Save this view as").fill("Disputes by size")
    page.get_by_role("button", name="Save view").click()
    expect(menu).to_contain_text("Disputes by size")
    page.get_by_role("link", name="All orders").click()
    expect(page).to_have_url(re.compile(r"/admin/orders$"))
    expect(menu).to_contain_text("All orders")
    page.reload()
    menu.click()
    page.get_by_role("link", name="Disputes by size").click()
    expect(_rows(page)).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?status=disputed&sort=highest$"))
    menu.click()
    page.get_by_role("button", name="Rename Disputes by size").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Largest disputes")
    dialog.get_by_role("button", name="Rename").click()
    expect(dialog).to_be_hidden()
    expect(menu).to_contain_text("Largest disputes")
    menu.click()
    page.get_by_role("button", name="Delete Largest disputes").click()
    asked = page.get_by_role("alertdialog")
    expect(asked).to_contain_text("No order changes.")
    asked.get_by_role("button", name="Delete view").click()
    expect(asked).to_be_hidden()
    expect(menu).not_to_contain_text("Largest disputes")


def test_list_is_worked_by_keyboard_alone(product: Installation, new_page: NewPage) -> None:
    page = new_page()
    people.login(page, product, LIST)
    expect(_row(page, "Maren Okafor")).to_be_visible()
    numbers = page.locator("[data-row]").all_inner_texts()
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        expect(page.locator(":focus")).to_have_text(numbers[place])
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    for words in ("Search", "Next row", "Previous row", "Open the row", "Next page", "Refunds", "Decline"):
        expect(sheet).to_contain_text(words)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin/orders/{numbers[1]}*")
    expect(page.get_by_role("heading", level=1)).to_contain_text(numbers[1])
    page.go_back()
    expect(page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator(":focus")).to_have_text(numbers[2])
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("jjk")
    expect(page.get_by_role("searchbox")).to_have_value("jjk")
    page.get_by_role("searchbox").press("Tab")
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/admin/refunds*")
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url(re.compile(rf"{LIST}/?$"))


def test_rows_stay_under_the_keyboard_while_others_buy(product: Installation, new_page: NewPage) -> None:
    page, buyer = new_page(), new_page()
    people.login(page, product, LIST)
    expect(_row(page, "Maren Okafor")).to_be_visible()
    numbers = page.locator("[data-row]").all_inner_texts()
    for _ in range(3):
        page.keyboard.press("j")
    bought = people.buy(buyer, product, {"Student": 1}, name="Quinn Quick", email="quinn.quick@example.com")
    pill = page.get_by_role("button", name="1 new order")
    expect(pill).to_be_visible()
    expect(page.locator(":focus")).to_have_text(numbers[2])
    page.keyboard.press("k")
    expect(page.locator(":focus")).to_have_text(numbers[1])
    pill.click()
    expect(page.locator("[data-row]").first).to_have_text(bought)
    page.keyboard.press("j")
    expect(page.locator(":focus")).to_have_text(numbers[2])


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("status=stolen&sort=upwards&source=cash", "status, source, sort"),
        ("event=nobody&promotion=nothing&after=nowhere", "event, promotion, page"),
        (f"from=2026-02-30&until=1&q={'x' * 2000}&before=%00%ff", "dates, page, search"),
    ],
)
def test_bad_address_shows_all_orders_and_names_what_was_left_out(
    product: Installation, new_page: NewPage, query: str, named: str
) -> None:
    page = new_page()
    people.login(page, product, f"{LIST}?{query}")
    expect(page.get_by_text(f"left out: {named}.")).to_be_visible()
    expect(_row(page, "Maren Okafor")).to_be_visible()


def test_pasted_link_shows_the_same_after_the_login(product: Installation, new_page: NewPage) -> None:
    page = new_page()
    address = f"{LIST}?status=paid&source=stripe&sort=oldest&q=ivy%20chen"
    people.sign_in(page, product, address, "viewer")
    expect(_rows(page)).to_have_count(1)
    expect(_row(page, "Ivy Chen")).to_contain_text("i•••@example.com")
    assert page.url.replace("/orders/?", "/orders?") == product.url + address
    expect(page.get_by_role("button", name="Export")).to_have_count(0)


def _rows(page: Page) -> Locator:
    return page.get_by_role("table").get_by_role("row", name=re.compile("KB-"))


def _row(page: Page, buyer: str) -> Locator:
    return page.get_by_role("row", name=re.compile(buyer)).first


def _choose(page: Page, chip: str, value: str) -> None:
    page.locator("summary", has_text=chip).click()
    page.get_by_role("link", name=value).click()


def _totals(page: Page) -> list[float]:
    expect(page.get_by_text(COUNTED)).to_be_visible()
    return [float(text.strip("$")) for text in page.locator("tbody .c-total").all_inner_texts()]


@contextmanager
def _placed_at(product: Installation, buyer: str, moment: datetime) -> Iterator[None]:
    """Let a buyer's newest order be placed at another moment for a while."""
    number = links.order_number(product, buyer)
    engine = sa.create_engine(f"sqlite:///{product.data_dir / 'kagibag.db'}", connect_args={"timeout": 20})
    mine = col(Order.number) == number
    with engine.begin() as connection:
        before = connection.scalar(sa.select(col(Order.placed_at)).where(mine))
        connection.execute(sa.update(Order).where(mine).values(placed_at=moment))
    yield
    with engine.begin() as connection:
        connection.execute(sa.update(Order).where(mine).values(placed_at=before))
    engine.dispose()
