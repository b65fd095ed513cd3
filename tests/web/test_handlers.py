"""Walks all handlers of the product: each is guarded, and refuses who may not call it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from reflex_base.registry import RegisteredEventHandler, RegistrationContext
from sqlmodel import SQLModel

from kagibag_app.features.accounts.rules import PERMISSIONS, Action, Role, allowed
from kagibag_app.runtime import Runtime
from kagibag_app.web import limits, routes
from kagibag_app.web.session import Guard, Workspace
from tests.web.harness import app, browser, member, organizer, small_runtime

# What Reflex itself registers. They set nothing of ours: hydration, client storage (we have none), its error reports.
OF_REFLEX = {
    "setvar",
    "hydrate",
    "hydrate_and_load",
    "set_is_hydrated",
    "on_load_internal",
    "update_vars_internal",
    "handle_frontend_exception",
}
# What grows by itself: who logged in, who was refused, how often one tried.
RECORDS = {"login_sessions", "audit_entries"}
NONSENSE: list[Any] = [
    None,
    True,
    -1,
    2**70,
    float("inf"),
    float("nan"),
    "x" * 100_000,
    "a\0b",
    [],
    [[]],
    {"a": {"b": 1}},
    1.5,
]


def _handlers() -> dict[str, RegisteredEventHandler]:
    """All handlers of the product, by the name a socket client uses."""
    assert app is not None
    return {
        name: known
        for name, known in RegistrationContext.get().event_handlers.items()
        if known.states[0].__module__.startswith("kagibag_app.") and name.rpartition(".")[2] not in OF_REFLEX
    }


def _guard(known: RegisteredEventHandler) -> Guard | None:
    return getattr(known.handler.fn, "guard", None)


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[Runtime]:
    limits.count_in("")
    async with small_runtime(tmp_path) as started:
        yield started


async def _rows(runtime: Runtime) -> dict[str, int]:
    async with runtime.store.read() as session:
        counts = {
            table.name: await session.scalar(sa.select(sa.func.count()).select_from(table))
            for table in SQLModel.metadata.sorted_tables
            if table.name not in RECORDS
        }
    return {name: count or 0 for name, count in counts.items()}


def test_every_page_has_its_handlers_registered() -> None:
    modules = {known.states[0].__module__.rpartition(".")[0] for known in _handlers().values()}
    assert [module.__name__ for module in routes.pages() if module.__name__ not in modules] == []
    assert len({module.ROUTE for module in routes.pages()}) == len(routes.PAGES)


def test_attack_1_every_handler_is_guarded() -> None:
    assert [name for name, known in _handlers().items() if _guard(known) is None] == []


def test_attack_2_reflex_registers_nothing_else() -> None:
    foreign = {
        name.rpartition(".")[2]
        for name, known in RegistrationContext.get().event_handlers.items()
        if known.states[0].__module__.startswith("reflex")
    }
    assert foreign <= OF_REFLEX


def test_a_screen_behind_the_login_has_no_public_handler() -> None:
    public = {
        name
        for name, known in _handlers().items()
        if issubclass(known.states[0], Workspace) and (guard := _guard(known)) and guard.action is None
    }
    assert public == set()


def test_live_reloads_are_told_apart_from_what_a_person_does() -> None:
    for name, known in _handlers().items():
        guard = _guard(known)
        if guard and guard.action and name.rpartition(".")[2] in {"refresh", "beat", "on_change"}:
            assert not guard.person, name


async def test_attack_1_an_anonymous_socket_is_denied_every_handler_of_the_workspace(
    runtime: Runtime,
) -> None:
    await organizer(runtime)
    before = await _rows(runtime)
    async with browser() as opened:
        for name, known in _handlers().items():
            guard = _guard(known)
            if guard and guard.action:
                tab = opened.tab("/admin/orders")
                await tab.send(name, {})
                assert tab.toasts or tab.redirects, name
                assert len(tab.redirects) <= 1, name
    assert await _rows(runtime) == before


async def test_attack_1_a_role_is_denied_every_handler_it_does_not_include(runtime: Runtime) -> None:
    org = await organizer(runtime)
    people = {role: await member(runtime, org, role) for role in Role}
    before = await _rows(runtime)
    async with browser() as opened:
        for name, known in _handlers().items():
            guard = _guard(known)
            for role in Role:
                if guard and guard.action and not allowed(role, guard.action):
                    tab = opened.tab("/admin/orders", person=people[role])
                    await tab.send(name, _fitting(known))
                    assert len(tab.toasts) == 1, (name, role)
                    assert "role" in tab.toasts[0], (name, role)
    assert await _rows(runtime) == before


async def test_attack_1_nonsense_reaches_no_handler(runtime: Runtime) -> None:
    person = await member(runtime, await organizer(runtime))
    before = await _rows(runtime)
    async with browser() as opened:
        for name, known in _handlers().items():
            for payload in _wrong_payloads(known):
                tab = opened.tab("/admin/orders", person=person)
                await tab.send(name, payload)
                assert len(tab.toasts) == 1, (name, str(payload)[:80])
                assert "could not be read" in tab.toasts[0], (name, str(payload)[:80])
    assert await _rows(runtime) == before


def test_every_action_of_the_table_belongs_to_somebody() -> None:
    assert set(Action) == PERMISSIONS[Role.OWNER]


def _fitting(known: RegisteredEventHandler) -> dict[str, Any]:
    """Arguments of the right type, so that only the role can be why a call is refused."""
    examples: dict[Any, Any] = {str: "x", int: 1, bool: True, dict[str, str]: {}, list[str]: []}
    hints = known.handler._type_hints or {}
    return {name: examples[hints[name]] for name in list(known.handler.get_parameters())[1:]}


def _wrong_payloads(known: RegisteredEventHandler) -> list[dict[str, Any]]:
    fitting = _fitting(known)
    required = [
        name
        for name, parameter in list(known.handler.get_parameters().items())[1:]
        if parameter.default is parameter.empty
    ]
    wrong: list[dict[str, Any]] = [fitting | {"unknown_argument": 1}, fitting | {"actor": "me"}]
    wrong += [{key: value for key, value in fitting.items() if key != missing} for missing in required]
    for name, value in fitting.items():
        for nonsense in NONSENSE:
            if not _fits(value, nonsense):
                wrong.append(fitting | {name: nonsense})
    return wrong


def _fits(example: Any, value: Any) -> bool:
    """Whether a strict reader has to take a piece of nonsense for what the example is."""
    if isinstance(example, list | dict):
        return value in ([], {}) and type(value) is type(example)
    return type(value) is type(example) and (value is True or value == -1)
