"""Bulk refunds on the screens: begun from an event or a filter, asked about once, held, and hidden from who may not."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.testclient import TestClient

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.bulk_refunds.rules import BULK_REFUND, PREVIEW_BULK_REFUND
from kagibag_app.features.bulk_refunds.tables import BulkRun
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.jobs import bulk_refund, preview_bulk_refund
from kagibag_app.jobs.outcome import Later
from kagibag_app.storage.outbox import Job, OutboxRow
from kagibag_app.web.admin.bulk_refund.state import BulkRefundState
from kagibag_app.web.admin.bulk_refunds.state import BulkRefundsState
from kagibag_app.web.admin.orders.refunding import RefundListState
from kagibag_app.web.admin.orders.state import OrdersState
from kagibag_app.web.api import bulk_reports
from tests.fakes import FakeStripe
from tests.web.attendee_desk import Desk, open_desk
from tests.web.harness import Person, Tab, member, organizer

PATH = "/admin/refunds/bulk"
CANCEL = {"after": "cancel", "seats": "on", "message": "The hall is closed."}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An event with two paid orders, a free one, and one that is not paid."""
    async with open_desk(tmp_path) as opened:
        await opened.paid(floor=2)
        await opened.paid(floor=1)
        await opened.placed(guest=1)
        await opened.placed(floor=1)
        yield opened


async def manager(desk: Desk, role: Role = Role.MANAGER) -> Person:
    """A member of the desk's organizer."""
    return await member(desk.runtime, desk.shop.organizer_id, role)


async def work(desk: Desk) -> None:
    """Run the jobs of bulk refunds once."""
    runtime = replace(desk.runtime, payments=cast(Any, FakeStripe(desk.runtime.clock)))
    for row in await desk.shop.rows(OutboxRow):
        run = {BULK_REFUND: bulk_refund.run, PREVIEW_BULK_REFUND: preview_bulk_refund.run}.get(row.kind)
        if run is None:
            continue
        try:
            await run(
                runtime, Job(row.id or 0, row.kind, dict(row.payload), 1, "t", desk.shop.now, desk.shop.now)
            )
        except Later:
            continue


async def begun(desk: Desk, person: Person) -> Tab:
    """Begin one from the list of bulk refunds and open its preview."""
    tab = desk.browser.tab(PATH, person=person)
    await tab.call(BulkRefundsState.load)
    await tab.call(BulkRefundsState.preview, {"event": desk.event.public_id})
    await work(desk)
    return await opened(desk, person, tab.redirects[0])


async def opened(desk: Desk, person: Person, path: str, **query: str) -> Tab:
    """Open the page of one."""
    tab = desk.browser.tab(path, person=person, query={"run": path.rpartition("/")[2], **query})
    await tab.call(BulkRefundState.load)
    return tab


async def run_of(desk: Desk) -> BulkRun:
    """Return the only one as it is stored."""
    (run,) = await desk.shop.rows(BulkRun)
    return run


async def test_a_preview_says_what_goes_back_and_what_is_left_out(desk: Desk) -> None:
    tab = await begun(desk, await manager(desk))
    assert tab.vars["face"].words == "Night Harbour Sessions"
    assert tab.vars["face"].status == "ready"
    (found,) = tab.vars["sums"]
    assert (found.orders, found.tickets, found.amount) == ("2", "3", "$126.00")
    assert {(line.orders, line.reason.split(",")[0]) for line in tab.vars["exceptions"]} == {
        ("1", "Nothing was paid for this order"), ("1", "This order is not paid"),
    }  # fmt: skip
    assert (tab.vars["choices"].after, tab.vars["choices"].act) == ("cancel", "Refund $126.00")
    assert await desk.shop.rows(Refund) == []


async def test_it_is_asked_about_once_with_its_consequences_and_started_as_asked(desk: Desk) -> None:
    tab = await begun(desk, await manager(desk))
    await tab.call(BulkRefundState.ask_start, CANCEL)
    ask = tab.vars["ask"]
    assert (ask.title, ask.act) == ("Refund $126.00?", "Refund $126.00")
    said = " ".join(ask.parts)
    for part in (
        "$126.00 goes back to the buyers of 2 orders",
        "1 order that cost nothing",
        "stay off sale",
        "your message",
    ):
        assert part in said
    assert (await run_of(desk)).status == "ready"

    await tab.call(BulkRefundState.choose, {"after": "keep"})
    await tab.call(BulkRefundState.start)
    await tab.call(BulkRefundState.start)
    run = await run_of(desk)
    assert (run.status, run.cancels_orders, run.keeps_seats) == ("running", True, True)
    assert run.message == "The hall is closed."
    assert tab.toasts == ["Started. You can leave this page"]
    await work(desk)
    assert [(r.source, r.amount_minor) for r in await desk.shop.rows(Refund)] == [
        ("bulk", 8400),
        ("bulk", 4200),
    ]
    await tab.call(BulkRefundState.refresh)
    assert tab.vars["face"].progress == "1 of 3 orders done"
    assert {line.state for line in tab.vars["lines"]} == {"queued", "cancelled", "skipped"}


async def test_it_is_held_without_a_password_and_goes_on_with_one(desk: Desk) -> None:
    person = await manager(desk)
    tab = await begun(desk, person)
    await tab.call(BulkRefundState.ask_start, CANCEL)
    await tab.call(BulkRefundState.start)
    desk.runtime.clock.advance(timedelta(minutes=20))
    await tab.call(BulkRefundState.pause)
    assert (await run_of(desk)).status == "paused"
    await work(desk)
    assert await desk.shop.rows(Refund) == []

    await tab.call(BulkRefundState.resume)
    assert (await run_of(desk)).status == "paused"
    assert tab.vars["confirm_wanted"]


async def test_another_members_decision_is_said_and_nothing_is_done_twice(desk: Desk) -> None:
    first = await begun(desk, await manager(desk))
    path = first.path
    second = await opened(desk, await manager(desk, Role.OWNER), path)
    await second.call(BulkRefundState.ask_start, CANCEL)
    await first.call(BulkRefundState.ask_start, CANCEL)
    await first.call(BulkRefundState.start)
    await second.call(BulkRefundState.start)
    assert "last by Manager Person: it is running now" in second.vars["problem"]
    assert (await run_of(desk)).version == 3


async def test_the_lists_filter_is_what_is_refunded(desk: Desk) -> None:
    person = await manager(desk)
    tab = desk.browser.tab("/admin/orders", person=person, query={"status": "paid", "source": "stripe"})
    await tab.call(OrdersState.load)
    await tab.call(RefundListState.load)
    assert tab.vars["offered"]
    await tab.call(RefundListState.preview)
    await work(desk)
    page = await opened(desk, person, tab.redirects[0])
    assert page.vars["face"].words == "Completed, paid through Stripe"
    assert page.vars["exceptions"] == []
    assert (page.vars["choices"].after, page.vars["sums"][0].orders) == ("void", "2")


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
async def test_attack_1_support_and_viewers_neither_begin_nor_start_nor_hold_one(
    desk: Desk, role: Role
) -> None:
    started = await begun(desk, await manager(desk))
    low = await member(desk.runtime, desk.shop.organizer_id, role)
    tab = await opened(desk, low, started.path)
    assert (tab.vars["prepares"], tab.vars["decides"]) == (False, False)
    await tab.call(BulkRefundState.ask_start, CANCEL)
    await tab.call(BulkRefundState.start)
    await tab.call(BulkRefundState.pause)
    await tab.call(BulkRefundState.discard)
    await tab.call(BulkRefundsState.preview, {"event": desk.event.public_id})
    await tab.call(RefundListState.preview)
    assert (await run_of(desk)).status == "ready"
    assert all("Your role doesn't include this" in toast for toast in tab.toasts)
    assert len(tab.toasts) == 6


async def test_attack_5_another_organizations_run_is_not_found(desk: Desk) -> None:
    started = await begun(desk, await manager(desk))
    stranger = await member(desk.runtime, await organizer(desk.runtime, "elsewhere"), Role.OWNER)
    tab = await opened(desk, stranger, started.path)
    assert tab.vars["phase"] == "missing"
    await tab.call(BulkRefundState.ask_start, CANCEL)
    await tab.call(BulkRefundsState.preview, {"event": desk.event.public_id})
    assert [toast.split(" was")[0] for toast in tab.toasts] == ["This bulk refund", "This event"]
    assert len(await desk.shop.rows(BulkRun)) == 1


async def test_the_report_lists_every_order_for_members_who_may_export(desk: Desk) -> None:
    person = await manager(desk)
    run = (await begun(desk, person)).path.rpartition("/")[2]
    web = TestClient(Starlette(routes=bulk_reports.ROUTES))
    address = bulk_reports.report_path(run)
    taken = web.get(address, headers={"cookie": person.header})
    rows = list(csv.DictReader(io.StringIO(taken.content.decode("utf-8-sig"))))
    assert taken.headers["content-disposition"] == f'attachment; filename="bulk-refund-{run}.csv"'
    assert sorted((row["amount"], row["result"]) for row in rows) == [
        ("0.00", "Left out"), ("0.00", "Left out"), ("42.00", "Waiting"), ("84.00", "Waiting"),
    ]  # fmt: skip

    viewer = await manager(desk, Role.VIEWER)
    assert web.get(address, headers={"cookie": viewer.header}).status_code == 403
    stranger = await member(desk.runtime, await organizer(desk.runtime, "elsewhere"), Role.OWNER)
    assert web.get(address, headers={"cookie": stranger.header}).status_code == 404


async def test_what_is_above_a_managers_limit_is_said_before_the_start_and_confirmed_by_another(
    desk: Desk,
) -> None:
    async with desk.runtime.store.transaction() as tx:
        await tx.session.execute(sa.update(Organizer).values(manager_refund_limits={"USD": 5000}))
    person = await manager(desk)
    tab = await begun(desk, person)
    assert tab.vars["face"].second.startswith("1 order is more than a manager gives back alone and waits for")
    await tab.call(BulkRefundState.ask_start, CANCEL)
    assert any(part.startswith("1 order is more than") for part in tab.vars["ask"].parts)
    await tab.call(BulkRefundState.start)
    for _ in range(3):
        await work(desk)
    assert [r.amount_minor for r in await desk.shop.rows(Refund)] == [4200]
    await tab.call(BulkRefundState.refresh)
    assert "They can be confirmed as soon as the others are done" in tab.vars["face"].second
    assert [(t.label, t.count) for t in tab.vars["tabs"] if t.label == "Second person"] == [
        ("Second person", "1")
    ]
    await tab.call(BulkRefundState.pause)
    assert (tab.vars["face"].confirm, "can confirm it here" in tab.vars["face"].second) == ("", True)
    await tab.call(BulkRefundState.ask_confirm)
    assert tab.vars["ask"].kind == ""

    other = await opened(desk, await manager(desk), tab.path)
    assert other.vars["face"].confirm == "Confirm 1 order"
    await other.call(BulkRefundState.ask_confirm)
    ask = other.vars["ask"]
    assert (ask.title, ask.act) == ("Confirm the refund of 1 order?", "Refund $84.00")
    assert ask.parts[0].startswith("Manager Person approved it first. $84.00 goes back")
    await other.call(BulkRefundState.confirm)
    await other.call(BulkRefundState.confirm)
    assert other.toasts == ["Confirmed. It is sent now"]
    await work(desk)
    assert sorted(r.amount_minor for r in await desk.shop.rows(Refund)) == [4200, 8400]
    assert other.vars["face"].confirm == ""


async def test_an_owner_reads_nothing_of_a_managers_limit(desk: Desk) -> None:
    async with desk.runtime.store.transaction() as tx:
        await tx.session.execute(sa.update(Organizer).values(manager_refund_limits={"USD": 5000}))
    tab = await begun(desk, await manager(desk, Role.OWNER))
    await tab.call(BulkRefundState.ask_start, CANCEL)
    assert tab.vars["face"].second == ""
    assert not any("manager" in part for part in tab.vars["ask"].parts)
