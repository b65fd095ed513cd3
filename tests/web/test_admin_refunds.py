"""The refunds queue: what it shows to whom, what the address says, and that it stays current."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlencode

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.orders.tables import Ticket
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules.queue import QueueFilter
from kagibag_app.features.refunds.tables import RefundRequest
from kagibag_app.kit.actor import attendee
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.refunds.address import Place, read_place
from kagibag_app.web.admin.refunds.state import RefundsState
from tests.web.attendee_desk import Desk, open_desk
from tests.web.harness import Person, Tab, member, organizer

PATH = "/admin/refunds"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An event on sale."""
    async with open_desk(tmp_path) as opened:
        yield opened


async def asked(desk: Desk, *, floor: int = 2, reason: str = "My shift moved.") -> RefundRequest:
    """A buyer pays and asks for the first ticket's money."""
    order = await desk.shop.order(await desk.paid(floor=floor))
    ticket = (await desk.shop.rows(Ticket, order_id=order.id))[0]
    buyer = attendee(order.organizer_id, order.buyer_name)
    made = await desk.runtime.store.run(
        lambda tx: refunds.request(
            tx,
            buyer,
            order_id=order.id,
            ticket_ids=[ticket.public_id],
            category="cannot_attend",
            reason=reason,
        )
    )
    return await request_now(desk, made)


async def request_now(desk: Desk, public_id: str) -> RefundRequest:
    """Return a request as it is now."""
    return (await desk.shop.rows(RefundRequest, public_id=public_id))[0]


async def open_queue(desk: Desk, person: Person, **query: str) -> Tab:
    """A tab that shows the queue."""
    tab = desk.browser.tab(PATH, person=person, query=query)
    await tab.call(RefundsState.load)
    return tab


async def people(desk: Desk, role: Role = Role.MANAGER) -> Person:
    """A member of the desk's organizer."""
    return await member(desk.runtime, desk.shop.organizer_id, role)


def ids(tab: Tab) -> list[str]:
    """The requests of the list."""
    return [line.id for line in tab.vars["lines"]]


def typed(request: RefundRequest, **fields: str) -> dict[str, str]:
    """What the bar's form sends."""
    return {"request": request.public_id, "amount": "40.00", "message": "", "note": ""} | fields


@contextlib.contextmanager
def watching() -> Iterator[list[set[str]]]:
    """Take note of what screens ask to be told about."""
    watched: list[set[str]] = []
    hub = SimpleNamespace(watch=lambda token, page, names, refresh: watched.append(set(names)))
    live.use(cast("Any", hub))
    try:
        yield watched
    finally:
        live.use(None)


def test_a_place_and_its_address_say_the_same() -> None:
    place = Place("in_progress", "rr_1", "rr_2", QueueFilter("ev_1", "checked_in", 3, 100))
    said = {
        "tab": "in_progress", "event": "ev_1", "age": "3", "amount": "100", "warning": "checked_in", "after": "rr_2",
        "request": "rr_1",
    }  # fmt: skip
    assert place.href() == f"/admin/refunds?{urlencode(said)}"
    assert read_place(said) == (place, [])
    assert place.narrowed(days=0) == "/admin/refunds?tab=in_progress&event=ev_1&amount=100&warning=checked_in"
    assert Place().href() == "/admin/refunds?tab=open"


@pytest.mark.parametrize("bad", ["nope", "needs_decision", "<b>", "' or 1=1"])
def test_what_an_address_cannot_mean_is_left_out(bad: str) -> None:
    place, ignored = read_place({"tab": bad, "request": f"{bad} "})
    assert (place, ignored) == (Place(), ["tab", "request"])


@pytest.mark.parametrize(
    ("name", "bad"),
    [("age", "0"), ("age", "-1"), ("age", "1e9"), ("amount", "1.5"), ("amount", "9" * 30), ("warning", "x")],
)
def test_a_filter_that_means_nothing_is_left_out(name: str, bad: str) -> None:
    assert read_place({name: bad}) == (Place(), [name])


async def test_an_empty_queue_says_what_will_appear(desk: Desk) -> None:
    tab = await open_queue(desk, await people(desk))

    assert tab.vars["queue"].empty_title == "No refund requests waiting"
    assert tab.vars["queue"].remark == "Nothing needs a decision"
    assert tab.redirects == []


async def test_the_first_request_is_under_review_and_the_address_says_so(desk: Desk) -> None:
    older, newer = await asked(desk), await asked(desk)
    tab = await open_queue(desk, await people(desk))

    assert ids(tab) == [older.public_id, newer.public_id]
    assert (tab.redirects, tab.replaced) == ([], [Place(request=older.public_id).href()])
    shown = tab.vars["review"]
    assert (shown.lead, shown.amount, shown.place) == ("Maren Okafor asks for", "$40.00", "1 of 2")
    assert shown.limit == "Up to $42.00"
    assert tab.vars["draft"].act == "Refund $40.00"
    assert [(bar.label, bar.amount) for bar in tab.vars["bars"]] == [
        ("Captured", "$84.00"), ("This refund", "−$40.00"), ("Stays with you", "$44.00"),
    ]  # fmt: skip
    assert tab.vars["counts"].refunds == 2


async def test_the_address_chooses_tab_and_request(desk: Desk) -> None:
    older, newer = await asked(desk), await asked(desk)
    tab = await open_queue(desk, await people(desk), tab="all", request=older.public_id)

    assert tab.vars["review"].id == older.public_id
    assert [line.current for line in tab.vars["lines"]] == [False, True]
    assert [row.label for row in tab.vars["tabs"] if row.current] == ["All"]
    assert [line.status for line in tab.vars["lines"]] == ["open", "open"]
    await tab.call(RefundsState.go, -1)
    assert tab.redirects[-1] == Place("all", newer.public_id).href()
    await tab.call(RefundsState.go, 1)
    assert len(tab.redirects) == 1


async def test_a_request_that_left_the_list_keeps_its_neighbours(desk: Desk) -> None:
    first, second, third = [await asked(desk) for _ in range(3)]
    manager = await people(desk)
    tab = await open_queue(desk, manager, tab="open", request=second.public_id)
    await tab.call(RefundsState.ask_decline, typed(second))
    await tab.call(RefundsState.decline, {"answer": "The doors open on time."})

    assert ids(tab) == [first.public_id, third.public_id]
    assert (tab.vars["review"].id, tab.vars["review"].place) == (second.public_id, "")
    await tab.call(RefundsState.go, 1)
    assert tab.redirects[-1] == Place(request=third.public_id).href()
    await tab.call(RefundsState.go, -1)
    assert tab.redirects[-1] == Place(request=first.public_id).href()


async def test_another_organizers_request_is_not_found(desk: Desk) -> None:
    theirs = await asked(desk)
    stranger = await member(desk.runtime, await organizer(desk.runtime, "other"), Role.OWNER)
    tab = await open_queue(desk, stranger, request=theirs.public_id)

    assert "not found" in tab.vars["notice"]
    assert "Maren" not in repr([update.delta for update in tab.sent])
    await tab.call(RefundsState.ask_refund, typed(theirs))
    await tab.call(RefundsState.add_note, {"request": theirs.public_id, "text": "mine now"})
    assert "not found" in tab.vars["note_error"]
    assert (await request_now(desk, theirs.public_id)).status == "open"


@pytest.mark.parametrize(
    ("role", "decides", "writes", "email"),
    [
        (Role.OWNER, True, True, "maren.okafor@example.com"),
        (Role.MANAGER, True, True, "maren.okafor@example.com"),
        (Role.SUPPORT, False, True, "maren.okafor@example.com"),
        (Role.VIEWER, False, False, "m•••@example.com"),
    ],
)
async def test_a_role_sees_only_the_controls_it_may_use(
    desk: Desk, role: Role, decides: bool, writes: bool, email: str
) -> None:
    await asked(desk)
    tab = await open_queue(desk, await people(desk, role))
    state = await tab.state(RefundsState)

    assert (state.decides, state.writes_notes) == (decides, writes)
    assert state.review.email == email


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
async def test_a_decision_is_refused_when_the_role_does_not_decide(desk: Desk, role: Role) -> None:
    request = await asked(desk)
    tab = await open_queue(desk, await people(desk, role))
    calls: list[tuple[Any, ...]] = [
        (RefundsState.ask_refund, typed(request)), (RefundsState.ask_decline, typed(request)),
        (RefundsState.ask_retry,), (RefundsState.refund,), (RefundsState.decline, {"answer": "No."}), (RefundsState.retry,),
    ]  # fmt: skip
    for handler, *args in calls:
        await tab.call(handler, *args)

    assert len(tab.toasts) == len(calls)
    assert (await request_now(desk, request.public_id)).status == "open"


async def test_an_anonymous_tab_is_sent_to_the_login_and_back(desk: Desk) -> None:
    await asked(desk)
    tab = desk.browser.tab(PATH, query={"tab": "failed"})
    await tab.call(RefundsState.load)

    assert tab.redirects == ["/admin/login?next=%2Fadmin%2Frefunds%3Ftab%3Dfailed"]
    assert tab.vars.get("lines", []) == []


async def test_a_new_request_appears_by_itself_and_leaves_what_is_typed(desk: Desk) -> None:
    first = await asked(desk)
    tab = await open_queue(desk, await people(desk), tab="open", request=first.public_id)
    await tab.call(RefundsState.keep, typed(first, amount="12.5", message="See you", note="half"))
    newer = await asked(desk)
    await tab.push(RefundsState.refresh)

    assert ids(tab) == [first.public_id, newer.public_id]
    assert tab.vars["review"].id == first.public_id
    draft = tab.vars["draft"]
    assert (draft.amount, draft.message, draft.note, draft.act) == (
        "12.5",
        "See you",
        "half",
        "Refund $12.50",
    )
    assert tab.vars["bars"][-1].amount == "$71.50"
    assert tab.redirects == []


async def test_a_request_that_comes_first_opens_by_itself(desk: Desk) -> None:
    tab = await open_queue(desk, await people(desk))
    request = await asked(desk)
    await tab.push(RefundsState.refresh)

    assert tab.vars["review"].id == request.public_id


async def test_a_live_queue_watches_refunds_and_disputes(desk: Desk) -> None:
    person = await people(desk)
    with watching() as watched:
        await open_queue(desk, person)

    organizer_id = desk.shop.organizer_id
    own = topics.member(person.user_id)
    assert watched == [{topics.refunds(organizer_id), topics.disputes(organizer_id), own}]


async def test_a_refresh_leaves_a_tab_alone_that_shows_another_screen(desk: Desk) -> None:
    request = await asked(desk)
    tab = await open_queue(desk, await people(desk), request=request.public_id)
    tab.path, sent = "/admin/orders", len(tab.sent)
    await tab.call(RefundsState.refresh)

    assert all("lines" not in str(update.delta) for update in tab.sent[sent:])
