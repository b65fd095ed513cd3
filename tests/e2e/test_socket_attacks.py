"""What a hostile program gets from the real server's socket: nothing. Loopback only, every attack is bounded."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from reflex_base.registry import RegisteredEventHandler, RegistrationContext
from socketio.exceptions import ConnectionError as Refused
from socketio.exceptions import SocketIOError

from kagibag_app.features.accounts.rules import Action
from kagibag_app.kagibag_app import app
from kagibag_app.web.session import COOKIE
from tests.e2e import links, sockets
from tests.e2e.installation import Installation
from tests.e2e.sockets import Socket

ROOT = "reflex___state____state"
HYDRATE = f"{ROOT}.hydrate_and_load"
SECRETS_OF_THE_DEMO = ("Maren Okafor", "maren.okafor@", "HARBOUR15", "Lantern Row")
FLOOD = 1_000
# JSON as Python writes it: a hostile client is not held to the standard's numbers.
HOSTILE_ARGUMENTS: list[Any] = [
    {}, {"unknown": 1}, {"self": "me"}, {"actor": "me"}, {"request_id": ["x"]}, {"text": float("inf")}, {"page": float("nan")},
    {"form": [[]]}, {"text": "x" * 30_000}, {"args": []}, [], "text", None, 1,
]  # fmt: skip


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "{own}.evil.example", "{secure}", None, "http://localhost", "{own}/"],
)
async def test_attack_3_socket_of_another_origin_is_refused(
    product: Installation, origin: str | None
) -> None:
    own = product.url
    shown = origin.format(own=own, secure=own.replace("http:", "https:")) if origin else None
    with pytest.raises(Refused):
        async with sockets.connected(product, origin=shown):
            pass


async def test_attack_3_socket_is_closed_when_a_message_has_a_megabyte(product: Installation) -> None:
    async with sockets.connected(product) as socket:
        await socket.send(HYDRATE, {"text": "x" * 1_000_000})
        await asyncio.wait_for(socket.closed.wait(), 10)
        assert socket.received == []
    await _answers_others(product)


async def test_attack_3_flood_is_cut_off_and_others_are_served(product: Installation) -> None:
    async with sockets.connected(product) as socket, sockets.connected(product) as other:
        for _ in range(FLOOD):
            if socket.closed.is_set():
                break
            with contextlib.suppress(SocketIOError):
                await socket.send(f"{ROOT}.nothing_of_this_name", {})
            await asyncio.sleep(0)
        await asyncio.wait_for(socket.closed.wait(), 10)
        started = time.monotonic()
        await other.send(HYDRATE, {}, path="/orders/find")
        assert await other.answer()
        assert time.monotonic() - started < 5
    await _answers_others(product)


async def test_attack_1_anonymous_socket_gets_nothing_from_any_handler_of_the_organizer(
    product: Installation,
) -> None:
    before = links.row_counts(product)
    calls = list(itertools.product(_handlers_of_the_organizer(), HOSTILE_ARGUMENTS))
    sent, answered = 0, ""
    while sent < len(calls):
        async with sockets.connected(product) as socket:
            # Fewer than what a socket is cut off at.
            for name, arguments in calls[sent : sent + 100]:
                await socket.send(name, arguments)
                if socket.closed.is_set():
                    break
                sent += 1
            # Arguments that can't even be read get no answer at all: a batch may hold nothing but such.
            answered += await socket.settle(quiet=1)
        assert [secret for secret in SECRETS_OF_THE_DEMO if secret in answered] == []
    assert "/admin/login" in answered
    assert links.row_counts(product) == before
    await _answers_others(product)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        (f"{ROOT}.setvar", {"var_name": "is_hydrated", "value": True}),
        ("{state}.setvar", {"var_name": "_owner", "value": "1:1"}),
        ("{state}._greet", {"view": {}}),
        ("{state}._to_login", {}),
        ("{state}.reset", {}),
        ("{state}.get_state", {"state_cls": "x"}),
        ("{state}.__init__", {}),
    ],
)
async def test_attack_2_what_is_no_handler_cannot_be_called(
    product: Installation, name: str, arguments: dict[str, Any]
) -> None:
    state = _handlers_of_the_organizer()[0].rpartition(".")[0]
    async with sockets.connected(product) as socket:
        await socket.send(HYDRATE, {}, path="/orders/find")
        await socket.settle()
        socket.received.clear()
        await socket.send(name.format(state=state), arguments)
        assert _changed(await socket.settle()) == set()
    await _answers_others(product)


async def test_attack_2_forged_storage_changes_nothing_of_ours(product: Installation) -> None:
    state = _handlers_of_the_organizer()[0].rpartition(".")[0]
    update = next(n for n in RegistrationContext.get().event_handlers if n.endswith(".update_vars_internal"))
    async with sockets.connected(product) as socket:
        await socket.send(HYDRATE, {}, path="/orders/find")
        await socket.settle()
        socket.received.clear()
        await socket.send(update, {"vars": {f"{state}.member": {"name": "me"}, f"{state}._owner": "1:1"}})
        answered = await socket.settle()
    assert '"me"' not in answered
    assert "1:1" not in answered


async def test_attack_2_token_of_another_tab_brings_none_of_its_data(product: Installation) -> None:
    async with _signed_in(product) as victim:
        await victim.send(HYDRATE, {}, path="/admin/orders")
        assert "Maren Okafor" in await victim.settle()
        async with sockets.connected(product, token=victim.token) as thief:
            await thief.send(HYDRATE, {}, path="/admin/orders")
            await thief.send(f"{ROOT}.hydrate", {}, path="/admin/orders")
            seen = await thief.settle()
        assert "Maren Okafor" not in seen
    # The tab is closed now; what the server remembers of it is still nobody else's.
    async with sockets.connected(product, token=victim.token) as heir:
        await heir.send(HYDRATE, {}, path="/admin/orders")
        assert "Maren Okafor" not in await heir.settle()


def _handlers() -> dict[str, RegisteredEventHandler]:
    assert app is not None
    return dict(RegistrationContext.get().event_handlers)


def _handlers_of_the_organizer() -> list[str]:
    """The full names of every handler that asks who is acting."""

    def action(known: RegisteredEventHandler) -> Action | None:
        return getattr(getattr(known.handler.fn, "guard", None), "action", None)

    return [name for name, known in _handlers().items() if action(known)]


def _changed(answered: str) -> set[str]:
    """The names of the States of ours whose vars an answer set."""
    updates = [json.loads(line) for line in answered.splitlines() if line]
    return {name for update in updates for name in (update.get("delta") or {}) if "kagibag" in name}


@contextlib.asynccontextmanager
async def _signed_in(product: Installation) -> AsyncIterator[Socket]:
    """A manager's tab, with the cookie that the login gave."""
    manager = next(
        entry
        for entry in json.loads((product.data_dir / "demo.json").read_text())
        if entry["role"] == "manager"
    )
    async with httpx.AsyncClient(base_url=product.url) as client:
        form = {"email": manager["email"], "password": manager["password"], "next": "/admin/orders"}
        answer = await client.post("/api/session/login", data=form, headers={"origin": product.url})
    assert answer.status_code == 303
    async with sockets.connected(product, cookie=f"{COOKIE}={answer.cookies[COOKIE]}") as socket:
        yield socket


async def _answers_others(product: Installation) -> None:
    async with httpx.AsyncClient(base_url=product.url, timeout=5) as client:
        assert (await client.get("/readyz")).status_code == 200
