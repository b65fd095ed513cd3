"""What members do with an event: change it, its ticket types and their order, publish, cancel; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.events import service as events
from kagibag_app.features.events.queries import event_lines, event_setup
from kagibag_app.features.events.rules import EventStatus
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.events.views import EventSetup
from kagibag_app.features.orders.tables import LineItem
from kagibag_app.features.timeline.tables import AuditEntry
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.kit.errors import BadInput, DomainError, Forbidden, InvalidTransition, NotFound
from kagibag_app.kit.local_time import read_local
from kagibag_app.live import topics
from tests.services.shop import Shop

pytest_plugins = ["tests.services.shop_fixtures"]

NAMES = ["General admission", "Balcony", "Supper"]


def manager(shop: Shop, role: Role = Role.MANAGER) -> Actor:
    """A member of the shop."""
    return Actor(ActorKind.MEMBER, shop.organizer_id, None, role, "Dana")


async def do(shop: Shop, verb: Any, event: Event, *, actor: Actor | None = None, **fields: Any) -> Any:
    """Call a verb on an event as a manager."""
    who = actor or manager(shop)
    return await shop.store.run(
        lambda tx: verb(tx, who, organizer_id=shop.organizer_id, event_id=event.id, **fields)
    )


async def setup(shop: Shop, slug: str = "harbour") -> EventSetup:
    """The event as its screen reads it."""
    async with shop.store.read() as session:
        found = await event_setup(session, shop.organizer_id, slug, now=shop.now)
    assert found is not None
    return found


def said(event: Event, **changes: Any) -> dict[str, Any]:
    """All that the form of an event says."""
    names = [
        "title",
        "slug",
        "venue",
        "zone",
        "currency",
        "starts_at",
        "ends_at",
        "doors_at",
        "address",
        "summary",
    ]
    return {name: getattr(event, name) for name in names} | changes


def type_said(**changes: Any) -> dict[str, Any]:
    """All that the form of a ticket type says."""
    return {
        "name": "General admission",
        "price_minor": 4200,
        "capacity": 10,
        "charges_enabled": True,
    } | changes


async def test_a_draft_is_changed_whole_and_a_published_event_keeps_address_and_currency(shop: Shop) -> None:
    event = await shop.event()
    await do(shop, events.change_event, event, **said(event, title="Autumn", slug="autumn", currency="EUR"))
    found = await setup(shop, "autumn")
    assert (found.title, found.currency, found.status) == ("Autumn", "EUR", "draft")
    kind = await shop.ticket_type(event)
    with pytest.raises(BadInput) as priced:
        await do(shop, events.change_event, event, **said(event, slug="autumn", currency="JPY"))
    assert priced.value.field == "currency"
    await shop.open(event)
    changes = said(event, slug="winter", currency="USD", venue="The Old Hall")
    await do(shop, events.change_event, event, **changes)
    found = await setup(shop, "autumn")
    assert (found.slug, found.currency, found.venue) == ("autumn", "EUR", "The Old Hall")
    assert found.ticket_types[0].id == kind.public_id
    assert shop.topics[-1] in (topics.events(shop.organizer_id), topics.event(event.id))
    *_, entry = await shop.rows(AuditEntry, kind="event_changed", subject=event.public_id)
    assert entry.data == {"changed": ["title", "venue"]}


async def test_an_event_is_not_given_an_address_that_another_has(shop: Shop) -> None:
    await shop.event("taken")
    event = await shop.event()
    with pytest.raises(BadInput) as caught:
        await do(shop, events.change_event, event, **said(event, slug="taken"))
    assert caught.value.field == "slug"


async def test_the_capacity_never_goes_below_what_is_sold_and_held(shop: Shop) -> None:
    event = await shop.event()
    kind = await shop.ticket_type(event)
    await shop.open(event)
    await shop.store.run(lambda tx: events.take_sold(tx, counts={kind.id: 4}))
    await shop.store.run(lambda tx: events.hold(tx, wanted={kind.id: 2}))
    change = {"ticket_type": kind.public_id}
    with pytest.raises(BadInput, match="4 are sold and 2 are held by orders being paid") as caught:
        await do(shop, events.change_ticket_type, event, **change, **type_said(capacity=5))
    assert caught.value.field == "capacity"
    await do(shop, events.change_ticket_type, event, **change, **type_said(capacity=6))
    (row,) = await shop.rows(TicketType)
    assert (row.capacity, row.sold, row.held) == (6, 4, 2)
    with pytest.raises(DomainError, match="sold out"):
        await shop.store.run(lambda tx: events.hold(tx, wanted={kind.id: 1}))


async def test_a_new_price_is_for_new_orders(shop: Shop) -> None:
    event = await shop.event()
    kind = await shop.ticket_type(event)
    await shop.open(event)
    await shop.paid(event, {kind.public_id: 1})
    change = {"ticket_type": kind.public_id}
    await do(shop, events.change_ticket_type, event, **change, **type_said(name="Floor", price_minor=5000))
    order = await shop.paid(event, {kind.public_id: 1}, buyer_email="late@example.com")
    assert order.total_minor == 5000
    assert [(line.type_name, line.list_minor) for line in await shop.rows(LineItem)] == [
        ("General admission", 4200), ("Floor", 5000),
    ]  # fmt: skip
    (entry,) = await shop.rows(AuditEntry, kind="ticket_type_changed")
    assert entry.data["before"] == {"name": "General admission", "price_minor": 4200}


async def test_ticket_types_are_put_into_order_and_removed_from_drafts_only(shop: Shop) -> None:
    event = await shop.event()
    kinds = [await shop.ticket_type(event, name) for name in NAMES]
    await do(shop, events.move_ticket_type, event, ticket_type=kinds[2].public_id, earlier=True)
    await do(shop, events.move_ticket_type, event, ticket_type=kinds[0].public_id, earlier=True)
    assert [t.name for t in (await setup(shop)).ticket_types] == ["General admission", "Supper", "Balcony"]
    await do(shop, events.remove_ticket_type, event, ticket_type=kinds[0].public_id)
    late = await shop.ticket_type(event, "Late")
    assert [t.name for t in (await setup(shop)).ticket_types] == ["Supper", "Balcony", "Late"]
    await shop.open(event)
    with pytest.raises(DomainError) as caught:
        await do(shop, events.remove_ticket_type, event, ticket_type=late.public_id)
    assert caught.value.code == "event_not_draft"


async def test_a_cancelled_event_sells_nothing_more_and_is_not_changed(shop: Shop) -> None:
    event = await shop.event()
    kind = await shop.ticket_type(event)
    await shop.open(event)
    order = await shop.paid(event, {kind.public_id: 1})
    await do(shop, events.cancel_event, event)
    with pytest.raises(DomainError):
        await shop.buy(event, {kind.public_id: 1})
    assert (await shop.order(order)).status == "paid"
    found = await setup(shop)
    assert (found.status, found.ticket_types[0].sale) == (EventStatus.CANCELLED, "cancelled")
    for verb, fields in (
        (events.change_event, said(event)),
        (events.change_ticket_type, type_said(ticket_type=kind.public_id)),
        (events.move_ticket_type, {"ticket_type": kind.public_id, "earlier": True}),
    ):
        with pytest.raises(DomainError) as caught:
            await do(shop, verb, event, **fields)
        assert caught.value.code == "event_closed"
    with pytest.raises(InvalidTransition):
        await do(shop, events.cancel_event, event)


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
async def test_only_owners_and_managers_set_events_up(shop: Shop, role: Role) -> None:
    event = await shop.event()
    kind = await shop.ticket_type(event)
    who = manager(shop, role)
    calls: list[tuple[Any, dict[str, Any]]] = [
        (events.change_event, said(event)),
        (events.create_ticket_type, type_said()),
        (events.change_ticket_type, type_said(ticket_type=kind.public_id)),
        (events.move_ticket_type, {"ticket_type": kind.public_id, "earlier": True}),
        (events.remove_ticket_type, {"ticket_type": kind.public_id}),
        (events.publish, {"charges_enabled": True}),
        (events.cancel_event, {}),
    ]
    for verb, fields in calls:
        with pytest.raises(Forbidden):
            await do(shop, verb, event, actor=who, **fields)


async def test_another_events_ticket_type_is_not_found(shop: Shop) -> None:
    event, other = await shop.event(), await shop.event("other")
    kind = await shop.ticket_type(other)
    with pytest.raises(NotFound):
        await do(shop, events.change_ticket_type, event, **type_said(ticket_type=kind.public_id))


async def test_the_list_counts_what_is_sold_in_one_statement(shop: Shop) -> None:
    event = await shop.event()
    kinds = [await shop.ticket_type(event, name) for name in NAMES]
    await shop.event("bare", starts_at=shop.now + timedelta(days=1), ends_at=shop.now + timedelta(days=2))
    await shop.open(event)
    await shop.store.run(lambda tx: events.take_sold(tx, counts={kinds[0].id: 3, kinds[1].id: 1}))
    await shop.store.run(lambda tx: events.hold(tx, wanted={kinds[2].id: 2}))
    async with shop.store.read() as session:
        lines = await event_lines(session, shop.organizer_id, now=shop.now)
        assert [(line.slug, line.sold, line.held, line.capacity) for line in lines] == [
            ("bare", 0, 0, 0), ("harbour", 4, 2, 30),
        ]  # fmt: skip
        later = shop.now + timedelta(days=5)
        assert [line.slug for line in await event_lines(session, shop.organizer_id, now=later)] == ["harbour"]
        (past,) = await event_lines(session, shop.organizer_id, now=later, past=True)
        assert (past.slug, past.over) == ("bare", True)
        assert await event_lines(session, shop.organizer_id + 1, now=shop.now) == []


async def test_a_sale_opens_and_closes_on_the_events_clocks_across_a_change_of_them(shop: Shop) -> None:
    zone = "Europe/Berlin"
    year = shop.now.year + 1
    # The last Sunday of October in that year: clocks go back from 03:00 to 02:00.
    sunday = max(
        day
        for day in range(25, 32)
        if read_local(f"{year}-10-{day}T12:00", zone, field="x").at.weekday() == 6
    )
    night = f"{year}-10-{sunday}"
    opens = read_local(f"{night}T02:30", zone, field="sales_start")
    closes = read_local(f"{night}T03:30", zone, field="sales_end")
    assert opens.remark != ""
    assert closes.remark == ""
    assert closes.at - opens.at == timedelta(hours=2)
    event = await shop.event(
        zone=zone, starts_at=closes.at + timedelta(days=3), ends_at=closes.at + timedelta(days=3, hours=2)
    )
    await shop.ticket_type(event, sales_start=opens.at, sales_end=closes.at)
    await shop.open(event)
    seen = []
    for after in (-1, 0, 60, 119, 120):
        async with shop.store.read() as session:
            found = await event_setup(
                session, shop.organizer_id, "harbour", now=opens.at + timedelta(minutes=after)
            )
        assert found is not None
        seen.append(found.ticket_types[0].sale)
    assert seen == ["not_yet", "on_sale", "on_sale", "on_sale", "closed"]
