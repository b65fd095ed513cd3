"""Scans at the door, on each kind of database: who is let in, who is not and why."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.events.rules import EventStatus
from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders import queries
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import DoorOutcome, OrderStatus, TicketStatus
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.orders.views import Admission
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.features.timeline.views import detail
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.kit.errors import BadInput, DomainError, Forbidden, NotFound
from kagibag_app.live import topics
from tests.services.shop import Shop

pytest_plugins = ["tests.services.shop_fixtures"]


def _at(shop: Shop, name: str = "Dana Reyes", role: Role = Role.SUPPORT) -> Actor:
    return Actor(ActorKind.MEMBER, organizer_id=shop.organizer_id, user_id=7, role=role, name=name)


async def _tonight(
    shop: Shop, slug: str = "tonight", *, tickets: int = 2, **when: Any
) -> tuple[Event, Order]:
    """An event that has just begun, and an order for it."""
    times = {"starts_at": shop.now - timedelta(minutes=1), "ends_at": shop.now + timedelta(minutes=1)} | when
    event = await shop.event(slug, **times)
    seat = await shop.ticket_type(event)
    await shop.open(event)
    return event, await shop.paid(event, {seat.public_id: tickets})


async def _scan(shop: Shop, event: Event, code: str, **how: Any) -> Admission:
    actor = how.pop("actor", _at(shop))
    return await shop.store.run(lambda tx: orders.admit(tx, actor, event=event.public_id, code=code, **how))


async def _tickets(shop: Shop, order: Order) -> list[Ticket]:
    return await shop.rows(Ticket, order_id=order.id)


async def _set(shop: Shop, ticket: Ticket, **values: Any) -> None:
    async with shop.store.transaction() as tx:
        await tx.session.execute(sa.update(Ticket).where(col(Ticket.id) == ticket.id).values(**values))


async def test_a_ticket_lets_its_holder_in_once_and_says_where_by_whom_and_when(shop: Shop) -> None:
    event, order = await _tonight(shop)
    first, second = await _tickets(shop, order)
    shop.topics.clear()

    answer = await _scan(shop, event, f" {first.code.lower().replace('-', '')} ", door="North door")
    assert (answer.outcome, answer.code) == (DoorOutcome.ADMITTED, first.code)
    assert (answer.holder, answer.type_name, answer.order_number) == (
        "Maren Okafor", "General admission", order.number,
    )  # fmt: skip
    assert topics.door(event.id) in shop.topics

    again = await _scan(shop, event, first.code, actor=_at(shop, "Sam Porter"))
    assert again.outcome == DoorOutcome.ALREADY_IN
    assert again.sentence.startswith(f"Ticket {first.code} was checked in at North door by Dana Reyes on ")
    assert again.sentence.endswith((" EST.", " EDT."))
    # The other one of the same order is another person's.
    assert (await _scan(shop, event, second.code)).outcome == DoorOutcome.ADMITTED


async def test_the_order_tells_who_let_in_and_who_took_it_back(shop: Shop) -> None:
    event, order = await _tonight(shop)
    first, _ = await _tickets(shop, order)
    await _scan(shop, event, first.code, door="North door")
    await shop.store.run(lambda tx: orders.undo_check_in(tx, _at(shop, "Sam Porter"), ticket=first.public_id))
    assert (await _tickets(shop, order))[0].checked_in_door == ""
    await _scan(shop, event, first.code)

    kinds = ("ticket_checked_in", "ticket_check_in_undone")
    told = [row for row in await shop.rows(TimelineEntry, order_id=order.id) if row.kind in kinds]
    assert [(row.kind, row.actor_name, row.data) for row in told] == [
        (kinds[0], "Dana Reyes", {"ticket": first.code, "door": "North door"}),
        (kinds[1], "Sam Porter", {"ticket": first.code}),
        (kinds[0], "Dana Reyes", {"ticket": first.code}),
    ]
    assert detail(told[0].kind, told[0].data) == "North door"
    assert all(row.at <= shop.now for row in told)


async def test_the_same_ticket_at_many_doors_at_once_lets_in_one(shop: Shop) -> None:
    event, order = await _tonight(shop)
    first, _ = await _tickets(shop, order)
    doors = [f"Door {number}" for number in range(6)]
    answers = await asyncio.gather(*(_scan(shop, event, first.code, door=door) for door in doors))

    assert Counter(answer.outcome for answer in answers) == {
        DoorOutcome.ADMITTED: 1,
        DoorOutcome.ALREADY_IN: 5,
    }
    (row, _) = await _tickets(shop, order)
    admitted = next(door for door, answer in zip(doors, answers, strict=True) if not answer.sentence)
    assert (row.status, row.checked_in_door) == (TicketStatus.CHECKED_IN, admitted)
    assert len(await shop.rows(TimelineEntry, order_id=order.id, kind="ticket_checked_in")) == 1


async def test_a_refused_ticket_says_why_and_stays_as_it_is(shop: Shop) -> None:
    event, order = await _tonight(shop)
    first, second = await _tickets(shop, order)
    await _set(shop, first, status=TicketStatus.VOID, void_reason="Refunded")
    await _set(shop, second, refund_in_progress=True)
    before = await _tickets(shop, order)

    void, refunded = await _scan(shop, event, first.code), await _scan(shop, event, second.code)
    assert (void.outcome, void.sentence) == (
        DoorOutcome.VOID, f"Ticket {first.code} is void: Refunded. It lets nobody in.",
    )  # fmt: skip
    assert refunded.outcome == DoorOutcome.REFUND
    assert "is being refunded" in refunded.sentence
    # Deciding that the day is right does not make a ticket good.
    assert (await _scan(shop, event, second.code, anyway=True)).outcome == DoorOutcome.REFUND
    await _set(shop, second, refund_in_progress=False)
    async with shop.store.transaction() as tx:
        await tx.session.execute(sa.update(Order).values(status=OrderStatus.CANCELLED))
    assert (await _scan(shop, event, second.code)).outcome == DoorOutcome.NOT_PAID
    after = await _tickets(shop, order)
    assert [row.status for row in after] == [row.status for row in before]


async def test_a_ticket_for_another_event_says_which(shop: Shop) -> None:
    event, _ = await _tonight(shop)
    other, order = await _tonight(shop, "other", title="Paper Boats", zone="Europe/Berlin")
    ticket = (await _tickets(shop, order))[0]
    answer = await _scan(shop, event, ticket.code, anyway=True)
    assert (answer.outcome, answer.event, answer.event_title) == (
        DoorOutcome.OTHER_EVENT, other.public_id, "Paper Boats",
    )  # fmt: skip
    assert answer.sentence.startswith("This ticket is for Paper Boats, ")
    assert answer.sentence.endswith((" CET.", " CEST."))
    assert (await _tickets(shop, order))[0].status == TicketStatus.VALID


async def test_on_another_day_whoever_stands_at_the_door_decides(shop: Shop) -> None:
    event, order = await _tonight(
        shop, zone="Asia/Tokyo", starts_at=shop.now + timedelta(days=3), ends_at=shop.now + timedelta(days=3, hours=2)
    )  # fmt: skip
    ticket = (await _tickets(shop, order))[0]
    answer = await _scan(shop, event, ticket.code)
    assert answer.outcome == DoorOutcome.OTHER_DAY
    assert answer.sentence.count(" JST") == 2
    assert (await _tickets(shop, order))[0].status == TicketStatus.VALID
    assert (await _scan(shop, event, ticket.code, anyway=True)).outcome == DoorOutcome.ADMITTED
    # What is wrong with the ticket itself comes before the day.
    assert (await _scan(shop, event, ticket.code)).outcome == DoorOutcome.ALREADY_IN


async def test_a_cancelled_event_is_a_doubt_too(shop: Shop) -> None:
    event, order = await _tonight(shop)
    async with shop.store.transaction() as tx:
        await tx.session.execute(sa.update(Event).values(status=EventStatus.CANCELLED))
    ticket = (await _tickets(shop, order))[0]
    assert (await _scan(shop, event, ticket.code)).outcome == DoorOutcome.EVENT_CANCELLED
    assert (await _scan(shop, event, ticket.code, anyway=True)).outcome == DoorOutcome.ADMITTED


async def test_what_is_no_ticket_of_the_organizer_is_unknown(shop: Shop) -> None:
    event, order = await _tonight(shop)
    ticket = (await _tickets(shop, order))[0]
    for code in ("", "T-0000-0000-0000", order.number, "https://else.example/T-4MQ7", "x" * 5000, "ß" * 12):
        answer = await _scan(shop, event, code)
        assert answer.outcome == DoorOutcome.UNKNOWN
        assert len(answer.code) <= 40
    # Another organizer's code reads exactly as one that nobody has.
    await _set(shop, ticket, organizer_id=shop.organizer_id + 1)
    nobody = await _scan(shop, event, "T-0000-0000-0000")
    assert replace(await _scan(shop, event, ticket.code), code=nobody.code) == nobody


async def test_the_door_opens_for_those_who_may_and_for_their_own_events(shop: Shop) -> None:
    event, order = await _tonight(shop)
    ticket = (await _tickets(shop, order))[0]
    with pytest.raises(Forbidden):
        await _scan(shop, event, ticket.code, actor=_at(shop, role=Role.VIEWER))
    stranger = replace(_at(shop), organizer_id=shop.organizer_id + 1)
    with pytest.raises(NotFound):
        await _scan(shop, event, ticket.code, actor=stranger)
    with pytest.raises(BadInput):
        await _scan(shop, event, ticket.code, door="x" * 41)
    with pytest.raises(DomainError):
        await shop.store.run(lambda tx: orders.undo_check_in(tx, _at(shop), ticket=ticket.public_id))


async def test_the_count_is_of_those_who_may_come(shop: Shop) -> None:
    event, order = await _tonight(shop, tickets=4)
    await _tonight(shop, "other")
    first, second, _, _ = await _tickets(shop, order)
    await _scan(shop, event, first.code)
    await _set(shop, second, status=TicketStatus.VOID)
    async with shop.store.read() as session:
        seen = await queries.door_view(session, shop.organizer_id, event.public_id)
        assert seen is not None
        assert (seen.event_id, seen.checked_in, seen.expected) == (event.id, 1, 3)
        assert await queries.door_view(session, shop.organizer_id + 1, event.public_id) is None
        draft = await shop.event("draft")
        assert await queries.door_view(session, shop.organizer_id, draft.public_id) is None
