"""Bulk refunds as members decide about them: what is seen is what is done, and only by who may."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.bulk_refunds import service as bulk
from kagibag_app.features.bulk_refunds.rules import OrderState
from kagibag_app.features.bulk_refunds.tables import BulkRun
from kagibag_app.features.orders.rules import OrderFilter
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.service import BulkChoices
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.kit.errors import BadInput, DomainError, Forbidden, InvalidTransition, NotFound
from tests.bulk_desk import CANCELLED, GOODWILL, BulkDesk, open_bulk_desk
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]


@pytest.fixture
async def hall(desk: Desk) -> BulkDesk:
    """A closed hall with two orders sold."""
    return await open_bulk_desk(desk, orders=2)


async def test_a_preview_sees_every_kind_of_order(hall: BulkDesk) -> None:
    free, unpaid = await hall.give_away(), await hall.begin()
    disputed, used, asked = await hall.sell(3)
    await hall.desk.dispute(disputed)
    await hall.desk.check_in(used)
    await hall.desk.ask(asked)
    view = await hall.view(await hall.prepare())

    assert (view.status, view.event) == ("ready", "Night Harbour Sessions")
    assert view.amounts(OrderState.WAITING) == {"USD": 4 * 3570}
    assert (view.orders(OrderState.WAITING), view.orders(OrderState.SKIPPED)) == (4, 3)
    assert {found.code: found.orders for found in view.exceptions} == {
        "nothing_was_paid": 1, "order_not_paid": 1, "charge_disputed": 1,
    }  # fmt: skip
    assert (view.requested, view.free, [part.orders for part in view.used]) == (1, 1, [1])
    # Five charges less their fees.
    (cover,) = view.covers
    assert (cover.needed_minor, cover.available_minor) == (4 * 3570, 5 * (3570 - 3570 // 40 - 30))
    reasons = {
        row.number: row.state for row in await hall.rows((await hall.desk.shop.rows(BulkRun))[0].public_id)
    }
    assert [reasons[order.number] for order in (free, unpaid, disputed)] == ["skipped"] * 3
    assert await hall.refunds() == []


async def test_free_orders_are_cancelled_without_a_refund_and_used_tickets_left_out_when_chosen(
    hall: BulkDesk,
) -> None:
    free, (used,) = await hall.give_away(), await hall.sell(1)
    await hall.desk.check_in(used)
    run = await hall.prepare()
    await hall.start(run, with_checked_in=False)
    await hall.finish(run)

    assert await hall.states() == {"refunded": 2, "cancelled": 1, "skipped": 1}
    assert (await hall.desk.shop.order(free)).status == "cancelled"
    assert [t.status for t in await hall.desk.tickets(free)] == ["void"]
    assert await hall.refunds(free) == await hall.refunds(used) == []
    assert (await hall.desk.shop.order(used)).status == "paid"


async def test_seats_go_back_on_sale_unless_they_are_kept(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run, replace(CANCELLED, cancels_orders=False, keeps_seats=False))
    await hall.finish(run)
    assert await hall.desk.shop.seats(hall.kind) == (0, 0)
    assert (await hall.desk.shop.order(hall.orders[0])).status == "paid"
    assert [t.status for t in await hall.desk.tickets(hall.orders[0])] == ["void"]


async def test_a_request_that_waits_is_settled_by_the_run(hall: BulkDesk) -> None:
    request = await hall.desk.ask(hall.orders[0])
    run = await hall.prepare()
    await hall.start(run)
    await hall.finish(run)
    assert (await hall.desk.request(request.public_id)).status == "superseded"


async def test_what_was_seen_is_what_is_done(hall: BulkDesk) -> None:
    run = await hall.prepare()
    async with hall.desk.shop.store.transaction() as tx:
        await tx.session.execute(
            sa.update(Payment).where(col(Payment.order_id) == hall.orders[0].id).values(committed_minor=1000)
        )
    run = await hall.prepare()
    assert (await hall.view(run)).amounts(OrderState.WAITING) == {"USD": 2 * 3570 - 1000}
    async with hall.desk.shop.store.transaction() as tx:
        await tx.session.execute(sa.update(Payment).values(committed_minor=0))
    await hall.start(run)
    await hall.finish(run)
    (left_out,) = [row for row in await hall.rows(run) if row.state == "skipped"]
    assert left_out.number == hall.orders[0].number
    assert "more than was agreed to" in left_out.reason


async def test_a_preview_is_asked_for_once_and_looked_at_anew(hall: BulkDesk) -> None:
    first, second = await hall.prepare(), await hall.prepare()
    assert first == second
    await hall.sell(1)
    assert (await hall.view(await hall.prepare())).orders() == 3
    hall.desk.shop.clock.advance(timedelta(hours=2))
    with pytest.raises(DomainError) as old:
        await hall.start(first)
    assert old.value.code == "preview_old"
    assert (await hall.view(first)).status == "ready"


async def test_a_second_start_is_told_who_was_first(hall: BulkDesk) -> None:
    run = await hall.prepare()
    version = (await hall.view(run)).version
    await hall.start(run)
    with pytest.raises(DomainError) as overtaken:
        await hall.desk.shop.store.run(
            lambda tx: bulk.start_run(
                tx, hall.desk.manager, run=run, version=version, choices=CANCELLED, with_checked_in=True
            )
        )
    assert overtaken.value.code == "already_decided"
    assert "last by Dana Moreau: it is running now" in overtaken.value.message


@pytest.mark.parametrize("role", ["support", "viewer", None, "owner of nothing"])
async def test_attack_1_who_may_not_decide_does_nothing(hall: BulkDesk, role: str | None) -> None:
    run = await hall.prepare()
    low = replace(hall.desk.manager, role=role)
    version = (await hall.view(run)).version
    for verb in (bulk.refresh_preview, bulk.discard_run, bulk.pause_run, bulk.resume_run, bulk.retry_failed):
        with pytest.raises(Forbidden):
            await hall.desk.shop.store.run(lambda tx, verb=verb: verb(tx, low, run=run, version=version))
    with pytest.raises(Forbidden):
        await hall.start(run, actor=low)
    with pytest.raises(Forbidden):
        await hall.prepare(actor=low)
    assert (await hall.view(run)).status == "ready"


async def test_attack_5_another_organizers_run_and_event_are_not_found(hall: BulkDesk) -> None:
    run = await hall.prepare()
    version = (await hall.view(run)).version
    stranger = Actor(ActorKind.MEMBER, hall.desk.shop.organizer_id + 1, 1, "owner", "Zoë")
    for verb in (bulk.refresh_preview, bulk.discard_run, bulk.pause_run, bulk.resume_run, bulk.retry_failed):
        with pytest.raises(NotFound):
            await hall.desk.shop.store.run(lambda tx, verb=verb: verb(tx, stranger, run=run, version=version))
    with pytest.raises(NotFound):
        await hall.prepare(actor=stranger)
    with pytest.raises(NotFound):
        await hall.desk.shop.store.run(lambda tx: bulk.record_download(tx, stranger, run=run))


async def test_attack_8_moves_out_of_order_and_odd_claims_change_nothing(hall: BulkDesk) -> None:
    run = await hall.prepare()
    for verb in (bulk.pause_run, bulk.resume_run):
        with pytest.raises(InvalidTransition):
            await hall.decide(verb, run)
    with pytest.raises(DomainError, match="Nothing of this bulk refund has failed"):
        await hall.decide(bulk.retry_failed, run)
    odd: tuple[Any, ...] = ("1", None, 1.0, True)
    for claim in odd:
        with pytest.raises(BadInput):
            await hall.desk.shop.store.run(
                lambda tx, claim=claim: bulk.pause_run(tx, hall.desk.manager, run=run, version=claim)
            )
    with pytest.raises(BadInput):
        await hall.start(run, BulkChoices(True, True, True, "x" * 2001))
    await hall.decide(bulk.discard_run, run)
    with pytest.raises(InvalidTransition):
        await hall.start(run, GOODWILL)
    with pytest.raises(DomainError, match="no orders here"):
        await hall.prepare(chosen=OrderFilter(search="nobody@nowhere.example"))
