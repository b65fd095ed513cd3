"""The link of an invitation: what its page says, and the form that lets somebody in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette

from kagibag_app.features.accounts import queries
from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import INVITATION_FOR, Role
from kagibag_app.features.accounts.tables import User
from kagibag_app.features.accounts.views import SessionView
from kagibag_app.storage.secrets import LinkPurpose
from kagibag_app.web import limits, routes
from kagibag_app.web.admin.join.state import JoinState
from kagibag_app.web.api import joining, sessions
from kagibag_app.web.security import headers_for
from kagibag_app.web.session import COOKIE
from tests.services.team import Team
from tests.web.harness import PASSWORD, Browser, Person, browser, member, organizer, small_runtime

ORIGIN = "http://localhost:8000"
RIA = "ria.sole@example.com"
NEW = "a new password"


@dataclass
class Door(Team):
    """A team, the link to it, and who comes."""

    browser: Browser
    client: httpx.AsyncClient
    owner: Person
    invitation: str

    def token(self, version: int = 1, purpose: LinkPurpose = LinkPurpose.INVITATION) -> str:
        """The token of the link in the mail."""
        return self.runtime.links.token(purpose, self.invitation, version)

    async def seen(self, token: str | None = None, person: Person | None = None, **query: str) -> JoinState:
        """What the page shows."""
        token = self.token() if token is None else token
        tab = self.browser.tab(f"/admin/join/{token}", person=person, query={"token": token, **query})
        await tab.call(JoinState.load)
        return await tab.state(JoinState)

    async def sent(self, person: Person | None = None, **fields: str) -> httpx.Response:
        """Send the form."""
        self.client.cookies.clear()
        headers = {"cookie": person.header} if person else {}
        return await self.client.post(
            "/api/team/join", data={"token": self.token(), **fields}, headers=headers
        )

    async def session_of(self, answer: httpx.Response) -> SessionView | None:
        """The session that an answer opened."""
        async with self.runtime.store.read() as session:
            return await accounts.load_session(session, answer.cookies.get(COOKIE) or "")


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """An owner has invited Ria to support."""
    limits.count_in("")
    async with small_runtime(tmp_path) as runtime, browser() as opened:
        team = Team(runtime, await organizer(runtime))
        owner = await team.hire()
        invitation = await team.run(accounts.invite, team.actor(owner), email=RIA, role=Role.SUPPORT)
        app = Starlette(routes=[*joining.ROUTES, *sessions.ROUTES])
        transport = httpx.ASGITransport(app, client=("203.0.113.5", 1234))
        async with httpx.AsyncClient(
            transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN}
        ) as client:
            yield Door(runtime, team.organizer_id, opened, client, owner, invitation)


async def test_the_page_says_who_invites_to_what_as_what(door: Door) -> None:
    state = await door.seen()
    assert (state.phase, state.who) == ("open", "new")
    assert (state.offer.organizer, state.offer.inviter, state.offer.role) == (
        "Night Owl",
        "Owner Person",
        "Support",
    )
    assert state.offer.email == RIA


async def test_somebody_new_gets_a_login_and_is_in(door: Door) -> None:
    answer = await door.sent(name="Ria Solé", password=NEW)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
    assert "HttpOnly" in answer.headers["set-cookie"]
    view = await door.session_of(answer)
    assert view is not None
    assert (view.email, view.user_name, view.role, view.organizer_id) == (
        RIA,
        "Ria Solé",
        "support",
        door.organizer_id,
    )
    login = await door.client.post("/api/session/login", data={"email": RIA, "password": NEW})
    assert login.headers["location"] == "/admin"
    state = await door.seen()
    assert (state.phase, state.used) == ("closed", True)
    assert "used already" in state.title
    again = await door.sent(name="Eve", password=NEW)
    assert again.headers["location"] == f"/admin/join/{door.token()}"
    assert "set-cookie" not in again.headers


async def test_somebody_known_types_the_password_they_have_and_acts_for_the_new_team(door: Door) -> None:
    other = await organizer(door.runtime, "other")
    known = await member(door.runtime, other, Role.MANAGER, email=RIA)
    assert (await door.seen()).who == "known"
    refused = await door.sent(name="Eve", password=NEW)
    assert refused.headers["location"].endswith("?error=wrong")
    assert "not the password" in (await door.seen(error="wrong")).error
    assert RIA not in await door.roles()
    answer = await door.sent(name="Eve", password=PASSWORD)
    view = await door.session_of(answer)
    assert view is not None
    assert (view.user_id, view.organizer_id, view.role, view.organizations) == (
        known.user_id, door.organizer_id, "support", 2,
    )  # fmt: skip
    assert view.user_name == "Manager Person"


async def test_who_is_signed_in_as_the_address_just_agrees(door: Door) -> None:
    known = await member(door.runtime, await organizer(door.runtime, "other"), Role.MANAGER, email=RIA)
    async with door.runtime.store.read() as session:
        before = await accounts.load_session(session, known.cookie)
    door.runtime.clock.advance(timedelta(minutes=5))
    assert (await door.seen(person=known)).who == "mine"
    answer = await door.sent(known)
    assert answer.headers["location"] == "/admin"
    assert "set-cookie" not in answer.headers
    async with door.runtime.store.read() as session:
        after = await accounts.load_session(session, known.cookie)
    assert before is not None
    assert after is not None
    assert after.organizer_id == door.organizer_id
    # No password was typed: money is asked for one as before.
    assert (after.password_at, after.confirmed_at) == (before.password_at, before.confirmed_at)


async def test_another_login_is_told_so_and_gets_nothing(door: Door) -> None:
    stranger = await member(door.runtime, await organizer(door.runtime, "other"))
    state = await door.seen(person=stranger)
    assert (state.who, state.signed_in_as) == ("other", stranger.email)
    answer = await door.sent(stranger, name="Eve", password=NEW)
    assert answer.headers["location"] == f"/admin/join/{door.token()}"
    assert list(await door.roles()) == [door.owner.email]


async def test_attack_6_what_is_no_link_of_ours_opens_nothing_and_says_nothing(door: Door) -> None:
    token = door.token()
    flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
    wrong = ["", "x", "a.b.c", flipped, door.token(2), door.token(purpose=LinkPurpose.ORDER)]
    wrong.append(door.runtime.links.token(LinkPurpose.INVITATION, "inv_unknown", 1))
    for claim in wrong:
        state = await door.seen(claim)
        assert (state.phase, state.used) == ("closed", False), claim
        assert state.title == "This link doesn't open an invitation"
        assert not [word for word in (RIA, "Night Owl", "Dana") if word in str(state.dict())]
        answer = await door.sent(token=claim, name="Eve", password=NEW)
        assert answer.headers["location"].startswith("/admin/join/")
        assert "set-cookie" not in answer.headers
    assert list(await door.roles()) == [door.owner.email]


@pytest.mark.parametrize("claim", ["//evil.example", "../../x", "a\r\nset-cookie: x=1", "a?b#c", "x" * 500])
async def test_attack_11_the_form_leads_nowhere_else(door: Door, claim: str) -> None:
    answer = await door.sent(token=claim)
    assert answer.headers["location"] == "/admin/join/incomplete"


async def test_a_closed_invitation_says_why_in_one_sentence(door: Door) -> None:
    door.runtime.clock.advance(INVITATION_FOR)
    assert "too old" in (await door.seen()).title
    await door.run(accounts.renew_invitation, door.actor(door.owner), invitation=door.invitation)
    assert "doesn't open" in (await door.seen()).title
    newest = door.token(2)
    assert (await door.seen(newest)).phase == "open"
    await door.run(accounts.revoke_invitation, door.actor(door.owner), invitation=door.invitation)
    assert "withdrawn" in (await door.seen(newest)).title
    answer = await door.sent(token=newest, name="Ria", password=NEW)
    assert answer.headers["location"] == f"/admin/join/{newest}"
    assert list(await door.roles()) == [door.owner.email]


@pytest.mark.parametrize(
    ("name", "password", "error"), [("", NEW, "name"), ("Ria", "short", "password"), ("Ria", "", "password")]
)
async def test_a_name_and_a_password_are_needed(door: Door, name: str, password: str, error: str) -> None:
    answer = await door.sent(name=name, password=password)
    assert answer.headers["location"].endswith(f"?error={error}")
    assert (await door.seen(error=error)).error
    assert list(await door.roles()) == [door.owner.email]


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example"])
@pytest.mark.parametrize("path", ["/api/team/join", "/api/session/switch"])
async def test_attack_3_forms_of_other_sites_are_refused(door: Door, origin: str | None, path: str) -> None:
    del door.client.headers["origin"]
    headers = {"cookie": door.owner.header} | ({"origin": origin} if origin else {})
    data = {"token": door.token(), "name": "Eve", "password": NEW, "organizer": "org_x"}
    assert (await door.client.post(path, data=data, headers=headers)).status_code == 403
    assert list(await door.roles()) == [door.owner.email]


async def test_attack_5_guessing_is_slowed_down(door: Door) -> None:
    await member(door.runtime, await organizer(door.runtime, "other"), email=RIA)
    errors = [(await door.sent(password="guess")).headers["location"][-5:] for _ in range(8)]
    assert errors[:6] == ["wrong"] * 6
    assert errors[6:] == ["=slow"] * 2
    limits.count_in("")
    for _ in range(30):
        await door.seen("a.b.c")
    assert (await door.seen()).title == "Too many tries"


async def test_attack_7_the_link_s_page_is_kept_nowhere_and_told_to_nobody(door: Door) -> None:
    headers = headers_for(f"/admin/join/{door.token()}")
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    # The path goes to nobody, and the form still comes with an Origin.
    assert headers["Referrer-Policy"] == "strict-origin"
    assert {"name": "referrer", "content": "strict-origin"} in routes.meta_of("/admin/join/[token]")
    async with door.runtime.store.read() as session:
        users = await session.scalars(sa.select(User))
        assert not [user for user in users if NEW in str(user.model_dump())]


async def test_switching_acts_for_another_of_one_s_organizations_and_for_no_other(door: Door) -> None:
    other = await organizer(door.runtime, "other")
    third = await organizer(door.runtime, "third")
    known = await member(door.runtime, other, Role.MANAGER, email=RIA)
    await door.run(accounts.join, invitation=door.invitation, version=1, user_id=known.user_id)
    for wanted, found in ((door.organizer_id, door.organizer_id), (third, door.organizer_id), (other, other)):
        async with door.runtime.store.read() as session:
            row = await queries.system_organizer(session, wanted)
        assert row is not None
        door.client.cookies.clear()
        answer = await door.client.post(
            "/api/session/switch", data={"organizer": row.public_id}, headers={"cookie": known.header}
        )
        assert answer.headers["location"] == "/admin"
        async with door.runtime.store.read() as session:
            view = await accounts.load_session(session, known.cookie)
        assert view is not None
        assert view.organizer_id == found
    assert (await door.members())[RIA].last_active_at is not None
