"""Decisions about refunds that a person would notice to be broken: two people, several at once, a policy that decides."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e import people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation

EVENT = "tidewater-jazz-night"


def test_what_is_too_much_for_one_manager_needs_a_second_person_who_sees_the_first(
    product: Installation, new_page: NewPage
) -> None:
    buyer, owner, manager = new_page(), new_page(), new_page()
    people.buy(buyer, product, {"General admission": 1}, name="Grace Hopper", email="grace@example.com")
    people.ask_for_refund(buyer, 1)
    people.login(owner, product, people.POLICIES, "owner")
    people.limit_managers(owner, "30")
    try:
        people.login(manager, product, "/admin/refunds")
        people.queue_row(manager, "Grace Hopper").click()
        manager.get_by_role("button", name=re.compile(r"^Approve \$40\.00")).click()
        manager.get_by_role("alertdialog").get_by_role("button", name="Approve $40.00").click()
        expect(manager.get_by_text("You approved this first; somebody else confirms it.")).to_be_visible()
        expect(buyer.get_by_text("back, once Lantern Row has approved it.")).to_be_visible()

        owner.goto(f"{product.url}/admin/refunds?tab=second")
        people.queue_row(owner, "Grace Hopper").click()
        expect(owner.get_by_text("Noor Haas has this request open too.")).to_be_visible()
        expect(manager.get_by_text("Dana Moreau has this request open too.")).to_be_visible()
        owner.get_by_role("button", name=re.compile(r"^Confirm \$40\.00")).click()
        owner.get_by_role("alertdialog").get_by_role("button", name="Refund $40.00").click()
        expect(buyer.get_by_text("Sent by Stripe").first).to_be_visible()
    finally:
        owner.goto(product.url + people.POLICIES)
        people.limit_managers(owner, "")


def test_several_requests_are_approved_together_with_an_outcome_each(
    product: Installation, new_page: NewPage
) -> None:
    manager, buyers = new_page(), {name: new_page() for name in ("Ada Lovelace", "Mary Somerville")}
    for name, buyer in buyers.items():
        people.buy(
            buyer,
            product,
            {"General admission": 1},
            name=name,
            email=f"{name.split()[0].lower()}@example.com",
        )
        people.ask_for_refund(buyer, 1)
    people.login(manager, product, "/admin/refunds")
    for name in buyers:
        manager.get_by_role("checkbox", name=re.compile(f"Select {name}")).check()
    expect(manager.get_by_text("2 selected")).to_be_visible()
    manager.get_by_role("button", name="Approve selected").click()
    dialog = manager.get_by_role("alertdialog")
    expect(dialog).to_contain_text("$80.00 in all")
    dialog.get_by_role("button", name="Approve 2 requests").click()
    expect(dialog).to_contain_text("2 on the way to Stripe")
    dialog.get_by_role("button", name="Close").click()
    expect(people.queue_row(manager, "Ada Lovelace")).to_have_count(0)
    for buyer in buyers.values():
        expect(buyer.get_by_text("Sent by Stripe").first).to_be_visible()


def test_a_policy_that_decides_approves_at_once_and_says_so_before(
    product: Installation, new_page: NewPage
) -> None:
    owner, buyer = new_page(), new_page()
    people.login(owner, product, f"{people.POLICIES}/{EVENT}", "owner")
    owner.get_by_label(re.compile("Approve at once")).fill("0")
    owner.get_by_role("button", name="Try it").click()
    expect(owner.get_by_role("table", name="A worked example")).to_contain_text("Approved at once")
    owner.get_by_role("button", name="Save for new orders").click()
    expect(owner.get_by_text("Policy saved")).to_be_visible()
    buyer.goto(f"{product.url}/e/{EVENT}")
    kind = buyer.get_by_role("button", name=re.compile("^One .* more$")).first.get_attribute("aria-label")
    name = re.sub("^One | more$", "", kind or "")
    people.buy(buyer, product, {name: 1}, event=EVENT, name="Joan Clarke", email="joan@example.com")
    expect(buyer.get_by_text(re.compile("approves this at once"))).to_be_visible()
    people.ask_for_refund(buyer, 1)
    expect(buyer.get_by_role("button", name="Withdraw this request")).to_have_count(0)
    expect(buyer.get_by_text("Sent by Stripe").first).to_be_visible()
