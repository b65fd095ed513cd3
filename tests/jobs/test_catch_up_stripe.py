"""Events that never reached us are found in Stripe's list and applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.demo import example
from kagibag_app.demo.stage import Buyer, Stage
from kagibag_app.features.accounts import queries as accounts_queries
from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.tables import StripeEvent
from kagibag_app.jobs.audit import run as audit
from kagibag_app.jobs.catch_up_stripe import FURTHEST, OVERLAP
from kagibag_app.jobs.schedule import CATCH_UP_STRIPE, Periodic, ask
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.ports.payments import IncomingEvent, NotReached
from kagibag_app.runtime import Runtime
from kagibag_app.storage.outbox import OutboxRow
from kagibag_app.storage.transaction import Transaction
from tests.product import World

pytest_plugins = ["tests.product"]

LOOK = Periodic(CATCH_UP_STRIPE, timedelta(minutes=10))
OBJECT = {"data": {"object": {"object": "invoice", "id": "in_1"}}}
DANA = Buyer("Dana Moreau", "dana@example.com")


async def _selling(world: World) -> Stage:
    runtime = world.runtime

    async def owner(tx: Transaction) -> int:
        slug = await example.create_owner(
            tx,
            email="o@example.com",
            name="O",
            password_hash="x",
            organization="Row",
            currency="USD",
            zone="UTC",
        )
        organizer = await accounts_queries.system_organizer_by_slug(tx.session, slug)
        assert organizer is not None
        return organizer.id or 0

    organizer_id = await runtime.store.run(owner)
    await example.create_event(runtime.store)
    return Stage(runtime, world.sandbox, organizer_id, SYSTEM)


async def _pay_unheard(world: World, stage: Stage, order: str) -> None:
    """Pay at Stripe while none of its webhooks reaches us."""
    world.sandbox.pay((await stage.payment(order)).session_id)
    await world.worker.run_due()


async def _status(runtime: Runtime, public_id: str) -> str:
    async with runtime.store.read() as session:
        return (
            await session.execute(sa.select(col(Order.status)).where(col(Order.public_id) == public_id))
        ).scalar_one()


async def _look(world: World) -> None:
    assert await ask(world.runtime, LOOK)
    await world.worker.run_due()


async def test_fault_16_a_payment_whose_webhooks_were_lost_is_found_and_completes_its_order(
    world: World,
) -> None:
    stage = await _selling(world)
    order = await stage.order(DANA, example.SLUG, {"General admission": 1})
    await _pay_unheard(world, stage, order)
    assert await _status(world.runtime, order) == "pending"
    await _look(world)
    assert await _status(world.runtime, order) == "paid"
    assert [finding for finding in await audit(world.runtime, stripe=True) if finding.count] == []


async def test_fault_16_three_lost_days_are_found_although_a_newer_event_arrived_first(world: World) -> None:
    stage = await _selling(world)
    lost = await stage.order(DANA, example.SLUG, {"General admission": 1})
    await _pay_unheard(world, stage, lost)
    made = await world.runtime.payments.list_events(
        account=world.runtime.platform_account, since=world.runtime.clock.now() - timedelta(hours=1)
    )
    assert {event.id for event in made} - set(await _events(world))
    world.runtime.clock.advance(timedelta(days=3))
    world.sandbox.advance(3 * 86_400)
    newest = IncomingEvent(
        "evt_newer",
        "payment_intent.succeeded",
        "",
        False,
        "payment_intent",
        "pi_x",
        world.runtime.clock.now(),
        OBJECT,
    )
    await _store(world, newest)
    await _look(world)
    assert {event.id for event in made} - set(await _events(world)) == set()
    assert await _status(world.runtime, lost) == "paid"


async def _store(world: World, event: IncomingEvent) -> None:
    await world.runtime.store.run(
        lambda tx: payments.store_event(
            tx, event, platform_account=world.runtime.platform_account, livemode=False
        )
    )


async def test_what_is_known_is_not_stored_again(world: World) -> None:
    stage = await _selling(world)
    await stage.buy(DANA, example.SLUG, {"General admission": 1})
    before = await _events(world)
    await _look(world)
    assert await _events(world) == before


async def _events(world: World) -> dict[str, tuple[str, str]]:
    async with world.runtime.store.read() as session:
        rows = (await session.scalars(sa.select(StripeEvent))).all()
    return {row.stripe_id: (row.outcome, row.account) for row in rows}


class _Lists:
    """Stands in for the gateway's lists and notes from when each account was read."""

    def __init__(self, world: World, broken: set[str], events: Mapping[str, list[IncomingEvent]]) -> None:
        self.asked: dict[str, list[datetime]] = {}
        self._broken, self._events = broken, events
        world.runtime.payments.list_events = self.list_events  # type: ignore[method-assign]

    async def list_events(self, *, account: str, since: datetime) -> list[IncomingEvent]:
        self.asked.setdefault(account, []).append(since)
        if account in self._broken:
            raise NotReached("Stripe could not be reached.")
        return self._events.get(account, [])


async def _connect(world: World, account: str) -> None:
    await _selling(world)
    await world.runtime.store.run(
        lambda tx: tx.session.execute(sa.update(Organizer).values(stripe_account=account))
    )


async def test_an_account_that_cannot_be_read_keeps_no_other_from_being_read_and_is_read_from_where_it_stood(
    world: World,
) -> None:
    await _connect(world, "acct_other")
    started, own = world.runtime.clock.now(), world.runtime.platform_account
    lists = _Lists(world, {"acct_other"}, {})
    await _look(world)
    world.runtime.clock.advance(timedelta(days=2))
    lists._broken.clear()
    await _look(world)
    assert abs(lists.asked["acct_other"][-1] - (started - OVERLAP)) < timedelta(minutes=1)
    assert abs(lists.asked[own][0] - (started - OVERLAP)) < timedelta(minutes=1)
    world.runtime.clock.advance(timedelta(days=1))
    await _look(world)
    assert lists.asked[own][-1] > world.runtime.clock.now() - timedelta(days=1, minutes=20)


async def test_no_list_is_asked_for_further_back_than_stripe_keeps_it(world: World) -> None:
    await _connect(world, "acct_other")
    lists = _Lists(world, set(), {})
    world.runtime.clock.advance(timedelta(days=90))
    await _look(world)
    assert {
        round((world.runtime.clock.now() - since[0]) / timedelta(days=1)) for since in lists.asked.values()
    } == {FURTHEST.days}


async def test_an_event_found_in_a_connected_accounts_list_is_that_accounts(world: World) -> None:
    await _connect(world, "acct_other")
    found = IncomingEvent(
        "evt_1", "invoice.paid", "", False, "invoice", "in_1", world.runtime.clock.now(), OBJECT
    )
    _Lists(
        world, set(), {"acct_other": [found], world.runtime.platform_account: [replace(found, id="evt_2")]}
    )
    await _look(world)
    accounts = {name: account for name, (_, account) in (await _events(world)).items()}
    assert accounts == {"evt_1": "acct_other", "evt_2": world.runtime.platform_account}


async def test_every_look_leaves_a_finished_row_for_each_account(world: World) -> None:
    await _look(world)
    async with world.runtime.store.read() as session:
        rows = (
            await session.scalars(sa.select(OutboxRow).where(col(OutboxRow.kind) == CATCH_UP_STRIPE))
        ).all()
    assert sorted((row.lane, row.status) for row in rows) == [
        ("", "done"),
        (f"catch_up_stripe:{world.runtime.platform_account}", "done"),
    ]
