"""What the real server's answers give away: nothing personal, to nobody, and not in its log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from kagibag_app.web.session import COOKIE
from tests.e2e import links, people
from tests.e2e.conftest import NewPage
from tests.e2e.installation import Installation

ADMIN_PAGES = (
    "/admin/login", "/admin/orders", "/admin/orders/KB-0000-0000", "/admin/refunds", "/admin/disputes",
    "/admin/disputes/dp_x", "/admin/webhooks", "/admin/messages", "/admin", "/admin/checkin",
)  # fmt: skip
PERSONAL = ("Maren", "Okafor", "@example.com", "Lantern", "HARBOUR15", "KB-")
# Few: every try counts for the limits of this address, which other tests log in from.
LEADS_AWAY = ("https://evil.example", "//evil.example", "/\\evil.example", "/admin/../../evil")


@pytest.fixture
def client(product: Installation) -> Iterator[httpx.Client]:
    """A program without cookies that follows no redirect."""
    with httpx.Client(base_url=product.url, timeout=10) as opened:
        yield opened


@pytest.mark.parametrize("path", ADMIN_PAGES)
def test_attack_4_source_of_an_organizer_page_holds_no_data(client: httpx.Client, path: str) -> None:
    answer = client.get(path, follow_redirects=True)
    assert answer.status_code == 200
    assert [word for word in PERSONAL if word in answer.text] == []
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("place", ["order", "ticket", "checkout"])
def test_attack_7_page_of_a_secret_link_is_neither_kept_nor_told(client: httpx.Client, place: str) -> None:
    answer = client.get(f"/{place}/or_1.key.tag")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"


def test_attack_7_nothing_that_an_order_page_asks_for_names_its_token(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    referers: list[str] = []
    page.on("request", lambda request: referers.append(request.headers.get("referer", "")))
    token = links.order_token(product, "Ivy Chen")
    page.goto(f"{product.url}/order/{token}")
    expect(page.locator(".stub").first).to_be_visible(timeout=15_000)
    page.get_by_role("link", name="Find my order").click()
    expect(page.get_by_role("heading", name="Find my order")).to_be_visible()
    assert len(referers) > 10
    assert [referer for referer in referers if "/order/" in referer] == []


def test_attack_7_and_17_log_holds_no_secret(
    product: Installation, new_page: NewPage, client: httpx.Client
) -> None:
    token = links.order_token(product, "Maren Okafor")
    page = new_page()
    people.login(page, product, "/admin/refunds")
    expect(page.get_by_role("heading", name="Refunds", exact=True)).to_be_visible()
    cookie = next(kept.get("value", "") for kept in page.context.cookies() if kept.get("name") == COOKIE)
    page.goto(f"{product.url}/order/{token}")
    expect(page.locator(".stub").first).to_be_visible(timeout=15_000)
    # What goes wrong is logged, and must be logged without them too.
    client.get(
        f"/order/{token}x",
        headers={"cookie": f"{COOKIE}={cookie}", "authorization": "Bearer sk_test_leak0001"},
    )
    client.post("/api/stripe/webhook", content=b"{}", headers={"stripe-signature": "t=1,v1=deadbeefdeadbeef"})
    client.post(
        "/api/session/login",
        data={"email": "noor@lantern-row.example", "password": "not-the-password-9"},
        headers={"origin": product.url},
    )
    secrets = [*json.loads((product.data_dir / "secrets.json").read_text()).values()]
    secrets += [
        token,
        token.rpartition(".")[2],
        cookie,
        "not-the-password-9",
        "sk_test_",
        "deadbeefdeadbeef",
        "$argon2",
    ]
    log = product.log()
    assert "stripe_webhook.refused" in log
    assert [secret[:6] for secret in secrets if secret in log] == []


@pytest.mark.parametrize("wanted", LEADS_AWAY)
def test_attack_11_login_leads_nowhere_else(client: httpx.Client, product: Installation, wanted: str) -> None:
    form = {"email": "nobody@example.com", "password": "wrong on purpose", "next": wanted}
    refused = client.post("/api/session/login", data=form, headers={"origin": product.url})
    assert refused.status_code == 303
    assert refused.headers["location"].startswith("/admin/login?next=%2Fadmin&error=")


def test_attack_11_login_page_opened_with_a_foreign_address_ends_at_home(
    product: Installation, new_page: NewPage
) -> None:
    page = new_page()
    manager = json.loads((product.data_dir / "demo.json").read_text())[1]
    page.goto(f"{product.url}/admin/login?next=https%3A%2F%2Fevil.example%2F")
    page.get_by_label("Email").fill(manager["email"])
    page.get_by_label("Password").fill(manager["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/admin/?$"))


@pytest.mark.parametrize(
    "path",
    [f"/e/{people.EVENT}", "/admin/orders", "/order/or_1.key.tag", "/healthz", "/favicon.svg", "/nowhere"],
)
def test_every_answer_carries_the_security_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-inline'" not in policy.partition("style-src")[0]
    assert "http:" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-opener-policy"] == "same-origin"


def test_page_that_a_browser_kept_is_shown_again(product: Installation, new_page: NewPage) -> None:
    """The server answers "not modified" then, whose headers the browser puts over those it has."""
    page = new_page()
    for _ in range(2):
        page.goto(f"{product.url}/e/{people.EVENT}")
        expect(page.get_by_role("heading", level=1)).to_have_text("Night Harbour Sessions", timeout=15_000)
        page.goto("about:blank")


def test_page_that_does_not_exist_says_so_calmly(
    product: Installation, new_page: NewPage, client: httpx.Client
) -> None:
    assert client.get("/nowhere/at-all").status_code == 404
    page = new_page()
    page.goto(f"{product.url}/nowhere/at-all")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no page here")
    expect(page.get_by_role("link", name="Find my order")).to_be_visible()


@pytest.mark.parametrize("place", ["order", "ticket", "checkout"])
def test_wrong_token_shows_a_calm_page(product: Installation, new_page: NewPage, place: str) -> None:
    right = links.order_token(product, "Ivy Chen")
    other_purpose = links.ticket_token(product, "Ivy Chen") if place != "ticket" else right
    page = new_page()
    for wrong in (f"{right[:-4]}AAAA", other_purpose, "a.b.c"):
        page.goto(f"{product.url}/{place}/{wrong}")
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=15_000)
        expect(page.get_by_text("Ivy Chen")).to_have_count(0)
        expect(page.locator(".stub")).to_have_count(0)


def test_health_says_what_works_and_nothing_else(client: httpx.Client) -> None:
    alive, ready = client.get("/healthz"), client.get("/readyz")
    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert ready.status_code == 200
    assert set(ready.json()["checks"].values()) == {"ok"}
    assert str(client.base_url.port) not in ready.text
