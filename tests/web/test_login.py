"""Login, logout and the password typed again, over HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette

from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import SessionState
from kagibag_app.features.accounts.tables import Membership, User
from kagibag_app.features.timeline.tables import AuditEntry
from kagibag_app.runtime import Runtime
from kagibag_app.web import limits
from kagibag_app.web.api import sessions
from kagibag_app.web.session import COOKIE, standing
from tests.web.harness import PASSWORD, Person, member, organizer, small_runtime

ORIGIN = "http://localhost:8000"


@pytest.fixture(autouse=True)
def _fresh_counters() -> None:
    limits.count_in("")


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[Runtime]:
    async with small_runtime(tmp_path) as started:
        yield started


@pytest.fixture
async def client(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=sessions.ROUTES), client=("203.0.113.5", 1234))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN}) as opened:
        yield opened


async def _person(runtime: Runtime) -> Person:
    return await member(runtime, await organizer(runtime), email="ana@example.test")


async def _login(
    client: httpx.AsyncClient, email: str = "ana@example.test", password: str = PASSWORD, **more: str
) -> httpx.Response:
    client.cookies.clear()
    return await client.post("/api/session/login", data={"email": email, "password": password, **more})


def _error(answer: httpx.Response) -> str:
    return parse_qs(urlsplit(answer.headers["location"]).query).get("error", [""])[0]


async def test_login_sets_a_cookie_that_scripts_cannot_read(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    await _person(runtime)
    answer = await _login(client, " Ana@Example.test ", next="/admin/refunds?state=open")
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/refunds?state=open")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for part in ("HttpOnly", "SameSite=lax", "Max-Age=28800", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie
    async with runtime.store.read() as session:
        assert await accounts.load_session(session, answer.cookies[COOKIE]) is not None


async def test_login_sets_a_secure_cookie_when_reached_by_https(tmp_path: Path) -> None:
    async with small_runtime(tmp_path, public_url="https://tickets.example.com") as runtime:
        await _person(runtime)
        transport = httpx.ASGITransport(Starlette(routes=sessions.ROUTES))
        headers = {"origin": "https://tickets.example.com"}
        async with httpx.AsyncClient(
            transport=transport, base_url="https://tickets.example.com", headers=headers
        ) as client:
            assert "Secure" in (await _login(client)).headers["set-cookie"]


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "/\\evil.example", "https://evil.example", "/admin/../x"]
)
async def test_attack_11_login_goes_home_when_next_leads_away(
    runtime: Runtime, client: httpx.AsyncClient, wanted: str
) -> None:
    await _person(runtime)
    assert (await _login(client, next=wanted)).headers["location"] == "/admin"


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://evil.example",
        "http://localhost:8000.evil.example",
        "https://localhost:8000",
        "http://localhost",
    ],
)
@pytest.mark.parametrize("path", ["login", "logout", "confirm"])
async def test_attack_3_forms_of_other_sites_are_refused(
    runtime: Runtime, client: httpx.AsyncClient, origin: str | None, path: str
) -> None:
    person = await _person(runtime)
    del client.headers["origin"]
    headers = {"cookie": person.header} | ({"origin": origin} if origin else {})
    data = {"email": person.email, "password": PASSWORD}
    answer = await client.post(f"/api/session/{path}", data=data, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    async with runtime.store.read() as session:
        assert await accounts.load_session(session, person.cookie) is not None


async def test_attack_16_every_refused_login_gets_the_same_answer(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    await _person(runtime)
    org = await organizer(runtime, "other")
    off = await member(runtime, org, email="off@example.test")
    gone = await member(runtime, org, email="gone@example.test")
    async with runtime.store.transaction() as tx:
        await tx.session.execute(
            sa.update(User).where(sa.column("id") == off.user_id).values(status="disabled")
        )
        await tx.session.execute(
            sa.update(Membership).where(sa.column("user_id") == gone.user_id).values(status="disabled")
        )
    answers = [
        await _login(client, "ana@example.test", "wrong"),
        await _login(client, "nobody@example.test", "wrong"),
        await _login(client, "off@example.test"),
        await _login(client, "gone@example.test"),
        await _login(client, "", ""),
        await _login(client, "ana@example.test", "x" * 5000),
    ]
    assert {(a.status_code, a.headers["location"], a.text, "set-cookie" in a.headers) for a in answers} == {
        (303, "/admin/login?next=%2Fadmin&error=wrong", "", False)
    }


async def test_attack_16_an_unknown_address_takes_as_long_as_a_wrong_password(
    runtime: Runtime, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _person(runtime)
    accounts.check_password("warm", None)
    spent: dict[str, list[float]] = {"ana@example.test": [], "nobody@example.test": []}
    for _ in range(3):
        for email, times in spent.items():
            started = time.process_time()
            await _login(client, email, "wrong password")
            times.append(time.process_time() - started)
    known, unknown = (median(times) for times in spent.values())
    assert unknown > known / 2


async def test_attack_16_a_session_prepared_by_somebody_else_is_never_used(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    await _person(runtime)
    answer = await client.post(
        "/api/session/login",
        data={"email": "ana@example.test", "password": PASSWORD},
        headers={"cookie": f"{COOKIE}=prepared"},
    )
    assert answer.cookies[COOKIE] != "prepared"
    async with runtime.store.read() as session:
        assert await accounts.load_session(session, "prepared") is None


async def test_attack_16_guessing_becomes_slow_without_a_lasting_lock_out(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    await _person(runtime)
    answers = [_error(await _login(client, password=f"guess number {n}")) for n in range(7)]
    assert answers == ["wrong"] * 6 + ["slow"]
    assert _error(await _login(client)) == "slow"
    limits.count_in("")
    assert (await _login(client)).headers["location"] == "/admin"


async def test_a_refused_login_is_noted_without_what_was_typed(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    await _login(client, "typed-my-password-here", "wrong")
    async with runtime.store.read() as session:
        (entry,) = list(await session.scalars(sa.select(AuditEntry)))
    assert (entry.kind, entry.subject, entry.data) == ("login_refused", "unknown", {"address": "203.0.113.5"})


async def test_attack_16_logout_ends_the_session_for_everybody(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    person = await _person(runtime)
    answer = await client.post("/api/session/logout", headers={"cookie": person.header})
    assert (answer.status_code, _error(answer)) == (303, "left")
    assert f'{COOKIE}=""' in answer.headers["set-cookie"]
    async with runtime.store.read() as session:
        assert await accounts.load_session(session, person.cookie) is None


async def test_confirm_takes_up_an_idle_session_where_it_was(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    person = await _person(runtime)
    runtime.clock.advance(timedelta(minutes=40))
    data = {"password": PASSWORD, "next": "/admin/refunds?q=1&confirm=wrong"}
    answer = await client.post("/api/session/confirm", data=data, headers={"cookie": person.header})
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/refunds?q=1")
    async with runtime.store.read() as session:
        view = await accounts.load_session(session, person.cookie)
    assert view is not None
    assert standing(view) is SessionState.LIVE


async def test_confirm_says_on_the_page_that_the_password_is_wrong(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    person = await _person(runtime)
    places = []
    for _ in range(7):
        answer = await client.post(
            "/api/session/confirm",
            data={"password": "wrong", "next": "/admin/refunds"},
            headers={"cookie": person.header},
        )
        places.append(answer.headers["location"])
    assert places == ["/admin/refunds?confirm=wrong"] * 6 + ["/admin/refunds?confirm=slow"]


@pytest.mark.parametrize("cookie", ["", f"{COOKIE}=unknown"])
async def test_confirm_asks_for_a_login_when_there_is_no_session(
    runtime: Runtime, client: httpx.AsyncClient, cookie: str
) -> None:
    answer = await client.post(
        "/api/session/confirm", data={"password": PASSWORD}, headers={"cookie": cookie}
    )
    assert _error(answer) == "expired"


async def test_confirm_asks_for_a_login_when_eight_hours_are_over(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    person = await _person(runtime)
    runtime.clock.advance(timedelta(hours=8))
    answer = await client.post(
        "/api/session/confirm", data={"password": PASSWORD}, headers={"cookie": person.header}
    )
    assert _error(answer) == "expired"


async def test_other_requests_go_on_while_a_password_is_checked(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    await _person(runtime)
    login = asyncio.create_task(_login(client))
    turns = 0
    while not login.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 5
