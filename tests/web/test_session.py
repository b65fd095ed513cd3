"""Where a browser may be sent, what a handler takes, and who a tab's memory belongs to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import reflex as rx

from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import Action, Role
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError
from kagibag_app.runtime import Runtime
from kagibag_app.web.session import (
    Workspace,
    public,
    require,
    route_arg,
)
from kagibag_app.web.session.guards import NOT_ALLOWED, NOT_UNDERSTOOD
from tests.web.harness import Browser, browser, event_name, member, organizer, small_runtime

HOME = "/admin/orders"


class ShelfState(Workspace):
    """A small screen of these tests' own."""

    rows: tuple[str, ...] = ()
    text: str = ""
    count: int = 0
    _shown: int = 0

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def load(self, actor: Actor) -> None:
        """Show who reads."""
        self.rows = (actor.name, str(actor.organizer_id), str(actor.role))

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def search(self, actor: Actor, text: str, page: int = 1, exact: bool = False) -> None:
        """Note what was asked."""
        self.text, self.count = f"{text}/{exact}", page

    @rx.event
    @require(Action.VIEW_ORDERS, person=False)
    async def refresh(self, actor: Actor) -> None:
        """Reload by itself."""
        self.rows = ("again",)

    @rx.event
    @require(Action.DECIDE_REFUNDS)
    async def decide(self, actor: Actor, form: dict[str, str]):
        """Decide in two steps."""
        self.text = "working"
        yield
        if form.get("amount") == "all":
            raise DomainError("This refund exceeds what is left. Nothing was changed.")
        self.text = "decided"
        yield rx.toast.success("Refunded $1.00")

    @rx.event
    @require(Action.DECIDE_REFUNDS, decides=False)
    async def prepare(self, actor: Actor) -> None:
        """Open the dialog."""
        self.text = "prepared"

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def break_down(self, actor: Actor) -> None:
        """Fail as a bug does."""
        raise KeyError("sk_live_4242")


class DoorState(rx.State):
    """An attendee's screen of these tests' own."""

    seen: str = ""

    @rx.event
    @public
    async def look(self, codes: list[str]) -> None:
        """Note the address's token and what was sent."""
        self.seen = f"{route_arg(self, 'token')}:{','.join(codes)}"


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[Runtime]:
    async with small_runtime(tmp_path) as started:
        yield started


@pytest.fixture
async def tabs(runtime: Runtime) -> AsyncIterator[Browser]:
    async with browser() as opened:
        yield opened


def test_a_handler_shows_the_browser_no_actor() -> None:
    handler = ShelfState.event_handlers["search"]
    assert list(handler.get_parameters()) == ["self", "text", "page", "exact"]
    assert handler._type_hints == {"text": str, "page": int, "exact": bool}


def test_a_handler_that_takes_what_cannot_be_checked_is_refused_when_it_is_defined() -> None:
    async def loose(self: Workspace, actor: Actor, anything: Any) -> None: ...
    def blocking(self: Workspace, actor: Actor) -> None: ...

    with pytest.raises(TypeError, match="anything"):
        require(Action.VIEW_ORDERS)(loose)
    with pytest.raises(TypeError, match="async"):
        require(Action.VIEW_ORDERS)(blocking)


async def test_a_handler_gets_the_member_as_actor(runtime: Runtime, tabs: Browser) -> None:
    org = await organizer(runtime)
    tab = tabs.tab(HOME, person=await member(runtime, org, Role.VIEWER))
    await tab.call(ShelfState.load)
    assert tab.vars["rows"] == ("Viewer Person", str(org), "viewer")
    assert tab.vars["member"].initials == "VP"
    await tab.call(ShelfState.search, "owl", 3, True)
    assert (tab.vars["text"], tab.vars["count"]) == ("owl/True", 3)


async def test_a_refused_tab_is_sent_to_the_login_page_and_back(runtime: Runtime, tabs: Browser) -> None:
    tab = tabs.tab(HOME, query={"q": "ana"})
    await tab.call(ShelfState.load)
    assert tab.redirects == ["/admin/login?next=%2Fadmin%2Forders%3Fq%3Dana"]
    assert not tab.vars.get("rows")


@pytest.mark.parametrize(
    "payload",
    [
        {}, {"text": 1}, {"text": None}, {"text": ["a"]}, {"text": {"a": 1}}, {"text": "x" * 30_000}, {"text": "a\0b"},
        {"text": "\ud800"}, {"text": "a", "page": float("inf")}, {"text": "a", "page": float("nan")}, {"text": "a", "page": True},
        {"text": "a", "page": 2**60}, {"text": "a", "page": [1]}, {"text": "a", "exact": 1}, {"text": "a", "exact": "yes"},
        {"text": "a", "extra": 1}, {"text": "a", "actor": "me"}, {"text": "a", "self": "me"}, {"text": "a", "args": []},
    ],
)  # fmt: skip
async def test_attack_1_nothing_happens_when_arguments_are_not_what_is_taken(
    runtime: Runtime, tabs: Browser, payload: dict[str, Any]
) -> None:
    tab = tabs.tab(HOME, person=await member(runtime, await organizer(runtime)))
    await tab.call(ShelfState.load)
    if "self" in payload:
        with pytest.raises(TypeError):
            await tab.send(event_name(ShelfState.search), payload)
    else:
        await tab.send(event_name(ShelfState.search), payload)
        assert tab.toasts == [NOT_UNDERSTOOD]
    assert (await tab.state(ShelfState)).text == ""


@pytest.mark.parametrize("codes", ["a", [1], ["x"] * 500, None, {"a": "b"}])
async def test_attack_1_a_public_handler_reads_as_strictly(
    runtime: Runtime, tabs: Browser, codes: Any
) -> None:
    tab = tabs.tab("/ticket/abc", query={"token": "abc"})
    await tab.send(event_name(DoorState.look), {"codes": codes})
    assert tab.toasts == [NOT_UNDERSTOOD]
    await tab.call(DoorState.look, ["x", "y"])
    assert tab.vars["seen"] == "abc:x,y"


async def test_attack_1_a_lower_role_is_denied(runtime: Runtime, tabs: Browser) -> None:
    org = await organizer(runtime)
    for role in (Role.VIEWER, Role.SUPPORT):
        tab = tabs.tab(HOME, person=await member(runtime, org, role))
        await tab.call(ShelfState.decide, {"amount": "1"})
        assert tab.toasts == [NOT_ALLOWED]
        assert (await tab.state(ShelfState)).text == ""


async def test_a_rule_that_says_no_is_shown_as_its_sentence(runtime: Runtime, tabs: Browser) -> None:
    tab = tabs.tab(HOME, person=await member(runtime, await organizer(runtime)))
    await tab.call(ShelfState.decide, {"amount": "all"})
    assert tab.toasts == ["This refund exceeds what is left. Nothing was changed."]


async def test_attack_17_a_bug_is_shown_as_a_number_only(runtime: Runtime, tabs: Browser) -> None:
    tab = tabs.tab(HOME, person=await member(runtime, await organizer(runtime)))
    await tab.call(ShelfState.break_down)
    assert len(tab.toasts) == 1
    assert "give this number" in tab.toasts[0]
    assert "sk_live" not in str(tab.sent)


async def test_live_reloads_do_not_keep_a_session_awake(runtime: Runtime, tabs: Browser) -> None:
    tab = tabs.tab(HOME, person=await member(runtime, await organizer(runtime)), query={"q": "ana"})
    await tab.call(ShelfState.load)
    for _ in range(4):
        runtime.clock.advance(timedelta(minutes=8))
        await tab.push(ShelfState.refresh)
    assert tab.vars["idle"] is True
    assert tab.vars["rows"] == ()
    assert tab.vars["here"] == "/admin/orders?q=ana"
    assert tab.redirects == []


async def test_what_a_person_does_keeps_a_session_awake(runtime: Runtime, tabs: Browser) -> None:
    tab = tabs.tab(HOME, person=await member(runtime, await organizer(runtime)))
    for _ in range(4):
        runtime.clock.advance(timedelta(minutes=20))
        await tab.call(ShelfState.load)
    assert tab.vars["rows"] != ()
    assert tab.vars.get("idle", False) is False


async def test_a_session_ends_after_eight_hours_whatever_one_does(runtime: Runtime, tabs: Browser) -> None:
    tab = tabs.tab(HOME, person=await member(runtime, await organizer(runtime)))
    for _ in range(24):
        runtime.clock.advance(timedelta(minutes=20))
        await tab.call(ShelfState.load)
    assert tab.redirects == ["/admin/login?next=%2Fadmin%2Forders&error=expired"]
    assert (await tab.state(ShelfState)).rows == ()


async def test_money_waits_for_the_password_when_it_was_typed_long_ago(
    runtime: Runtime, tabs: Browser
) -> None:
    person = await member(runtime, await organizer(runtime))
    tab = tabs.tab(HOME, person=person)
    for _ in range(2):
        runtime.clock.advance(timedelta(minutes=10))
        await tab.call(ShelfState.prepare)
    assert tab.vars["confirm_wanted"] is True
    runtime.clock.advance(timedelta(minutes=1))
    await tab.call(ShelfState.decide, {})
    assert (await tab.state(ShelfState)).text == "prepared"
    async with runtime.store.read() as session:
        view = await accounts.load_session(session, person.cookie)
    assert view is not None
    await runtime.store.run(lambda tx: accounts.confirm(tx, session_id=view.id))
    await tab.call(ShelfState.decide, {})
    assert tab.toasts == ["Refunded $1.00"]


async def test_a_money_decision_keeps_the_next_ones_free_of_the_password(
    runtime: Runtime, tabs: Browser
) -> None:
    tab = tabs.tab(HOME, person=await member(runtime, await organizer(runtime)))
    for _ in range(5):
        runtime.clock.advance(timedelta(minutes=14))
        await tab.call(ShelfState.decide, {})
    assert len(tab.toasts) == 5


async def test_attack_2_a_tabs_token_opens_nothing_without_its_session(
    runtime: Runtime, tabs: Browser
) -> None:
    org = await organizer(runtime)
    tab = tabs.tab(HOME, person=await member(runtime, org))
    await tab.call(ShelfState.load)
    for cookie in ("", (await member(runtime, await organizer(runtime, "other"), Role.MANAGER)).header):
        thief = tabs.tab(HOME, cookie=cookie)
        thief.token = tab.token
        tabs.tabs[tab.token] = thief
        await tab.call(ShelfState.load)
        thief.states.clear()
        await thief.open()
        assert thief.shown(ShelfState)["rows"] == ()
        assert "Owner Person" not in str(thief.states)


async def test_a_tab_keeps_what_it_shows_when_its_own_socket_reconnects(
    runtime: Runtime, tabs: Browser
) -> None:
    tab = tabs.tab(HOME, person=await member(runtime, await organizer(runtime)))
    await tab.call(ShelfState.search, "owl")
    tab.states.clear()
    await tab.open()
    assert tab.shown(ShelfState)["text"] == "owl/False"


@pytest.mark.parametrize("name", ["setvar", "_forget", "_greet", "reset", "get_state", "_owner", "dict"])
async def test_attack_2_no_method_but_a_handler_is_callable(
    runtime: Runtime, tabs: Browser, name: str
) -> None:
    registered = event_name(ShelfState.load).removesuffix(".load")
    tab = tabs.tab(HOME, person=await member(runtime, await organizer(runtime)))
    await tab.call(ShelfState.search, "owl")
    if name == "setvar":
        with pytest.raises(AttributeError):
            await tab.send(f"{registered}.setvar", {"var_name": "text", "value": "forged"})
        with pytest.raises(AttributeError):
            await tab.send(f"{registered}.setvar", {"var_name": "_owner", "value": "forged"})
    else:
        assert not tabs.knows(f"{registered}.{name}")
    update = "reflex___state____state.reflex___state____update_vars_internal_state.update_vars_internal"
    await tab.send(
        update, {"vars": {f"{registered}.text_rx_state_": "forged", f"{registered}.text": "forged"}}
    )
    assert (await tab.state(ShelfState)).text == "owl/False"
