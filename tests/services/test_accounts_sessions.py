"""Sessions: how long they live, who they act for, and that the database alone opens nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from kagibag_app.features.accounts import queries
from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import (
    CONFIRMED_FOR,
    IDLE_AFTER,
    PASSWORD_FOR,
    SESSION_LIFE,
    Role,
    SessionState,
    recently_confirmed,
    session_state,
)
from kagibag_app.features.accounts.tables import LoginSession, Membership, User
from kagibag_app.features.accounts.views import SessionView
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.kit.errors import Forbidden, NotFound
from kagibag_app.runtime import Runtime
from tests.web.harness import member, organizer, small_runtime

NOW = datetime(2026, 5, 15, 18, 0, tzinfo=UTC)

pytest_plugins = ["tests.services.shop_fixtures"]


@pytest.fixture
async def runtime(shop_url: str, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with small_runtime(tmp_path, database_url=shop_url) as started:
        yield started


async def _view(runtime: Runtime, token: str) -> SessionView | None:
    async with runtime.store.read() as session:
        return await accounts.load_session(session, token)


@pytest.mark.parametrize(
    ("idle", "age", "expected"),
    [
        (timedelta(), timedelta(), SessionState.LIVE),
        (IDLE_AFTER - timedelta(seconds=1), timedelta(hours=1), SessionState.LIVE),
        (IDLE_AFTER, timedelta(hours=1), SessionState.IDLE),
        (timedelta(), SESSION_LIFE - timedelta(seconds=1), SessionState.LIVE),
        (timedelta(), SESSION_LIFE, SessionState.OVER),
        (IDLE_AFTER, SESSION_LIFE, SessionState.OVER),
    ],
)
def test_session_state_when_time_passes(idle: timedelta, age: timedelta, expected: SessionState) -> None:
    state = session_state(NOW, last_active_at=NOW - idle, expires_at=NOW - age + SESSION_LIFE)
    assert state is expected


@pytest.mark.parametrize(
    ("confirmed", "password", "expected"),
    [
        (timedelta(), timedelta(), True),
        (CONFIRMED_FOR, PASSWORD_FOR, True),
        (CONFIRMED_FOR + timedelta(seconds=1), timedelta(), False),
        (timedelta(), PASSWORD_FOR + timedelta(seconds=1), False),
    ],
)
def test_money_needs_the_password_when_it_was_typed_long_ago(
    confirmed: timedelta, password: timedelta, expected: bool
) -> None:
    assert recently_confirmed(NOW, confirmed_at=NOW - confirmed, password_at=NOW - password) is expected


async def test_start_session_stores_only_a_hash(runtime: Runtime) -> None:
    person = await member(runtime, await organizer(runtime))
    async with runtime.store.read() as session:
        row = (await session.execute(sa.select(LoginSession))).scalar_one()
    assert len(person.cookie) >= 43
    assert person.cookie not in str(row.model_dump())
    assert row.token_hash == accounts.hash_token(person.cookie)


async def test_start_session_ends_the_one_the_browser_came_with(runtime: Runtime) -> None:
    person = await member(runtime, await organizer(runtime))
    async with runtime.store.transaction() as tx:
        fresh = await accounts.start_session(tx, user_id=person.user_id, replaces=person.cookie)
    assert fresh != person.cookie
    assert await _view(runtime, person.cookie) is None
    assert await _view(runtime, fresh) is not None


async def test_start_session_is_refused_when_every_membership_is_disabled(runtime: Runtime) -> None:
    person = await member(runtime, await organizer(runtime))
    async with runtime.store.transaction() as tx:
        await tx.session.execute(sa.update(Membership).values(status="disabled"))
    with pytest.raises(Forbidden, match="no organization"):
        await runtime.store.run(lambda tx: accounts.start_session(tx, user_id=person.user_id))


@pytest.mark.parametrize("table", [User, Membership])
async def test_load_session_finds_nothing_when_the_member_is_disabled(runtime: Runtime, table: type) -> None:
    person = await member(runtime, await organizer(runtime))
    async with runtime.store.transaction() as tx:
        await tx.session.execute(sa.update(table).values(status="disabled"))
    assert await _view(runtime, person.cookie) is None


@pytest.mark.parametrize("token", ["", "x", "x" * 101, "\ud800"])
async def test_load_session_finds_nothing_for_a_guess(runtime: Runtime, token: str) -> None:
    await member(runtime, await organizer(runtime))
    assert await _view(runtime, token) is None


async def test_attack_16_a_session_is_refused_when_it_was_logged_out(runtime: Runtime) -> None:
    person = await member(runtime, await organizer(runtime))
    await runtime.store.run(lambda tx: accounts.end_session(tx, token=person.cookie))
    assert await _view(runtime, person.cookie) is None
    await runtime.store.run(lambda tx: accounts.end_session(tx, token=person.cookie))


async def test_touch_moves_activity_and_nothing_else(runtime: Runtime) -> None:
    person = await member(runtime, await organizer(runtime))
    before = await _view(runtime, person.cookie)
    assert before is not None
    runtime.clock.advance(timedelta(minutes=5))
    await runtime.store.run(lambda tx: accounts.touch(tx, session_id=before.id))
    after = await _view(runtime, person.cookie)
    assert after is not None
    assert after.last_active_at - before.last_active_at >= timedelta(minutes=5)
    assert (after.confirmed_at, after.expires_at) == (before.confirmed_at, before.expires_at)


async def test_confirm_takes_up_an_idle_session(runtime: Runtime) -> None:
    person = await member(runtime, await organizer(runtime))
    before = await _view(runtime, person.cookie)
    assert before is not None
    runtime.clock.advance(timedelta(hours=1))
    await runtime.store.run(lambda tx: accounts.confirm(tx, session_id=before.id))
    after = await _view(runtime, person.cookie)
    assert after is not None
    now = runtime.clock.now()
    assert (
        session_state(now, last_active_at=after.last_active_at, expires_at=after.expires_at)
        is SessionState.LIVE
    )
    assert recently_confirmed(now, confirmed_at=after.confirmed_at, password_at=after.password_at)


async def test_confirm_is_refused_when_the_session_is_over(runtime: Runtime) -> None:
    person = await member(runtime, await organizer(runtime))
    view = await _view(runtime, person.cookie)
    assert view is not None
    runtime.clock.advance(SESSION_LIFE)
    with pytest.raises(Forbidden, match="sign in again"):
        await runtime.store.run(lambda tx: accounts.confirm(tx, session_id=view.id))


async def test_decisions_keep_the_confirmation_fresh_at_most_two_hours(runtime: Runtime) -> None:
    person = await member(runtime, await organizer(runtime))
    for _ in range(12):
        runtime.clock.advance(timedelta(minutes=10))
        view = await _view(runtime, person.cookie)
        assert view is not None
        assert recently_confirmed(
            runtime.clock.now(), confirmed_at=view.confirmed_at, password_at=view.password_at
        ) is (runtime.clock.now() - view.password_at <= PASSWORD_FOR)
        await runtime.store.run(lambda tx, known=view: accounts.confirm_decision(tx, session_id=known.id))
    runtime.clock.advance(timedelta(minutes=1))
    view = await _view(runtime, person.cookie)
    assert view is not None
    assert not recently_confirmed(
        runtime.clock.now(), confirmed_at=view.confirmed_at, password_at=view.password_at
    )


async def test_switch_organizer_goes_to_own_organizations_only(runtime: Runtime) -> None:
    first, second, foreign = [await organizer(runtime, slug) for slug in ("first", "second", "foreign")]
    person = await member(runtime, first)
    async with runtime.store.transaction() as tx:
        await accounts.add_member(tx, SYSTEM, organizer_id=second, user_id=person.user_id, role=Role.VIEWER)
        rows = [await queries.system_organizer(tx.session, row) for row in (second, foreign)]
    public = {row.id: row.public_id for row in rows if row}
    view = await _view(runtime, person.cookie)
    assert view is not None
    with pytest.raises(NotFound):
        await runtime.store.run(
            lambda tx: accounts.switch_organizer(
                tx, session_id=view.id, user_id=person.user_id, organizer=public[foreign]
            )
        )
    await runtime.store.run(
        lambda tx: accounts.switch_organizer(
            tx, session_id=view.id, user_id=person.user_id, organizer=public[second]
        )
    )
    moved = await _view(runtime, person.cookie)
    assert moved is not None
    assert (moved.organizer_id, moved.role) == (second, Role.VIEWER)
    async with runtime.store.read() as session:
        assert len(await queries.choices(session, person.user_id)) == 2
