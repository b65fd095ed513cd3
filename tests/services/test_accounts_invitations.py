"""Invitations: sent, sent again, withdrawn, taken up once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from kagibag_app.features.accounts import queries
from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import INVITATION_FOR, Role
from kagibag_app.features.accounts.tables import Membership, User
from kagibag_app.features.messages.documents import MailLinks, render
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.kit.errors import BadInput, DomainError, Forbidden, NotFound
from kagibag_app.storage.outbox import OutboxRow
from kagibag_app.storage.secrets import LinkPurpose
from tests.services.team import HASH, Team
from tests.web.harness import Person, member, organizer, small_runtime

pytest_plugins = ["tests.services.shop_fixtures"]

RIA = "ria.sole@example.com"


@pytest.fixture
async def team(shop_url: str, tmp_path: Path) -> AsyncIterator[Team]:
    """An organization without members."""
    async with small_runtime(tmp_path, database_url=shop_url) as started:
        yield Team(started, await organizer(started))


@pytest.fixture
async def owner(team: Team) -> Person:
    """Its owner."""
    return await team.hire()


async def _invite(team: Team, owner: Person, email: str = RIA, role: Role = Role.SUPPORT) -> str:
    return await team.run(accounts.invite, team.actor(owner), email=email, role=role)


async def _join(team: Team, invitation: str, version: int = 1, name: str = "Ria Solé") -> int:
    user, _ = await team.run(
        accounts.join_as_new, invitation=invitation, version=version, name=name, password_hash=HASH
    )
    return user


async def _mails(team: Team) -> list[EmailMessage]:
    async with team.runtime.store.read() as session:
        return list(await session.scalars(sa.select(EmailMessage).order_by(sa.column("id"))))


async def test_an_invitation_is_mailed_and_nothing_stored_opens_it(team: Team, owner: Person) -> None:
    invitation = await _invite(team, owner, "  Ria.Sole@Example.com ")
    (row,) = await team.invitations()
    assert (row.public_id, row.email, row.role) == (invitation, RIA, "support")
    assert row.expires_at - row.sent_at == INVITATION_FOR
    (mail,) = await _mails(team)
    assert (mail.recipient, mail.template) == (RIA, Template.INVITATION)
    token = team.runtime.links.token(LinkPurpose.INVITATION, invitation, 1)
    rendered = render(
        Template.INVITATION, mail.params, MailLinks("https://t.example.com", team.runtime.links)
    )
    assert f"https://t.example.com/admin/join/{token}" in rendered.text
    async with team.runtime.store.read() as session:
        stored = [str(row.model_dump()) for row in await session.scalars(sa.select(OutboxRow))]
    stored += [str(mail.model_dump()), str((await team.invitation(invitation)).model_dump())]
    assert not [text for text in stored if token.rpartition(".")[2] in text]
    assert await team.audited() == [("member_invited", "Dana Moreau")]


async def test_who_takes_it_up_gets_the_role_and_a_login_once(team: Team, owner: Person) -> None:
    invitation = await _invite(team, owner)
    user = await _join(team, invitation)
    assert await team.roles() == {owner.email: "owner", RIA: "support"}
    assert await team.invitations() == []
    row = await team.invitation(invitation)
    assert (row.status, row.accepted_by) == ("accepted", user)
    assert (await team.audited())[-1] == ("invitation_accepted", "Ria Solé")
    with pytest.raises(DomainError) as refused:
        await team.run(accounts.join, invitation=invitation, version=1, user_id=user)
    assert refused.value.code == "invitation_accepted"


async def test_a_link_is_taken_up_once_when_it_is_opened_twice_at_once(team: Team, owner: Person) -> None:
    invitation = await _invite(team, owner)
    answers = await asyncio.gather(*(_join(team, invitation) for _ in range(3)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["DomainError", "DomainError", "int"]
    async with team.runtime.store.read() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(User)) == 2
        assert await session.scalar(sa.select(sa.func.count()).select_from(Membership)) == 2


async def test_sending_again_ends_the_older_link(team: Team, owner: Person) -> None:
    invitation = await _invite(team, owner)
    team.runtime.clock.advance(timedelta(days=6))
    await team.run(accounts.renew_invitation, team.actor(owner), invitation=invitation)
    assert [mail.params["invitation"]["version"] for mail in await _mails(team)] == [1, 2]
    with pytest.raises(NotFound):
        await _join(team, invitation, version=1)
    team.runtime.clock.advance(timedelta(days=6))
    await _join(team, invitation, version=2)
    assert (await team.roles())[RIA] == "support"


async def test_an_invitation_is_open_for_seven_days(team: Team, owner: Person) -> None:
    invitation = await _invite(team, owner)
    team.runtime.clock.advance(INVITATION_FOR)
    with pytest.raises(DomainError) as refused:
        await _join(team, invitation)
    assert refused.value.code == "invitation_expired"
    await team.run(accounts.renew_invitation, team.actor(owner), invitation=invitation)
    await _join(team, invitation, version=2)


async def test_a_withdrawn_invitation_opens_nothing_and_is_not_sent_again(team: Team, owner: Person) -> None:
    invitation, actor = await _invite(team, owner), team.actor(owner)
    await team.run(accounts.revoke_invitation, actor, invitation=invitation)
    assert await team.invitations() == []
    for verb in (accounts.revoke_invitation, accounts.renew_invitation):
        with pytest.raises(DomainError) as refused:
            await team.run(verb, actor, invitation=invitation)
        assert refused.value.code == "invitation_revoked"
    with pytest.raises(DomainError):
        await _join(team, invitation)
    assert list(await team.roles()) == [owner.email]
    assert len(await _mails(team)) == 1
    assert await _invite(team, owner) != invitation


async def test_withdrawing_and_taking_up_at_once_does_one_of_the_two(team: Team, owner: Person) -> None:
    invitation = await _invite(team, owner)
    joined, revoked = await asyncio.gather(
        _join(team, invitation),
        team.run(accounts.revoke_invitation, team.actor(owner), invitation=invitation),
        return_exceptions=True,
    )
    assert isinstance(joined, DomainError) != isinstance(revoked, DomainError)
    assert (RIA in await team.roles()) is not isinstance(joined, DomainError)


async def test_one_address_has_one_open_invitation(team: Team, owner: Person) -> None:
    answers = await asyncio.gather(*(_invite(team, owner) for _ in range(3)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, BadInput)]
    assert [answer.code for answer in refused] == ["invited_already"] * 2
    assert len(await team.invitations()) == len(await _mails(team)) == 1


async def test_who_is_on_the_team_is_not_invited(team: Team, owner: Person) -> None:
    with pytest.raises(BadInput) as refused:
        await _invite(team, owner, owner.email)
    assert refused.value.code == "member_already"
    with pytest.raises(BadInput):
        await _invite(team, owner, "no address")
    assert await _mails(team) == []


async def test_a_login_elsewhere_is_neither_told_to_the_owner_nor_doubled(team: Team, owner: Person) -> None:
    other = await organizer(team.runtime, "other")
    known = await member(team.runtime, other, Role.MANAGER, email=RIA)
    invitation = await _invite(team, owner)
    assert (await team.invitations())[0].email == RIA
    with pytest.raises(BadInput):
        await _join(team, invitation)
    assert (
        await team.run(accounts.join, invitation=invitation, version=1, user_id=known.user_id)
        == team.organizer_id
    )
    assert (await team.roles())[RIA] == "support"
    async with team.runtime.store.read() as session:
        choices = await queries.choices(session, known.user_id)
    assert [choice.role for choice in choices] == ["support", "manager"]


async def test_an_invitation_is_nobody_else_s(team: Team, owner: Person) -> None:
    other = Team(team.runtime, await organizer(team.runtime, "other"))
    stranger = await other.hire()
    invitation = await _invite(team, owner)
    with pytest.raises(Forbidden):
        await team.run(accounts.join, invitation=invitation, version=1, user_id=stranger.user_id)
    for verb in (accounts.revoke_invitation, accounts.renew_invitation):
        with pytest.raises(NotFound):
            await team.run(verb, other.actor(stranger), invitation=invitation)
    assert (await team.invitation(invitation)).link_version == 1
    assert stranger.email not in await team.roles()


async def test_an_invitation_changes_no_role_of_somebody_on_the_team(team: Team, owner: Person) -> None:
    invitation = await _invite(team, owner, role=Role.OWNER)
    helper = await team.hire(Role.VIEWER, RIA)
    with pytest.raises(DomainError) as refused:
        await team.run(accounts.join, invitation=invitation, version=1, user_id=helper.user_id)
    assert refused.value.code == "member_already"
    assert (await team.roles())[RIA] == "viewer"


async def test_who_was_removed_comes_back_by_an_invitation_with_its_role(team: Team, owner: Person) -> None:
    helper = await team.hire(Role.MANAGER, RIA)
    await team.run(accounts.remove_member, team.actor(owner), member=await team.id_of(helper))
    invitation = await _invite(team, owner, role=Role.VIEWER)
    await team.run(accounts.join, invitation=invitation, version=1, user_id=helper.user_id)
    assert (await team.roles())[RIA] == "viewer"
    assert not await team.signed_in(helper)


async def test_an_owner_who_leaves_takes_the_invitations_along(team: Team, owner: Person) -> None:
    second = await team.hire()
    mine, theirs = await _invite(team, owner), await _invite(team, second, "kit@example.com")
    await team.run(accounts.remove_member, team.actor(owner), member=await team.id_of(second))
    assert [row.public_id for row in await team.invitations()] == [mine]
    with pytest.raises(DomainError):
        await _join(team, theirs)
