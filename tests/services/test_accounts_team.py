"""Changing a team: roles, removing and letting in again, and that an owner always remains."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import Role
from kagibag_app.kit.actor import SYSTEM, Actor, ActorKind
from kagibag_app.kit.errors import DomainError, Forbidden, NotFound
from tests.services.team import Team
from tests.web.harness import member, organizer, small_runtime

pytest_plugins = ["tests.services.shop_fixtures"]


@pytest.fixture
async def team(shop_url: str, tmp_path: Path) -> AsyncIterator[Team]:
    """An organization without members."""
    async with small_runtime(tmp_path, database_url=shop_url) as started:
        yield Team(started, await organizer(started))


async def test_a_role_is_changed_at_once_and_written_down(team: Team) -> None:
    owner, helper = await team.hire(), await team.hire(Role.SUPPORT)
    who = await team.id_of(helper)
    await team.run(accounts.change_role, team.actor(owner), member=who, was="support", role=Role.MANAGER)
    assert (await team.roles())[helper.email] == "manager"
    assert await team.signed_in(helper)
    assert await team.audited() == [("member_role_changed", "Dana Moreau")]
    with pytest.raises(DomainError) as refused:
        await team.run(accounts.change_role, team.actor(owner), member=who, was="support", role=Role.VIEWER)
    assert refused.value.code == "changed_meanwhile"
    assert (await team.roles())[helper.email] == "manager"


async def test_who_is_removed_is_signed_out_here_and_stays_on_the_record(team: Team) -> None:
    owner, helper = await team.hire(), await team.hire(Role.SUPPORT)
    elsewhere = Team(team.runtime, await organizer(team.runtime, "other"))
    async with team.runtime.store.transaction() as tx:
        await accounts.add_member(
            tx, SYSTEM, organizer_id=elsewhere.organizer_id, user_id=helper.user_id, role=Role.VIEWER
        )
        other_cookie = await accounts.start_session(
            tx, user_id=helper.user_id, organizer_id=elsewhere.organizer_id
        )
    await team.run(accounts.remove_member, team.actor(owner), member=await team.id_of(helper))
    assert not await team.signed_in(helper)
    assert list(await team.roles()) == [owner.email]
    assert (await team.members())[helper.email].status == "disabled"
    assert await elsewhere.roles() == {helper.email: "viewer"}
    async with team.runtime.store.read() as session:
        assert await accounts.load_session(session, other_cookie) is not None
    with pytest.raises(DomainError) as refused:
        await team.run(accounts.remove_member, team.actor(owner), member=await team.id_of(helper))
    assert refused.value.code == "removed"


async def test_who_is_let_in_again_has_the_old_role_and_must_sign_in(team: Team) -> None:
    owner, helper = await team.hire(), await team.hire(Role.SUPPORT)
    who, actor = await team.id_of(helper), team.actor(owner)
    await team.run(accounts.remove_member, actor, member=who)
    with pytest.raises(DomainError):
        await team.run(accounts.change_role, actor, member=who, was="support", role=Role.OWNER)
    invitation = await team.run(accounts.invite, actor, email=helper.email, role=Role.MANAGER)
    await team.run(accounts.restore_member, actor, member=who)
    assert (await team.roles())[helper.email] == "support"
    assert not await team.signed_in(helper)
    assert (await team.invitation(invitation)).status == "revoked"
    assert [kind for kind, _ in await team.audited()] == [
        "member_removed",
        "member_invited",
        "member_restored",
    ]
    with pytest.raises(DomainError) as refused:
        await team.run(accounts.restore_member, actor, member=who)
    assert refused.value.code == "member_already"


async def test_the_last_owner_can_be_neither_removed_nor_demoted(team: Team) -> None:
    owner = await team.hire()
    await team.hire(Role.MANAGER)
    gone = await team.hire()
    actor, who = team.actor(owner), await team.id_of(owner)
    await team.run(accounts.remove_member, actor, member=await team.id_of(gone))
    for verb, more in (
        (accounts.remove_member, {}),
        (accounts.change_role, {"was": "owner", "role": Role.MANAGER}),
    ):
        with pytest.raises(DomainError) as refused:
            await team.run(verb, actor, member=who, **more)
        assert refused.value.code == "last_owner"
    assert (await team.roles())[owner.email] == "owner"
    assert await team.signed_in(owner)


@pytest.mark.parametrize("verb", ["change_role", "remove_member"])
async def test_two_owners_who_turn_on_each_other_at_once_leave_one(team: Team, verb: str) -> None:
    first, second = await team.hire(), await team.hire()
    ids = {person: await team.id_of(person) for person in (first, second)}
    more = {"was": "owner", "role": Role.VIEWER} if verb == "change_role" else {}
    pairs = ((first, second), (second, first))
    answers = await asyncio.gather(
        *(
            team.run(getattr(accounts, verb), team.actor(actor), member=ids[target], **more)
            for actor, target in pairs
        ),
        return_exceptions=True,
    )
    refused = [answer for answer in answers if answer is not None]
    assert len(refused) == 1
    assert isinstance(refused[0], Forbidden)
    assert list((await team.roles()).values()).count("owner") == 1


async def test_two_owners_who_both_leave_at_once_leave_one(team: Team) -> None:
    people = [await team.hire(), await team.hire()]
    ids = [await team.id_of(person) for person in people]
    answers = await asyncio.gather(
        *(
            team.run(accounts.change_role, team.actor(person), member=who, was="owner", role=Role.MANAGER)
            for person, who in zip(people, ids, strict=True)
        ),
        return_exceptions=True,
    )
    assert [getattr(answer, "code", None) for answer in answers if answer] == ["last_owner"]
    assert sorted((await team.roles()).values()) == ["manager", "owner"]


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPPORT, Role.VIEWER])
async def test_nobody_but_an_owner_changes_the_team_whatever_role_they_claim(team: Team, role: Role) -> None:
    owner, helper = await team.hire(), await team.hire(role)
    who = await team.id_of(helper)
    boss = await team.id_of(owner)
    for actor in (team.actor(helper, Role.OWNER), SYSTEM, Actor(ActorKind.ATTENDEE, team.organizer_id)):
        for verb, arguments in (
            (accounts.change_role, {"member": who, "was": role, "role": Role.OWNER}),
            (accounts.remove_member, {"member": boss}),
            (accounts.restore_member, {"member": who}),
            (accounts.invite, {"email": "friend@example.com", "role": Role.OWNER}),
        ):
            with pytest.raises(Forbidden):
                await team.run(verb, actor, **arguments)
    assert await team.roles() == {owner.email: "owner", helper.email: role}
    assert await team.invitations() == []


async def test_another_organization_s_people_are_not_found(team: Team) -> None:
    owner = await team.hire()
    other = Team(team.runtime, await organizer(team.runtime, "other"))
    stranger = await member(team.runtime, other.organizer_id, Role.MANAGER)
    who = await other.id_of(stranger)
    for verb, more in (
        (accounts.remove_member, {}),
        (accounts.restore_member, {}),
        (accounts.change_role, {"was": "manager", "role": Role.VIEWER}),
    ):
        with pytest.raises(NotFound):
            await team.run(verb, team.actor(owner), member=who, **more)
    assert await other.roles() == {stranger.email: "manager"}
    assert await team.signed_in(stranger)
