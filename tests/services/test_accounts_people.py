"""Organizers, users, members, passwords, and the Stripe mode that a database belongs to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from kagibag_app.features.accounts import queries
from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import MONEY_ACTIONS, PERMISSIONS, Action, Role, allowed
from kagibag_app.features.timeline.tables import AuditEntry
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.kit.errors import BadInput, DomainError
from kagibag_app.runtime import Runtime
from tests.web.harness import PASSWORD, member, organizer, small_runtime

pytest_plugins = ["tests.services.shop_fixtures"]


@pytest.fixture
async def runtime(shop_url: str, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with small_runtime(tmp_path, database_url=shop_url) as started:
        yield started


async def _remember(runtime: Runtime, mode: str, account: str) -> None:
    await runtime.store.run(
        lambda tx: accounts.remember_installation(tx, mode=mode, platform_account=account)
    )


async def test_remember_installation_accepts_the_same_again(runtime: Runtime) -> None:
    await _remember(runtime, "sandbox", "acct_1")
    await _remember(runtime, "sandbox", "acct_1")
    async with runtime.store.read() as session:
        known = await accounts.system_installation(session)
    assert known is not None
    assert (known.stripe_mode, known.platform_account) == ("sandbox", "acct_1")


@pytest.mark.parametrize(
    ("mode", "account", "code"),
    [("live", "acct_1", "other_stripe_mode"), ("sandbox", "acct_2", "other_stripe_account")],
)
async def test_remember_installation_refuses_when_the_database_belongs_to_another(
    runtime: Runtime, mode: str, account: str, code: str
) -> None:
    await _remember(runtime, "sandbox", "acct_1")
    with pytest.raises(DomainError) as refused:
        await _remember(runtime, mode, account)
    assert refused.value.code == code
    assert "Nothing was changed" in refused.value.message


async def test_prove_writable_changes_nothing(runtime: Runtime) -> None:
    await _remember(runtime, "sandbox", "acct_1")
    await runtime.store.run(accounts.prove_writable)
    async with runtime.store.read() as session:
        known = await accounts.system_installation(session)
    assert known is not None
    assert known.stripe_mode == "sandbox"


async def test_create_organizer_refuses_a_slug_that_is_taken(runtime: Runtime) -> None:
    await organizer(runtime, "night-owl")
    with pytest.raises(BadInput, match="taken"):
        await organizer(runtime, "night-owl")


@pytest.mark.parametrize(
    ("slug", "zone"), [("Night Owl", "UTC"), ("-a", "UTC"), ("", "UTC"), ("ok", "Mars/Base"), ("ok", "../x")]
)
async def test_create_organizer_refuses_what_cannot_be_read(runtime: Runtime, slug: str, zone: str) -> None:
    with pytest.raises(BadInput):
        await runtime.store.run(
            lambda tx: accounts.create_organizer(tx, SYSTEM, name="A", slug=slug, currency="USD", zone=zone)
        )


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b", "a b@example.com", "a@example.com\r\nBcc: x@example.com,"]
)
async def test_create_user_refuses_what_is_no_address(runtime: Runtime, email: str) -> None:
    with pytest.raises(BadInput):
        await runtime.store.run(
            lambda tx: accounts.create_user(tx, SYSTEM, email=email, name="A", password_hash="h")
        )


async def test_create_user_knows_an_address_in_any_case(runtime: Runtime) -> None:
    await runtime.store.run(
        lambda tx: accounts.create_user(tx, SYSTEM, email="Ana@Example.com", name="Ana", password_hash="h")
    )
    with pytest.raises(BadInput, match="already"):
        await runtime.store.run(
            lambda tx: accounts.create_user(
                tx, SYSTEM, email="ana@example.COM", name="Ana", password_hash="h"
            )
        )


async def test_add_member_refuses_a_second_membership(runtime: Runtime) -> None:
    org = await organizer(runtime)
    person = await member(runtime, org)
    with pytest.raises(BadInput, match="already"):
        await runtime.store.run(
            lambda tx: accounts.add_member(
                tx, SYSTEM, organizer_id=org, user_id=person.user_id, role=Role.OWNER
            )
        )


async def test_system_deciders_are_active_owners_and_managers(runtime: Runtime) -> None:
    org, other = await organizer(runtime), await organizer(runtime, "other")
    people = {role: await member(runtime, org, role) for role in Role}
    await member(runtime, other)
    async with runtime.store.read() as session:
        found = {decider.email for decider in await queries.system_deciders(session, org)}
    assert found == {people[Role.OWNER].email, people[Role.MANAGER].email}


def test_check_password_says_no_when_there_is_no_such_user() -> None:
    assert not accounts.check_password(PASSWORD, None)
    assert not accounts.check_password("the password of nobody", None)


def test_check_password_says_no_when_the_stored_hash_is_broken() -> None:
    assert not accounts.check_password(PASSWORD, "not a hash")


@pytest.mark.parametrize("password", ["short", "x" * 201])
def test_hash_password_refuses_when_it_is_too_short_or_long(password: str) -> None:
    with pytest.raises(BadInput):
        accounts.hash_password(password)
    assert not accounts.check_password(password, accounts.hash_password("long enough"))


def test_roles_include_one_another_and_unknown_ones_nothing() -> None:
    ordered = [PERMISSIONS[role] for role in (Role.VIEWER, Role.SUPPORT, Role.MANAGER, Role.OWNER)]
    assert all(lower < higher for lower, higher in pairwise(ordered))
    assert not any(allowed(role, action) for role in (None, "", "root") for action in Action)
    assert not any(allowed(role, action) for role in (Role.SUPPORT, Role.VIEWER) for action in MONEY_ACTIONS)


async def test_members_are_one_organization_s_with_what_the_team_page_shows(runtime: Runtime) -> None:
    org = await organizer(runtime)
    other = await organizer(runtime, "other")
    await member(runtime, org, Role.SUPPORT)
    await member(runtime, other, Role.OWNER)
    async with runtime.store.read() as session:
        mine = await queries.members(session, org)
        theirs = await queries.members(session, other)
    assert [(row.role, row.status) for row in mine] == [("support", "active")]
    assert [(row.role, row.status) for row in theirs] == [("owner", "active")]
    assert mine[0].public_id.startswith("usr_")
    assert mine[0].last_active_at is not None
    assert mine[0].email != theirs[0].email


async def test_what_was_done_is_in_the_audit_trail_without_secrets(runtime: Runtime) -> None:
    person = await member(runtime, await organizer(runtime))
    async with runtime.store.read() as session:
        entries = list(await session.scalars(sa.select(AuditEntry)))
    assert {entry.kind for entry in entries} == {"organizer_created", "user_created", "member_added", "login"}
    text = str([entry.model_dump() for entry in entries])
    assert person.cookie not in text
    assert "argon2" not in text
