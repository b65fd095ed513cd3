"""The queue's filters, several approvals at once, and two reviewers of one request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.orders.tables import Ticket
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.tables import Refund, RefundRequest, RefundRequestTicket
from kagibag_app.live import topics
from kagibag_app.web.admin.refunds.several import SeveralState
from kagibag_app.web.admin.refunds.state import RefundsState
from tests.web.attendee_desk import Desk, open_desk
from tests.web.test_admin_refunds import asked, ids, open_queue, people, request_now, watching


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An event on sale."""
    async with open_desk(tmp_path) as opened:
        yield opened


async def test_filters_in_the_address_narrow_rows_and_counts(desk: Desk) -> None:
    old, used = await asked(desk), await asked(desk)
    async with desk.runtime.store.transaction() as tx:
        await tx.session.execute(
            sa.update(RefundRequest)
            .where(col(RefundRequest.id) == old.id)
            .values(created_at=tx.now - timedelta(days=4), amount_minor=9900)
        )
        mine = sa.select(col(RefundRequestTicket.ticket_id)).where(
            col(RefundRequestTicket.request_id) == used.id
        )
        await tx.session.execute(
            sa.update(Ticket).where(col(Ticket.id).in_(mine)).values(status="checked_in")
        )
    person = await people(desk)
    for query, found in (
        ({"age": "3"}, [old]), ({"age": "7"}, []), ({"amount": "99"}, [old]), ({"amount": "100"}, []),
        ({"warning": "checked_in"}, [used]), ({"warning": "disputed"}, []), ({"event": desk.event.public_id}, [old, used]),
        ({"event": "ev_other"}, []), ({"age": "3", "warning": "checked_in"}, []),
    ):  # fmt: skip
        tab = await open_queue(desk, person, **query)
        assert ids(tab) == [request.public_id for request in found], query
        assert tab.vars["tabs"][0].count == str(len(found))
    assert tab.vars["filters"].warning == "Checked in"
    assert tab.vars["filters"].without_age == "/admin/refunds?tab=open&warning=checked_in"
    assert tab.vars["queue"].empty_title == "Nothing like that here"
    assert tab.vars["queue"].remark.startswith("2 need a decision")


async def test_several_are_approved_each_by_itself_with_an_outcome(desk: Desk) -> None:
    taken, dear, plain = await asked(desk), await asked(desk), await asked(desk)
    async with desk.runtime.store.transaction() as tx:
        await tx.session.execute(sa.update(Organizer).values(manager_refund_limits={"USD": 4000}))
        await tx.session.execute(
            sa.update(RefundRequest).where(col(RefundRequest.id) == dear.id).values(amount_minor=4100)
        )
    tab = await open_queue(desk, await people(desk))
    await tab.call(SeveralState.tick_all, True)
    await tab.call(SeveralState.tick, "rr_unknown", True)
    await tab.call(SeveralState.open)
    ask = tab.vars["ask"]
    assert (ask.title, ask.total, len(ask.lines)) == ("Approve 3 requests?", "$121.00 in all", 3)
    # Somebody declines one meanwhile.
    owner = await people(desk, Role.OWNER)
    other = await open_queue(desk, owner, request=taken.public_id)
    await other.call(
        RefundsState.ask_decline,
        {"request": taken.public_id, "amount": "40.00", "message": "", "note": ""},
    )
    await other.call(RefundsState.decline, {"answer": "Too late."})
    await tab.call(SeveralState.approve, {"several-message": "Sorry!"})
    ask = tab.vars["ask"]
    assert [line.tone for line in ask.lines] == ["bad", "attention", "good"]
    assert ask.lines[0].outcome.startswith("Owner Person declined this request on ")
    assert ask.summary == "1 on the way to Stripe · 1 waiting for a second person · 1 not approved"
    (refund,) = await desk.shop.rows(Refund)
    assert refund.amount_minor == 4000
    assert (await request_now(desk, plain.public_id)).decision_message == "Sorry!"
    assert (await request_now(desk, dear.public_id)).status == "awaiting_second"
    # A second press of the same dialog does nothing.
    await tab.call(SeveralState.approve, {})
    assert len(await desk.shop.rows(Refund)) == 1
    await tab.call(SeveralState.close, False)
    assert (await tab.state(SeveralState)).ask.lines == []


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
async def test_several_are_for_those_who_decide(desk: Desk, role: Role) -> None:
    request = await asked(desk)
    tab = await open_queue(desk, await people(desk, role))
    assert not (await tab.state(RefundsState)).may_pick
    for handler, *arguments in (
        (SeveralState.tick, request.public_id, True), (SeveralState.tick_all, True), (SeveralState.open,),
        (SeveralState.approve, {}),
    ):  # fmt: skip
        await tab.call(handler, *arguments)
    assert len(tab.toasts) == 4
    assert await desk.shop.rows(Refund) == []


async def test_two_reviewers_of_one_request_see_each_other_and_are_forgotten(desk: Desk) -> None:
    request, other = await asked(desk), await asked(desk)
    manager, owner = await people(desk), await people(desk, Role.OWNER)
    mine = await open_queue(desk, manager, request=request.public_id)
    assert mine.vars["others"] == ""
    theirs = await open_queue(desk, owner, request=request.public_id)
    assert theirs.vars["others"] == "Manager Person has this request open too."
    with watching() as watched:
        await theirs.call(RefundsState.load)
    assert topics.reviewers(desk.shop.organizer_id, request.public_id) in watched[0]
    await mine.push(RefundsState.refresh)
    assert mine.vars["others"] == "Owner Person has this request open too."
    # A second tab of the same person is nobody else.
    again = await open_queue(desk, manager, request=request.public_id)
    assert again.vars["others"] == "Owner Person has this request open too."
    # The owner turns to another request: whoever stays is told.
    theirs.query["request"] = other.public_id
    await theirs.call(RefundsState.load)
    await mine.push(RefundsState.refresh)
    assert mine.vars["others"] == ""
    # A tab that says nothing any more is forgotten.
    theirs.query["request"] = request.public_id
    await theirs.call(RefundsState.load)
    desk.shop.clock.advance(timedelta(seconds=76))
    await mine.push(RefundsState.refresh)
    assert mine.vars["others"] == ""


async def test_a_reviewer_of_another_organizer_is_not_seen(desk: Desk) -> None:
    request = await asked(desk)
    manager = await people(desk)
    await open_queue(desk, manager, request=request.public_id)
    async with desk.runtime.store.read() as session:
        at = desk.runtime.clock.now()
        own = await queries.reviewers(session, desk.shop.organizer_id, request.public_id, now=at)
        assert list(own.values()) == ["Manager Person"]
        assert await queries.reviewers(session, desk.shop.organizer_id + 1, request.public_id, now=at) == {}
