"""What the login page says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kagibag_app.runtime import Runtime
from kagibag_app.web.admin.login.state import LoginState
from tests.web.harness import browser, member, organizer, small_runtime


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[Runtime]:
    async with small_runtime(tmp_path) as started:
        yield started


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"error": "wrong"}, "Email and password"), ({"error": "slow"}, "Too many"), ({"error": "expired"}, "eight hours"),
        ({"error": "<script>"}, ""), ({}, ""),
    ],
)  # fmt: skip
async def test_the_login_page_says_only_its_own_sentences(
    runtime: Runtime, query: dict[str, str], shown: str
) -> None:
    async with browser() as opened:
        tab = opened.tab("/admin/login", query=query | {"next": "//evil.example"})
        await tab.call(LoginState.load)
        assert shown in tab.vars.get("error", "")
        assert bool(tab.vars.get("error")) is bool(shown)
        assert tab.vars["wanted"] == "/admin"


async def test_the_login_page_goes_on_when_one_is_signed_in(runtime: Runtime) -> None:
    person = await member(runtime, await organizer(runtime))
    async with browser() as opened:
        tab = opened.tab("/admin/login", person=person, query={"next": "/admin/refunds"})
        await tab.call(LoginState.load)
        assert tab.redirects == ["/admin/refunds"]
