"""Two at once at one order's money, on PostgreSQL: exactly one of them decides, and the other is told.

Each race has an order of its own and starts its two in turn first, a little apart. `make test-long` runs each 500
times and asserts that either side won some of them: otherwise there was no race.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.refunds.rules import RefundStatus, RequestStatus
from kagibag_app.features.refunds.service import AlreadyDecided
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.jobs.worker import Worker
from kagibag_app.kit.clock import Clock
from kagibag_app.kit.errors import DomainError
from kagibag_app.kit.ids import public_id
from kagibag_app.live.bus import MemoryBus
from kagibag_app.storage import schema
from kagibag_app.storage.transaction import Store
from tests import order_acts
from tests.fakes import Fault
from tests.lengths import LONG
from tests.refund_checks import HOUR, clean
from tests.refund_desk import CATALOG, Desk, open_desk
from tests.servers.postgres import PostgresCluster
from tests.services.shop import Shop

RACES = 500 if LONG else 4
PRICE = 1000
# Seconds that the second one starts later, at most: about as long as a decision takes.
APART = 0.01

pytestmark = [pytest.mark.timeout(0)]


class Track:
    """An event of which each race sells an order of two tickets."""

    def __init__(self, desk: Desk, event: Event, kind: TicketType) -> None:
        self.desk, self.event, self.kind = desk, event, kind
        self.chance = random.Random(11)
        self.won: Counter[str] = Counter()

    async def order(self) -> Order:
        """Sell the next order."""
        return await self.desk.buy(self.event, self.kind, 2)

    async def race(self, one: Awaitable[Any], two: Awaitable[Any]) -> tuple[str, DomainError]:
        """Start both, and return who decided and what the other was told."""
        answers = await self.run(one, two)
        told = {name: a for name, a in answers.items() if isinstance(a, BaseException)}
        assert len(told) == 1, answers
        ((loser, error),) = told.items()
        assert isinstance(error, DomainError), error
        winner = "two" if loser == "one" else "one"
        self.won[winner] += 1
        return winner, error

    async def run(self, one: Awaitable[Any], two: Awaitable[Any]) -> dict[str, Any]:
        """Start both in either order, a little apart, and return both answers."""

        async def begin(work: Awaitable[Any], wait: float) -> Any:
            await asyncio.sleep(wait)
            return await work

        waits = [0.0, self.chance.uniform(0, APART)]
        self.chance.shuffle(waits)
        answers = await asyncio.gather(begin(one, waits[0]), begin(two, waits[1]), return_exceptions=True)
        return dict(zip(("one", "two"), answers, strict=True))

    async def finish(self, report: Callable[[str, object], None]) -> None:
        """Let everything be sent; the books hold. Say who won how often."""
        await self.desk.work()
        await clean(self.desk)
        report("won", dict(self.won))
        if LONG and self.won:
            assert min(self.won["one"], self.won["two"]) > 0, self.won


@pytest.fixture
async def track(postgres_cluster: PostgresCluster, tmp_path: Path) -> AsyncIterator[Track]:
    url = postgres_cluster.create_database(postgres_cluster.template("kagibag_migrated", schema.upgrade))
    clock = Clock()
    shop = Shop(Store(url, MemoryBus(), clock), clock, 0)
    async with shop.store.transaction() as tx:
        organizer = Organizer(
            public_id=public_id("org"), name="Lantern Row", slug="lantern-row", currency="USD", zone="UTC",
            created_at=tx.now,
        )  # fmt: skip
        tx.session.add(organizer)
        await tx.session.flush()
        shop.organizer_id = organizer.id or 0
    desk = await open_desk(shop, tmp_path)
    event = await shop.event("races", refund_policy=order_acts.WHOLE)
    kind = await shop.ticket_type(event, price=PRICE, capacity=2 * RACES)
    await shop.open(event)
    yield Track(desk, event, kind)
    await shop.store.close()
    postgres_cluster.drop_database(url)


async def test_of_two_approvals_one_decides_and_the_other_learns_who(
    track: Track, record_property: Callable[[str, object], None]
) -> None:
    desk = track.desk
    second = replace(desk, manager=replace(desk.manager, name="Ruth Adeyemi"))
    for _ in range(RACES):
        request = await desk.ask(await track.order())
        winner, told = await track.race(desk.approve(request), second.approve(request))
        first = "Dana Moreau" if winner == "one" else "Ruth Adeyemi"
        assert isinstance(told, AlreadyDecided)
        assert told.message.startswith(f"{first} approved $10.00 of this request on ")
        assert len(await desk.shop.rows(Refund, request_id=request.id)) == 1
    await track.finish(record_property)
    assert len(desk.stripe.live()) == RACES


async def test_of_an_approval_and_a_decline_one_decides_and_the_other_learns_it(
    track: Track, record_property: Callable[[str, object], None]
) -> None:
    desk = track.desk
    for _ in range(RACES):
        order = await track.order()
        request = await desk.ask(order)
        winner, told = await track.race(desk.approve(request), desk.decline(request))
        approved = winner == "one"
        assert isinstance(told, AlreadyDecided)
        assert told.message.startswith(
            f"Dana Moreau {'approved $10.00 of' if approved else 'declined'} this request on "
        )
        status = (await desk.request(request.public_id)).status
        assert status == (RequestStatus.APPROVED if approved else RequestStatus.DECLINED)
        assert (await desk.payment(order)).committed_minor == (PRICE if approved else 0)
    await track.finish(record_property)
    assert len(desk.stripe.live()) == track.won["one"]


async def test_of_two_parts_that_exceed_the_rest_one_goes_back_and_the_other_is_refused(
    track: Track, record_property: Callable[[str, object], None]
) -> None:
    desk, part = track.desk, 3 * PRICE // 2
    for number in range(RACES):
        order = await track.order()
        if number % 2:  # an approved request beside a refund that a member starts
            request = await desk.ask(order, await desk.tickets(order))
            one = desk.approve(request, amount_minor=part)
        else:
            one = order_acts.refund(desk, order, amount_minor=part)
        _, told = await track.race(one, order_acts.refund(desk, order, amount_minor=part))
        assert told.code in ("already_decided", "refund_exceeds_remaining"), told
        assert (await desk.payment(order)).committed_minor == part
        assert [r.amount_minor for r in await desk.shop.rows(Refund, order_id=order.id)] == [part]
    await track.finish(record_property)
    assert [r.amount_minor for r in desk.stripe.live()] == [part] * RACES


async def test_of_a_withdrawal_and_an_approval_one_holds_and_the_other_is_told(
    track: Track, record_property: Callable[[str, object], None]
) -> None:
    desk = track.desk
    for _ in range(RACES):
        request = await desk.ask(await track.order())
        winner, told = await track.race(
            desk.approve(request),
            desk.withdraw(request),
        )
        approved = winner == "one"
        assert told.code == "already_decided"
        assert ("approved" if approved else "withdrawn") in told.message
        status = (await desk.request(request.public_id)).status
        assert status == (RequestStatus.APPROVED if approved else RequestStatus.WITHDRAWN)
    await track.finish(record_property)
    assert len(desk.stripe.live()) == track.won["one"]


async def test_two_workers_at_one_refund_send_it_once(
    track: Track, record_property: Callable[[str, object], None]
) -> None:
    desk = track.desk
    second = replace(desk.runtime, store=Store(desk.shop.store.url, MemoryBus(), desk.shop.clock))
    for number in range(RACES):
        refund = await desk.approve(await desk.ask(await track.order()))
        fault = (None, Fault.TIMEOUT_AFTER, Fault.RATE_LIMIT)[number % 3]
        desk.stripe.faults = [fault] if fault else []
        before = len(desk.stripe.calls)
        done = await track.run(Worker(desk.runtime, CATALOG).run_due(), Worker(second, CATALOG).run_due())
        assert not [a for a in done.values() if isinstance(a, BaseException)], done
        # Others, of earlier races, may be due again meanwhile.
        assert desk.stripe.calls[before:].count(refund.idempotency_key) == 1
        if fault is None:
            assert (await desk.refund(refund.public_id)).status == RefundStatus.SUCCEEDED
    for _ in range(3):
        desk.shop.clock.advance(HOUR)
        await track.run(Worker(desk.runtime, CATALOG).run_due(), Worker(second, CATALOG).run_due())
    await track.finish(record_property)
    assert len(desk.stripe.live()) == RACES
    await second.store.close()
