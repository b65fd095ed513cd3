"""Where a browser may be sent next, and which cookie is the session's."""

from __future__ import annotations

import pytest

from kagibag_app.web.session import login_path, marked, next_path, session_token

HOME = "/admin"


@pytest.mark.parametrize(
    "wanted",
    [
        "/admin/refunds",
        "/admin/orders/KB-7F3K-9Q2M",
        "/admin/orders?q=ana%40x.org&status=paid",
        "/admin/orders/",
        "/admin",
        "/admin?days=7",
    ],
)
def test_next_path_keeps_pages_of_our_own(wanted: str) -> None:
    assert next_path(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        None, 1, "", "/", "//evil.example", "/\\evil.example", "\\evil", "https://evil.example/admin", "/admin//evil.example",
        "/admin/../e/x", "/admin/..", "/administrator", "/admin/orders\r\nSet-Cookie: a=b", "/admin/orders#x", "/admin/%2e%2e/",
        "javascript:alert(1)", " /admin/orders", "/admin/orders\n", "/admin/login?next=/admin/login",
        "/api/session/logout",
        "/admin/" + "a" * 2000, "/admin@evil.example", "/admin.evil.example",
    ],
)  # fmt: skip
def test_attack_11_next_path_leads_home_when_it_would_lead_away(wanted: object) -> None:
    assert next_path(wanted) == HOME


def test_login_path_leads_back_and_says_why() -> None:
    assert (
        login_path("/admin/refunds?q=1", error="expired")
        == "/admin/login?next=%2Fadmin%2Frefunds%3Fq%3D1&error=expired"
    )


def test_marked_replaces_an_earlier_mark() -> None:
    assert marked("/admin/refunds?q=1&confirm=slow", "wrong") == "/admin/refunds?q=1&confirm=wrong"
    assert next_path("/admin/refunds?confirm=slow") == "/admin/refunds"


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("kb_session=abc", "abc"), ("a=1; kb_session=abc; b=2", "abc"), ("", ""), ("kb_session", ""), ("xkb_session=abc", ""),
        ('bad="; kb_session=abc', "abc"), ("kb_session=; a=b", ""),
    ],
)  # fmt: skip
def test_session_token_is_read_among_other_cookies(header: str, token: str) -> None:
    assert session_token(header) == token
