"""Settings > Team: seen and changed by owners alone, after their password, in sight of what follows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import CONFIRMED_FOR, Role
from kagibag_app.live.bus import MemoryBus
from kagibag_app.web import limits, live
from kagibag_app.web.admin.messages.state import MessagesState
from kagibag_app.web.admin.orders.state import OrdersState
from kagibag_app.web.admin.team.state import TeamState
from kagibag_app.web.session import Workspace
from tests.services.team import Team
from tests.web.harness import Browser, Person, Tab, browser, organizer, small_runtime

PATH = "/admin/settings/team"
RIA = "ria.sole@example.com"


@dataclass
class Office(Team):
    """A team and its browsers."""

    browser: Browser
    owner: Person

    async def opened(self, person: Person) -> Tab:
        """A tab that shows the team."""
        tab = self.browser.tab(PATH, person=person)
        await tab.call(TeamState.load)
        return tab

    async def asked(self, tab: Tab, question: str, person: Person) -> None:
        """Press a button of somebody's line."""
        await tab.call(TeamState.ask, question, await self.id_of(person))


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """An organization with one owner."""
    limits.count_in("")
    async with small_runtime(tmp_path) as runtime, browser() as opened:
        runtime.mailer = cast(Any, SimpleNamespace(delivers=True))
        made = Team(runtime, await organizer(runtime))
        yield Office(runtime, made.organizer_id, opened, await made.hire())


async def shown(tab: Tab) -> TeamState:
    """What the tab's screen holds."""
    return await tab.state(TeamState)


async def test_the_owner_sees_everybody_and_what_waits(office: Office) -> None:
    gone, helper = await office.hire(Role.VIEWER), await office.hire(Role.SUPPORT)
    await office.run(accounts.remove_member, office.actor(office.owner), member=await office.id_of(gone))
    await office.run(accounts.invite, office.actor(office.owner), email=RIA, role=Role.MANAGER)
    state = await shown(await office.opened(office.owner))
    assert {(item.email, item.role_name, item.you) for item in state.members} == {
        (office.owner.email, "Owner", True),
        (helper.email, "Support", False),
    }
    assert [item.email for item in state.removed] == [gone.email]
    assert [(item.email, item.role_name, item.expired) for item in state.invitations] == [
        (RIA, "Manager", False)
    ]
    assert all(item.seen.startswith("Today") for item in state.members)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPPORT, Role.VIEWER])
async def test_nobody_else_sees_the_team(office: Office, role: Role) -> None:
    tab = await office.opened(await office.hire(role))
    assert office.owner.email not in str(tab.sent)
    assert "role" in tab.toasts[0]
    assert not (await tab.state(Workspace)).member.sees_team


async def test_an_invitation_is_sent_and_listed(office: Office) -> None:
    tab = await office.opened(office.owner)
    await tab.call(TeamState.start_inviting)
    assert (await shown(tab)).inviting
    await tab.call(TeamState.invite, {"email": "ria", "role": "support"})
    assert "name@example.com" in (await shown(tab)).errors.email
    await tab.call(TeamState.invite, {"email": RIA, "role": "root"})
    assert "role" in (await shown(tab)).errors.other
    await tab.call(TeamState.invite, {"email": RIA, "role": "support"})
    state = await shown(tab)
    assert (state.inviting, [item.email for item in state.invitations]) == (False, [RIA])
    assert tab.toasts == ["Invitation sent"]
    await tab.call(TeamState.invite, {"email": RIA, "role": "support"})
    assert "invited already" in (await shown(tab)).errors.email


async def test_invitations_are_limited_so_that_nobody_floods_mailboxes(office: Office) -> None:
    tab = await office.opened(office.owner)
    for number in range(20):
        await tab.call(TeamState.invite, {"email": f"p{number}@example.com", "role": "viewer"})
    await tab.call(TeamState.invite, {"email": "one.more@example.com", "role": "viewer"})
    assert "Too many" in (await shown(tab)).errors.other
    assert len(await office.invitations()) == 20


async def test_each_change_is_asked_about_and_said(office: Office) -> None:
    helper = await office.hire(Role.SUPPORT)
    tab = await office.opened(office.owner)
    await office.asked(tab, "role", helper)
    assert (await shown(tab)).member_asked.email == helper.email
    await tab.call(TeamState.change_role, {"role": "manager"})
    assert (await office.roles())[helper.email] == "manager"
    await office.asked(tab, "remove", helper)
    await tab.call(TeamState.remove)
    assert helper.email not in await office.roles()
    await office.asked(tab, "restore", helper)
    await tab.call(TeamState.restore)
    assert (await office.roles())[helper.email] == "manager"
    assert tab.toasts == [
        "Support Person is manager now",
        "Support Person is removed",
        "Support Person is on the team again",
    ]
    assert (await shown(tab)).asking == ""


async def test_an_invitation_is_sent_again_and_withdrawn(office: Office) -> None:
    invitation = await office.run(accounts.invite, office.actor(office.owner), email=RIA, role=Role.SUPPORT)
    tab = await office.opened(office.owner)
    await tab.call(TeamState.ask, "renew", invitation)
    await tab.call(TeamState.renew)
    assert (await office.invitation(invitation)).link_version == 2
    await tab.call(TeamState.ask, "revoke", invitation)
    await tab.call(TeamState.revoke)
    assert (await shown(tab)).invitations == []
    assert tab.toasts == ["Invitation sent again", "Invitation withdrawn"]


async def test_a_refusal_stays_in_the_dialog(office: Office) -> None:
    tab = await office.opened(office.owner)
    await office.asked(tab, "remove", office.owner)
    await tab.call(TeamState.remove)
    state = await shown(tab)
    assert state.asking == "remove"
    assert "last owner" in state.ask_error
    assert tab.toasts == []
    await tab.call(TeamState.ask, "remove", "usr_of_somebody_else")
    await tab.call(TeamState.ask, "burn", await office.id_of(office.owner))
    assert (await shown(tab)).asking == "remove"


async def test_a_change_needs_a_password_typed_not_long_ago(office: Office) -> None:
    helper = await office.hire(Role.SUPPORT)
    tab = await office.opened(office.owner)
    office.runtime.clock.advance(CONFIRMED_FOR + timedelta(seconds=1))
    for handler, arguments in (
        (TeamState.start_inviting, ()),
        (TeamState.ask, ("role", await office.id_of(helper))),
        (TeamState.change_role, ({"role": "owner"},)),
        (TeamState.remove, ()),
        (TeamState.invite, ({"email": RIA, "role": "owner"},)),
    ):
        await tab.call(handler, *arguments)
    state = await shown(tab)
    assert state.confirm_wanted
    assert (state.asking, state.inviting) == ("", False)
    assert await office.invitations() == []
    assert (await office.roles())[helper.email] == "support"


async def test_open_pages_of_who_is_removed_lose_what_they_show(office: Office) -> None:
    helper = await office.hire(Role.SUPPORT)
    tab = office.browser.tab("/admin/orders", person=helper)
    await tab.call(OrdersState.load)
    assert (await tab.state(Workspace)).member.name == "Support Person"
    await office.run(accounts.remove_member, office.actor(office.owner), member=await office.id_of(helper))
    await tab.push(OrdersState.refresh)
    assert tab.redirects[-1].startswith("/admin/login")
    assert (await tab.state(Workspace)).member.name == ""


async def test_every_page_follows_what_becomes_of_whoever_looks_at_it(office: Office) -> None:
    helper = await office.hire(Role.SUPPORT)
    tab = office.browser.tab("/admin/messages", person=helper)
    watched: list[set[str]] = []

    class Listening(live.Hub):
        def watch(self, token: str, page: str, topics: object, refresh: object) -> None:
            watched.append(set(topics))  # type: ignore[call-overload]

    live.use(Listening(None))  # type: ignore[arg-type]
    try:
        await tab.call(MessagesState.load)
    finally:
        live.use(None)
    assert f"member:{helper.user_id}" in watched[0]
    told: set[str] = set()
    stop = office.runtime.bus.listen(told.update)
    assert isinstance(office.runtime.bus, MemoryBus)
    await office.run(
        accounts.change_role, office.actor(office.owner), member=await office.id_of(helper), was="support",
        role=Role.VIEWER,
    )  # fmt: skip
    stop()
    assert f"member:{helper.user_id}" in told


async def test_only_who_may_invite_reads_the_link_in_the_log_of_mails(office: Office) -> None:
    invitation = await office.run(accounts.invite, office.actor(office.owner), email=RIA, role=Role.OWNER)
    for person, readable in ((office.owner, True), (await office.hire(Role.MANAGER), False)):
        tab = office.browser.tab("/admin/messages", person=person)
        await tab.call(MessagesState.load)
        message = (await tab.state(MessagesState)).mails[0].id
        tab = office.browser.tab("/admin/messages", person=person, query={"message": message})
        await tab.call(MessagesState.load)
        assert "Join the team" in (await tab.state(MessagesState)).mail.text
        assert (f"/admin/join/{invitation}." in str(tab.sent)) is readable
