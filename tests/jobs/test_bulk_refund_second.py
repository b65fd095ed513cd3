"""A bulk refund keeps to what a manager may give back alone: what is more waits until somebody else confirms it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.bulk_refunds import queries
from kagibag_app.features.bulk_refunds import service as bulk
from kagibag_app.features.bulk_refunds.documents import report_csv
from kagibag_app.features.bulk_refunds.rules import OrderState
from kagibag_app.features.bulk_refunds.tables import BulkOrder
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.timeline.tables import AuditEntry
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError, Forbidden, InvalidTransition
from kagibag_app.storage.transaction import Transaction
from tests.bulk_desk import GOODWILL, BulkDesk, open_bulk_desk
from tests.order_acts import refund as refund_now
from tests.refund_desk import Desk
from tests.services.test_refunds_second import second

pytest_plugins = ["tests.refund_fixtures"]

# An order of these tests has one ticket of 35.70 or two.
LIMIT = 5000


@pytest.fixture
async def hall(desk: Desk) -> BulkDesk:
    """A closed hall with two orders below the limit and one above it."""
    opened = await open_bulk_desk(desk, orders=2)
    await opened.sell(1, tickets=2)
    await limited(opened, LIMIT)
    return opened


async def limited(hall: BulkDesk, minor: int) -> None:
    """Let an owner set what a manager gives back alone."""
    owner = replace(hall.desk.manager, role=Role.OWNER)
    await hall.desk.shop.store.run(lambda tx: accounts.set_manager_limits(tx, owner, limits={"USD": minor}))


async def confirm(hall: BulkDesk, run: str, actor: Actor, version: int | None = None) -> int:
    """Confirm what waits, as it is seen now."""
    seen = (await hall.view(run)).version if version is None else version

    async def work(tx: Transaction) -> int:
        return await bulk.confirm_waiting(tx, actor, run=run, version=seen)

    return await hall.desk.shop.store.run(work)


async def waiting(hall: BulkDesk) -> BulkOrder:
    """Return the order above the limit as the newest run has it."""
    return (await hall.desk.shop.rows(BulkOrder, order_id=hall.orders[2].id))[-1]


async def test_what_is_above_the_limit_waits_and_is_sent_once_another_manager_confirms_it(
    hall: BulkDesk,
) -> None:
    run = await hall.prepare()
    await hall.start(run)
    view = await hall.finish(run)
    assert await hall.states() == {"refunded": 2, "awaiting_second": 1}
    assert await hall.refunds(hall.orders[2]) == []
    assert view.amounts(OrderState.AWAITING_SECOND) == {"USD": 7140}
    assert [(f.user_id, f.by, f.orders) for f in view.firsts] == [
        (hall.desk.manager.user_id, "Dana Moreau", 1)
    ]
    kept = await waiting(hall)
    assert (kept.code, kept.reason.startswith("A manager alone gives back up to $50.00")) == (
        "second_person_needed",
        True,
    )
    (mail,) = await hall.desk.mails(Template.BULK_REFUND_FINISHED)
    assert (mail.params["awaiting_second"], mail.params["awaiting_amounts"]) == (1, {"USD": 7140})
    assert b"Waits for a second person" in report_csv(await hall.rows(run), "UTC")

    assert await confirm(hall, run, await second(hall.desk)) == 1
    await hall.finish(run)
    (sent,) = await hall.refunds(hall.orders[2])
    assert (sent.amount_minor, sent.alone_by_id, sent.requested_by) == (7140, None, "Ada Lind")
    assert await hall.states() == {"refunded": 3}
    assert (await hall.desk.shop.order(hall.orders[2])).status == "cancelled"
    (entry,) = await hall.desk.shop.rows(AuditEntry, kind="bulk_refund_confirmed")
    assert entry.data["orders"] == 1


async def test_who_approved_it_first_can_not_confirm_it_nor_send_it_by_going_on(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run)
    await hall.finish(run)
    with pytest.raises(DomainError, match="You approved these first") as refused:
        await confirm(hall, run, hall.desk.manager)
    assert refused.value.code == "second_person_needed"
    # Confirmed by another one, then held and gone on with by the first: it waits again.
    await confirm(hall, run, await second(hall.desk))
    await hall.decide(bulk.pause_run, run)
    await hall.decide(bulk.resume_run, run)
    await hall.finish(run)
    assert (await waiting(hall)).state == "awaiting_second"
    assert await hall.refunds(hall.orders[2]) == []


async def test_an_owner_starts_and_confirms_without_a_limit(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run)
    await hall.finish(run)
    await confirm(hall, run, await second(hall.desk, Role.OWNER, "Olu Adeyemi"))
    await hall.finish(run)
    assert await hall.states() == {"refunded": 3}

    (order,) = await hall.sell(1, tickets=2)
    again = await hall.prepare()
    await hall.start(again, actor=await second(hall.desk, Role.OWNER, "Ines Okoro"))
    await hall.finish(again)
    assert len(await hall.refunds(order)) == 1


async def test_how_many_would_wait_is_known_before_the_start_with_what_was_given_before(
    hall: BulkDesk,
) -> None:
    run = await hall.prepare()
    assert await above(hall, run) == (1, 0)
    await hall.desk.check_in(hall.orders[2])
    run = await hall.prepare(actor=await second(hall.desk))
    assert await above(hall, run) == (1, 1)

    # Half of it goes to the buyer by the manager alone; what is left is below the limit, both together are not.
    await refund_now(hall.desk, hall.orders[2], amount_minor=3570)
    await hall.work()
    again = await hall.prepare(actor=await second(hall.desk, Role.OWNER, "Olu Adeyemi"))
    assert (await hall.view(again)).amounts(OrderState.WAITING) == {"USD": 3 * 3570}
    assert await above(hall, again) == (1, 1)
    await hall.start(again, replace(GOODWILL, ends_tickets=True))
    await hall.finish(again)
    assert "$35.70 of it given before" in (await waiting(hall)).reason


async def above(hall: BulkDesk, run: str) -> tuple[int, int]:
    """Return what the preview says to the manager."""
    async with hall.desk.shop.store.read() as session:
        return await queries.orders_above_limit(
            session, hall.desk.shop.organizer_id, run, hall.desk.manager.user_id or 0
        )


async def test_a_limit_that_is_lowered_while_it_runs_holds_from_then_on(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run)
    await limited(hall, 100)
    await hall.finish(run)
    assert await hall.states() == {"awaiting_second": 3}
    assert await hall.refunds() == []


async def test_a_confirmed_order_that_changed_meanwhile_is_left_out(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run, GOODWILL)
    await hall.finish(run)
    owner = await second(hall.desk, Role.OWNER, "Olu Adeyemi")
    order = hall.orders[2]
    await hall.desk.dispute(order)
    await confirm(hall, run, owner)
    await hall.finish(run)
    assert (await waiting(hall)).state == "skipped"
    assert await hall.refunds(order) == []


async def test_two_confirm_at_once_and_one_is_told(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run)
    seen = (await hall.finish(run)).version
    await confirm(hall, run, await second(hall.desk), seen)
    with pytest.raises(DomainError, match="changed meanwhile"):
        await confirm(hall, run, await second(hall.desk, Role.OWNER, "Olu Adeyemi"), seen)
    await hall.finish(run)
    assert len(await hall.refunds(hall.orders[2])) == 1


async def test_attack_1_nothing_is_confirmed_by_who_may_not_decide_or_while_it_runs(hall: BulkDesk) -> None:
    run = await hall.prepare()
    await hall.start(run)
    await hall.round()
    assert len((await hall.view(run)).firsts) == 1
    with pytest.raises(InvalidTransition):
        await confirm(hall, run, await second(hall.desk))
    await hall.finish(run)
    with pytest.raises(Forbidden):
        await confirm(hall, run, await second(hall.desk, Role.SUPPORT, "Sefa Low"))
    owner = await second(hall.desk, Role.OWNER, "Olu Adeyemi")
    await confirm(hall, run, owner)
    await hall.finish(run)
    with pytest.raises(DomainError, match="No order of it waits"):
        await confirm(hall, run, owner)
