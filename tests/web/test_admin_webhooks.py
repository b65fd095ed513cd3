"""Growth > Webhooks: endpoints by role, a secret shown once, and the log of what was delivered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.webhooks import service as webhooks
from kagibag_app.features.webhooks.rules import DeliveryStatus, EndpointStatus, EventType
from kagibag_app.features.webhooks.tables import WebhookDelivery, WebhookEndpoint
from kagibag_app.live import topics
from kagibag_app.ports.webhook_http import BlockedAddress, WebhookAnswer
from kagibag_app.web import live
from kagibag_app.web.admin.webhooks.state import WebhooksState
from kagibag_app.web.session.guards import NOT_ALLOWED, NOT_UNDERSTOOD
from tests.web.attendee_desk import Desk, open_desk
from tests.web.harness import Person, Tab, member, organizer

URL = "https://hooks.example.com/in"
MANAGING = (
    WebhooksState.add,
    WebhooksState.rotate,
    WebhooksState.delete,
    WebhooksState.pause,
    WebhooksState.resume,
    WebhooksState.replay,
)


class Checker:
    """Refuses addresses inside our own network, as the guarded client does."""

    def check_url(self, url: str) -> None:
        if "10.0.0." in url:
            raise BlockedAddress("This address is inside a private network. Nothing was sent.")

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An event on sale, and endpoints that may be added."""
    async with open_desk(tmp_path) as opened:
        opened.runtime.webhook_sender = Checker()  # type: ignore[assignment]
        yield opened


async def people(desk: Desk, role: Role = Role.MANAGER) -> Person:
    """A member of the desk's organizer."""
    return await member(desk.runtime, desk.shop.organizer_id, role)


async def opened(desk: Desk, person: Person | None = None, **query: str) -> Tab:
    """A tab that shows the endpoints."""
    tab = desk.browser.tab("/admin/webhooks", person=person or await people(desk), query=query)
    await tab.call(WebhooksState.load)
    return tab


async def shown(tab: Tab) -> Any:
    """What the tab's screen holds."""
    return await tab.state(WebhooksState)


async def added(desk: Desk, tab: Tab, **form: str) -> WebhookEndpoint:
    """Add an endpoint through the form, and close the dialog that shows its secret."""
    await tab.call(WebhooksState.create, {"name": "CRM sync", "url": URL, **form})
    await tab.call(WebhooksState.close_secret, False)
    return (await desk.shop.rows(WebhookEndpoint))[-1]


async def tried(desk: Desk, answer: WebhookAnswer) -> str:
    """Sell an order and try its delivery once; returns the delivery's public id."""
    await desk.placed(guest=1)
    delivery = (await desk.shop.rows(WebhookDelivery))[-1]
    store = desk.runtime.store
    await store.run(
        lambda tx: webhooks.begin_attempt(tx, delivery_id=delivery.public_id, job_number=delivery.job_number)
    )
    await store.run(lambda tx: webhooks.record_attempt(tx, delivery_id=delivery.public_id, answer=answer))
    return delivery.public_id


async def test_secret_of_a_new_endpoint_is_shown_once_and_forgotten(desk: Desk) -> None:
    tab = await opened(desk)
    await tab.call(WebhooksState.add)
    assert (await shown(tab)).adding
    await tab.call(WebhooksState.create, {"name": " CRM sync ", "url": URL, "order.paid": "on"})
    (row,) = await desk.shop.rows(WebhookEndpoint)
    state = await shown(tab)
    assert (state.adding, state.busy, state.endpoint.name) == (False, False, "CRM sync")
    assert state.secret == desk.runtime.box.open(row.sealed_secret)
    assert row.event_filter == ["order.paid"]
    await tab.call(WebhooksState.close_secret, False)
    assert (await shown(tab)).secret == ""
    assert tab.redirects == [f"/admin/webhooks?endpoint={row.public_id}"]


async def test_shown_secret_is_gone_when_the_page_is_loaded_again(desk: Desk) -> None:
    tab = await opened(desk)
    await tab.call(WebhooksState.create, {"name": "CRM sync", "url": URL})
    await tab.call(WebhooksState.load)
    assert (await shown(tab)).secret == ""


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        ({"name": "", "url": URL}, "name", "Please fill this in."),
        ({"name": "x" * 81, "url": URL}, "name", "At most 80 characters fit here; this has 81."),
        ({"name": "CRM", "url": ""}, "url", "Please fill this in."),
        (
            {"name": "CRM", "url": "https://10.0.0.1/"},
            "url",
            "This address is inside a private network. Nothing was sent.",
        ),
    ],
)
async def test_form_says_inline_what_is_wrong(
    desk: Desk, form: dict[str, str], field: str, sentence: str
) -> None:
    tab = await opened(desk)
    await tab.call(WebhooksState.add)
    await tab.call(WebhooksState.create, form)
    state = await shown(tab)
    assert (getattr(state.errors, field), state.adding, state.busy, state.secret) == (
        sentence,
        True,
        False,
        "",
    )
    assert await desk.shop.rows(WebhookEndpoint) == []


async def test_list_opens_the_endpoint_of_the_address_else_the_first(desk: Desk) -> None:
    tab = await opened(desk)
    assert ((await shown(tab)).endpoints, (await shown(tab)).endpoint.id) == ([], "")
    first, second = await added(desk, tab), await added(desk, tab, name="Door app")
    state = await shown(await opened(desk))
    assert [(item.name, item.current) for item in state.endpoints] == [
        ("CRM sync", True),
        ("Door app", False),
    ]
    state = await shown(await opened(desk, endpoint=second.public_id))
    assert (state.endpoint.name, state.notice) == ("Door app", "")
    state = await shown(await opened(desk, endpoint="we_nobodys", show="odd", delivery="x" * 99))
    assert state.endpoint.id == first.public_id
    assert state.notice == "Part of the address could not be read and was left out: delivery, show, endpoint."


async def test_failed_delivery_shows_every_try_and_what_was_sent(desk: Desk) -> None:
    endpoint = await added(desk, await opened(desk))
    answer = WebhookAnswer(status=503, excerpt="upstream timed out\nsorry", duration_ms=10_000)
    delivery_id = await tried(desk, answer)
    state = await shown(await opened(desk, delivery=delivery_id))
    (line,) = state.log
    assert (line.status, line.type, line.answer, line.took) == ("retrying", "order.paid", "503", "10.0 s")
    assert (line.attempts, line.current, line.next_try != "–") == ("1 of 10", True, True)
    assert {tab.label: tab.count for tab in state.tabs if tab.count != "0"} == {"All": "1", "Retrying": "1"}
    (attempt,) = state.attempts
    assert (attempt.answer, attempt.tone, attempt.said) == ("503", "bad", "upstream timed out")
    assert state.delivery.reply == "HTTP 503 Service Unavailable\n\nupstream timed out\nsorry"
    assert f"POST {URL}" in state.delivery.request
    assert '"email": "maren.okafor@example.com"' in state.delivery.request
    assert not state.delivery.may_replay
    assert state.endpoints[0].trouble.startswith("Failing since today")
    assert state.endpoint.warning.startswith("This endpoint has not taken anything since")
    assert (await shown(await opened(desk, endpoint=endpoint.public_id, show="delivered"))).log == []


async def test_search_and_pages_of_the_log_are_in_the_address(desk: Desk) -> None:
    tab = await opened(desk)
    endpoint = await added(desk, tab)
    for _ in range(51):
        await desk.runtime.store.run(
            lambda tx: webhooks.emit(
                tx, organizer_id=desk.shop.organizer_id, order_id=None, type=EventType.ORDER_PAID,
                dedupe_key=f"{tx.now}", data={"order": {"number": "KB-7F3K-9Q2M"}},
            )
        )  # fmt: skip
        desk.runtime.clock.advance(timedelta(seconds=1))
    state = await shown(await opened(desk))
    assert (len(state.log), state.newest) == (50, "")
    after = state.older.partition("after=")[2]
    state = await shown(await opened(desk, endpoint=endpoint.public_id, after=after))
    assert (len(state.log), state.older) == (1, "")
    assert state.newest == f"/admin/webhooks?endpoint={endpoint.public_id}"
    await tab.call(WebhooksState.find, " KB-7F ")
    assert tab.redirects[-1] == "/admin/webhooks?q=KB-7F"


async def test_delivered_event_is_replayed(desk: Desk) -> None:
    person = await people(desk)
    await added(desk, await opened(desk, person))
    delivery_id = await tried(desk, WebhookAnswer(status=200))
    tab = await opened(desk, person, delivery=delivery_id)
    assert (await shown(tab)).delivery.may_replay
    await tab.call(WebhooksState.replay)
    assert tab.toasts == ["Sent again"]
    assert (await desk.shop.rows(WebhookDelivery))[0].status == DeliveryStatus.QUEUED
    await tab.call(WebhooksState.replay)
    assert tab.toasts[1] == "This delivery is waiting for its next try already. Nothing was sent twice."


async def test_pause_holds_and_resume_sends(desk: Desk) -> None:
    person = await people(desk)
    tab = await opened(desk, person)
    await added(desk, tab)
    await tab.call(WebhooksState.pause)
    await desk.placed(guest=1)
    await tab.push(WebhooksState.refresh)
    state = await shown(tab)
    assert (state.endpoint.status, state.endpoint.held) == (EndpointStatus.PAUSED, 1)
    assert state.endpoint.warning == "This endpoint is paused."
    await tab.call(WebhooksState.resume)
    assert (await shown(tab)).endpoint.status == EndpointStatus.ENABLED
    assert (await desk.shop.rows(WebhookDelivery))[0].status == DeliveryStatus.QUEUED


async def test_rotated_secret_is_shown_once_beside_the_old_one(desk: Desk) -> None:
    tab = await opened(desk)
    before = await added(desk, tab)
    await tab.call(WebhooksState.ask, "rotate")
    await tab.call(WebhooksState.rotate)
    state, (row,) = await shown(tab), await desk.shop.rows(WebhookEndpoint)
    assert (state.asking, state.secret) == ("", desk.runtime.box.open(row.sealed_secret))
    assert row.sealed_previous_secret == before.sealed_secret
    assert state.endpoint.rotating != ""


async def test_deleted_endpoint_leaves_the_list(desk: Desk) -> None:
    tab = await opened(desk)
    await added(desk, tab)
    await tab.call(WebhooksState.ask, "delete")
    assert (await shown(tab)).asking == "delete"
    await tab.call(WebhooksState.stop_asking, False)
    assert (await shown(tab)).asking == ""
    await tab.call(WebhooksState.ask, "delete")
    await tab.call(WebhooksState.delete)
    state = await shown(tab)
    assert (state.endpoints, state.endpoint.id, state.asking) == ([], "", "")
    assert (tab.toasts[-1], tab.redirects[-1]) == ("CRM sync is deleted", "/admin/webhooks")
    await tab.call(WebhooksState.ask, "burn")
    assert (await shown(tab)).asking == ""


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
async def test_roles_that_only_look_can_change_nothing(desk: Desk, role: Role) -> None:
    await added(desk, await opened(desk))
    delivery_id = await tried(desk, WebhookAnswer(status=503, excerpt="maren.okafor@example.com unknown"))
    tab = await opened(desk, await people(desk, role), delivery=delivery_id)
    for handler in MANAGING:
        await tab.call(handler)
    await tab.call(WebhooksState.create, {"name": "CRM", "url": URL})
    await tab.call(WebhooksState.ask, "delete")
    assert tab.toasts == [NOT_ALLOWED] * (len(MANAGING) + 2)
    (row,) = await desk.shop.rows(WebhookEndpoint)
    assert (row.deleted_at, row.status, row.sealed_previous_secret) == (None, EndpointStatus.ENABLED, "")
    assert not (await shown(tab)).may_manage
    assert ("maren.okafor@example.com" in str(tab.vars)) == (role == Role.SUPPORT)


async def test_other_organizers_endpoints_are_out_of_reach(desk: Desk) -> None:
    await added(desk, await opened(desk))
    delivery_id = await tried(desk, WebhookAnswer(status=200))
    (mine,) = await desk.shop.rows(WebhookEndpoint)
    stranger = await member(desk.runtime, await organizer(desk.runtime, "other"), Role.OWNER)
    tab = await opened(desk, stranger, endpoint=mine.public_id, delivery=delivery_id)
    state = await shown(tab)
    assert (state.endpoints, state.endpoint.id, state.delivery.id, state.log) == ([], "", "", [])
    for handler in MANAGING[1:]:
        await tab.call(handler)
    (row,) = await desk.shop.rows(WebhookEndpoint)
    assert row == mine
    assert (await shown(tab)).secret == ""


async def test_nobody_sees_endpoints_without_a_login(desk: Desk) -> None:
    await added(desk, await opened(desk))
    for handler in (WebhooksState.load, WebhooksState.refresh, WebhooksState.rotate, WebhooksState.delete):
        tab = desk.browser.tab("/admin/webhooks")
        await tab.call(handler)
        assert tab.redirects == ["/admin/login?next=%2Fadmin%2Fwebhooks"]
        assert (await shown(tab)).endpoints == []


async def test_arguments_of_another_kind_are_refused(desk: Desk) -> None:
    tab = await opened(desk)
    for handler in (WebhooksState.create, WebhooksState.ask, WebhooksState.find, WebhooksState.close_secret):
        await tab.call(handler, 7)
    assert tab.toasts == [NOT_UNDERSTOOD] * 4


async def test_screen_follows_its_topics(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[Any] = []
    monkeypatch.setattr(live, "watch", lambda state, names, refresh: followed.extend(names))
    tab = await opened(desk)
    assert topics.webhooks(desk.shop.organizer_id) in followed
    await added(desk, tab)
    await desk.placed(guest=1)
    await tab.push(WebhooksState.refresh)
    assert len((await shown(tab)).log) == 1
