"""Setting up events, their public page, and their capacity under any sequence of operations."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kagibag_app.features.events import service as events
from kagibag_app.features.events.queries import event_by_slug, event_choices
from kagibag_app.features.events.tables import TicketType
from kagibag_app.features.timeline.tables import AuditEntry
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.kit.errors import BadInput, DomainError, InvalidTransition, NotFound
from kagibag_app.live import topics
from tests.services.shop import POLICY, Shop

pytest_plugins = ["tests.services.shop_fixtures"]

OPERATIONS = ("hold", "release_held", "sell_held", "take_sold", "release_sold")


async def test_the_page_shows_what_is_left_and_when_sales_start(shop: Shop) -> None:
    event = await shop.event(
        doors_at=shop.now + timedelta(days=10, hours=-1), summary="Five bands,\none room."
    )
    floor = await shop.ticket_type(event, capacity=30, per_order_limit=6)
    supper = await shop.ticket_type(event, "Late supper", 2400, 1)
    later = await shop.ticket_type(event, "At the door", 5000, 5, sales_start=shop.now + timedelta(days=9))
    gone = await shop.ticket_type(event, "Early bird", 3000, 5, sales_end=shop.now + timedelta(hours=1))
    await shop.open(event)
    await shop.store.run(lambda tx: events.hold(tx, wanted={floor.id: 26, supper.id: 1}))
    shop.clock.advance(timedelta(hours=2))
    async with shop.store.read() as session:
        page = await event_by_slug(session, "harbour", now=shop.now)
    assert (page.title, page.organizer_name, page.sale) == (
        "Night Harbour Sessions",
        "Lantern Row",
        "on_sale",
    )
    assert page.refund_policy == POLICY
    assert [(t.id, t.sale, t.left, t.most) for t in page.ticket_types] == [
        (floor.public_id, "on_sale", 4, 4),
        (supper.public_id, "sold_out", 0, 0),
        (later.public_id, "not_yet", 5, 0),
        (gone.public_id, "closed", 5, 0),
    ]
    assert page.ticket_types[2].sales_start == later.sales_start.isoformat()  # type: ignore[union-attr]


async def test_a_draft_is_nobodys_to_see_and_a_published_event_is(shop: Shop) -> None:
    event = await shop.event()
    await shop.ticket_type(event)
    async with shop.store.read() as session:
        for slug in ("harbour", "nowhere", "x" * 200, 7, None):
            with pytest.raises(NotFound):
                await event_by_slug(session, slug, now=shop.now)
        assert [(choice.id, choice.status) for choice in await event_choices(session, shop.organizer_id)] == [
            (event.public_id, "draft")
        ]
        assert await event_choices(session, shop.organizer_id + 1) == []


async def test_a_paid_event_is_published_only_when_charges_may_be_used(shop: Shop) -> None:
    event = await shop.event()
    with pytest.raises(DomainError) as empty:
        await _publish(shop, event.id, charges_enabled=True)
    await shop.ticket_type(event)
    with pytest.raises(DomainError) as refused:
        await _publish(shop, event.id, charges_enabled=False)
    assert (empty.value.code, refused.value.code) == ("no_ticket_types", "charges_disabled")
    await _publish(shop, event.id, charges_enabled=True)
    with pytest.raises(InvalidTransition):
        await _publish(shop, event.id, charges_enabled=True)
    kinds = [entry.kind for entry in await shop.rows(AuditEntry)]
    assert kinds == ["event_created", "ticket_type_created", "event_published"]


async def test_a_free_event_is_published_without_an_account(shop: Shop) -> None:
    event = await shop.event()
    await shop.ticket_type(event, price=0)
    await _publish(shop, event.id, charges_enabled=False)
    async with shop.store.read() as session:
        assert (await event_by_slug(session, "harbour", now=shop.now)).status == "published"


async def test_an_event_is_refused_when_its_address_is_taken_or_it_is_over(shop: Shop) -> None:
    event = await shop.event()
    await shop.ticket_type(event)
    with pytest.raises(BadInput) as taken:
        await shop.event()
    assert taken.value.field == "slug"
    shop.clock.advance(timedelta(days=11))
    with pytest.raises(DomainError) as over:
        await _publish(shop, event.id, charges_enabled=True)
    assert over.value.code == "event_over"


async def test_ticket_types_are_added_to_ones_own_open_events_only(shop: Shop) -> None:
    event = await shop.event()
    await shop.ticket_type(event)
    now = shop.now
    with pytest.raises(BadInput):
        await shop.ticket_type(event, sales_start=now, sales_end=now)
    await shop.open(event)
    with pytest.raises(DomainError) as caught:
        await shop.ticket_type(event, "Late")
    assert caught.value.code == "charges_disabled"
    late = await shop.ticket_type(event, "Late", charges_enabled=True)
    assert late.position == 1
    await shop.store.run(
        lambda tx: events.cancel_event(tx, SYSTEM, organizer_id=shop.organizer_id, event_id=event.id)
    )
    with pytest.raises(DomainError) as closed:
        await shop.ticket_type(event, "Too late")
    assert closed.value.code == "event_closed"
    event.organizer_id += 1
    with pytest.raises(NotFound):
        await shop.ticket_type(event, "Foreign")


async def test_a_hold_says_what_is_left_when_it_wants_more(shop: Shop) -> None:
    event = await shop.event()
    seat = await shop.ticket_type(event, "Balcony seat", capacity=3)
    await shop.store.run(lambda tx: events.hold(tx, wanted={seat.id: 1}))
    with pytest.raises(DomainError, match="Only 2 Balcony seat tickets are left") as caught:
        await shop.store.run(lambda tx: events.hold(tx, wanted={seat.id: 3}))
    assert caught.value.code == "sold_out"
    assert topics.event(event.id) in shop.topics


async def test_nothing_is_taken_when_one_of_several_types_is_short(shop: Shop) -> None:
    event = await shop.event()
    floor, seat = await shop.ticket_type(event), await shop.ticket_type(event, "Balcony seat", capacity=1)
    assert not await shop.store.run(lambda tx: events.take_sold(tx, counts={floor.id: 1, seat.id: 2}))
    assert await shop.seats(floor) == (0, 0)
    assert await shop.store.run(lambda tx: events.take_sold(tx, counts={floor.id: 1, seat.id: 1}))
    assert await shop.seats(seat) == (0, 1)


async def test_holds_in_parallel_never_exceed_capacity(shop: Shop) -> None:
    event = await shop.event()
    seat = await shop.ticket_type(event, capacity=5)
    answers = await asyncio.gather(
        *(shop.store.run(lambda tx: events.hold(tx, wanted={seat.id: 2})) for _ in range(8)),
        return_exceptions=True,
    )
    assert sum(answer is None for answer in answers) == 2
    assert await shop.seats(seat) == (4, 0)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(1, 4)), max_size=12))
async def test_counters_stay_within_capacity_under_random_operations(
    shop: Shop, steps: list[tuple[str, int]]
) -> None:
    number = len(await shop.rows(TicketType))
    event = await shop.event(f"random-{number}")
    seat = await shop.ticket_type(event, capacity=5)
    held = sold = 0
    for name, count in steps:
        done = await _try(shop, name, seat.id, count)
        allowed, change = _model(name, held, sold, count)
        assert done == allowed
        held, sold = (held + change[0], sold + change[1]) if done else (held, sold)
        assert await shop.seats(seat) == (held, sold)
        assert 0 <= held + sold <= 5


def _model(name: str, held: int, sold: int, count: int) -> tuple[bool, tuple[int, int]]:
    free = 5 - held - sold
    return {
        "hold": (count <= free, (count, 0)),
        "release_held": (count <= held, (-count, 0)),
        "sell_held": (count <= held, (-count, count)),
        "take_sold": (count <= free, (0, count)),
        "release_sold": (count <= sold, (0, -count)),
    }[name]


async def _try(shop: Shop, name: str, type_id: int, count: int) -> bool:
    async def work(tx: Any) -> bool:
        if name == "hold":
            await events.hold(tx, wanted={type_id: count})
            return True
        return await getattr(events, name)(tx, counts={type_id: count}) is not False

    try:
        return await shop.store.run(work)
    except (DomainError, RuntimeError):
        return False


async def _publish(shop: Shop, event_id: int, *, charges_enabled: bool) -> None:
    await shop.store.run(
        lambda tx: events.publish(
            tx, SYSTEM, organizer_id=shop.organizer_id, event_id=event_id, charges_enabled=charges_enabled
        )
    )
