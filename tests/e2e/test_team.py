"""An owner invites; somebody joins by the mail's link, sees what the role may, and loses it when removed."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e import links, people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation

TEAM = "/admin/settings/team"
RIA, PIA, PASSWORD = "ria.sole@example.com", "pia@example.com", "a password of hers"
WAIT = 15_000


def test_invited_joins_with_her_role_and_is_out_when_removed(
    product: Installation, new_page: NewPage
) -> None:
    owner, ria = new_page(), new_page(width=390, height=844)
    people.login(owner, product, TEAM, "owner")
    people.invite(owner, RIA, "Support")

    link = _link_in_the_mail(owner, product)
    ria.goto(link)
    expect(ria.get_by_text("invites you to the team of")).to_be_visible()
    ria.get_by_label("Your name").fill("Ria Solé")
    ria.get_by_label("Choose a password").fill(PASSWORD)
    ria.get_by_role("button", name="Join Lantern Row").click()
    ria.wait_for_url(re.compile("/admin/?$"))
    expect(ria.locator(".figures dd").first).to_be_visible(timeout=WAIT)

    owner.goto(product.url + TEAM)
    members = owner.get_by_role("table", name="Members", exact=True)
    expect(members).to_contain_text(RIA)
    _sees_what_support_may(ria, product)

    ria.goto(f"{product.url}/admin/orders")
    expect(ria.locator(".orders tbody tr").first).to_be_visible(timeout=WAIT)
    members.get_by_role("button", name="Remove Ria Solé").click()
    owner.get_by_role("alertdialog").get_by_role("button", name="Remove Ria Solé").click()
    expect(owner.get_by_role("table", name="Removed members")).to_contain_text(RIA)
    # Her open page notices by itself.
    ria.wait_for_url(re.compile("/admin/login"))
    expect(ria.locator(".orders tbody tr")).to_have_count(0)

    ria.goto(link)
    expect(ria.get_by_text("This invitation was used already")).to_be_visible()
    ria.goto(f"{product.url}/admin/orders")
    ria.wait_for_url(re.compile("/admin/login"))


def test_who_is_on_two_teams_switches_between_them(product: Installation, new_page: NewPage) -> None:
    made = product.command_line(
        "admin", "create", "--email", PIA, "--name", "Pia Norden", "--organization", "North Quay", "--password", PASSWORD
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    owner, pia = new_page(), new_page()
    people.login(owner, product, TEAM, "owner")
    people.invite(owner, PIA, "Viewer")

    side = pia.get_by_role("complementary", name="Workspace")
    pia.goto(f"{product.url}/admin/login")
    pia.get_by_label("Email").fill(PIA)
    pia.get_by_label("Password").fill(PASSWORD)
    pia.get_by_role("button", name="Sign in").click()
    expect(side.get_by_text("North Quay · Owner")).to_be_visible(timeout=WAIT)
    pia.goto(f"{product.url}/admin/join/{links.invitation_token(product, PIA)}")
    expect(pia.get_by_label("Password")).to_have_count(0)
    pia.get_by_role("button", name="Join Lantern Row").click()
    expect(side.get_by_text("Lantern Row · Viewer")).to_be_visible(timeout=WAIT)
    expect(pia.locator(".needs li").first).to_be_visible(timeout=WAIT)

    side.get_by_text("Lantern Row · Viewer").click()
    side.get_by_role("button", name="Switch organization").click()
    pia.get_by_role("dialog").get_by_role("button", name="North Quay").click()
    expect(side.get_by_text("North Quay · Owner")).to_be_visible(timeout=WAIT)
    expect(pia.locator(".needs li")).to_have_count(0)


def _link_in_the_mail(page: Page, product: Installation) -> str:
    """Read the invitation in the log of mails, where it is kept without a mail server."""
    page.goto(f"{product.url}/admin/messages")
    page.get_by_role("link", name=re.compile("invites you to Lantern Row")).first.click()
    frame = page.frame_locator("iframe")
    href = frame.get_by_role("link", name="Join the team").get_attribute("href") or ""
    assert href == f"{product.url}/admin/join/{links.invitation_token(product, RIA)}"
    return href


def _sees_what_support_may(page: Page, product: Installation) -> None:
    """Buyers' addresses and what mails say, but neither the team nor an owner's link."""
    page.goto(f"{product.url}/admin/messages")
    page.get_by_role("link", name=re.compile("invites you to Lantern Row")).first.click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("link", name="Join the team")).to_have_attribute(
        "href", re.compile("in-the-mail-alone$")
    )
    expect(page.get_by_role("link", name="Team")).to_have_count(0)
    page.goto(product.url + TEAM)
    expect(page.get_by_text("Your role doesn't include this")).to_be_visible()
    expect(page.get_by_role("table")).to_have_count(0)
