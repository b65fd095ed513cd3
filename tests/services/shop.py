"""One organizer with an event on sale, on a fresh database of each kind: what tests of selling start from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.checkout import service as checkout
from kagibag_app.features.checkout.views import PlacedOrder
from kagibag_app.features.events import service as events
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import Completion, Seat
from kagibag_app.features.orders.tables import LineItem, Order
from kagibag_app.features.promotions import service as promotions
from kagibag_app.features.promotions.rules import PromotionKind, UseState
from kagibag_app.features.promotions.tables import Promotion, PromotionUse
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.kit.clock import Clock
from kagibag_app.storage.transaction import Store

PLATFORM = "acct_1SandboxPlatform"
POLICY = {"tiers": [{"days_before": 14, "percent": 100}]}


@dataclass
class Shop:
    """A store and one organizer in it.

    Attributes:
        topics: Everything that was published, in order.
    """

    store: Store
    clock: Clock
    organizer_id: int
    topics: list[str] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """The moment of the test's clock."""
        return self.clock.now()

    async def event(self, slug: str = "harbour", **changes: Any) -> Event:
        """Create an event of ten days from now , a draft without ticket types."""
        fields: dict[str, Any] = {
            "title": "Night Harbour Sessions",
            "slug": slug,
            "venue": "The Foundry Hall",
            "address": "88 Valley St, Providence, RI",
            "zone": "America/New_York",
            "currency": "USD",
            "starts_at": self.now + timedelta(days=10),
            "ends_at": self.now + timedelta(days=10, hours=4),
            "refund_policy": POLICY,
            "organizer_id": self.organizer_id,
        }
        return await self.store.run(lambda tx: events.create_event(tx, SYSTEM, **(fields | changes)))

    async def ticket_type(
        self,
        event: Event,
        name: str = "General admission",
        price: int = 4200,
        capacity: int = 10,
        **more: Any,
    ) -> TicketType:
        """Add a ticket type to a draft."""
        return await self.store.run(
            lambda tx: events.create_ticket_type(
                tx, SYSTEM, organizer_id=event.organizer_id, event_id=event.id, name=name, price_minor=price,
                capacity=capacity, **more,
            )
        )  # fmt: skip

    async def open(self, event: Event) -> None:
        """Put an event on sale."""
        await self.store.run(
            lambda tx: events.publish(
                tx, SYSTEM, organizer_id=event.organizer_id, event_id=event.id, charges_enabled=True
            )
        )

    async def code(self, code: str = "HARBOUR15", **changes: Any) -> Promotion:
        """Add a code of 15 percent."""
        fields = {
            "organizer_id": self.organizer_id,
            "code": code,
            "kind": PromotionKind.PERCENT,
            "value": 1500,
        }
        return await self.store.run(lambda tx: promotions.create_promotion(tx, SYSTEM, **(fields | changes)))

    async def buy(self, event: Event, quantities: dict[str, int], **changes: Any) -> PlacedOrder:
        """Place an order."""
        fields: dict[str, Any] = {
            "event_slug": event.slug,
            "quantities": quantities,
            "buyer_name": "Maren Okafor",
            "buyer_email": "maren.okafor@example.com",
            "platform_account": PLATFORM,
        }
        return await self.store.run(lambda tx: checkout.place_order(tx, **(fields | changes)))

    async def paid(self, event: Event, quantities: dict[str, int], **changes: Any) -> Order:
        """Place an order and complete it."""
        order = await self.order(await self.buy(event, quantities, **changes))
        answer = await self.store.run(
            lambda tx: orders.complete(tx, SYSTEM, order_id=order.id, method="Visa •••• 4242")
        )
        assert answer == Completion.COMPLETED
        return await self.order(order)

    async def order(self, placed: PlacedOrder | Order) -> Order:
        """Return an order's row as it is now."""
        public = placed.public_id if isinstance(placed, Order) else placed.id
        async with self.store.read() as session:
            return (await session.scalars(sa.select(Order).where(col(Order.public_id) == public))).one()

    async def rows(self, table: type[Any], **where: Any) -> list[Any]:
        """Return all rows of a table, or those with these values, in the order they were added."""
        async with self.store.read() as session:
            query = sa.select(table).filter_by(**where).order_by(table.id)
            return list(await session.scalars(query))

    async def seats(self, ticket_type: TicketType) -> tuple[int, int]:
        """Return how many seats are held and sold."""
        row = (await self.rows(TicketType, id=ticket_type.id))[0]
        return row.held, row.sold

    async def check_books(self) -> None:
        """Assert what must hold at all times between counters, lines, uses and versions."""
        for row in await self.rows(TicketType):
            lines = await self.rows(LineItem, ticket_type_id=row.id)
            assert row.held == sum(line.seat == Seat.HELD for line in lines)
            assert row.sold == sum(line.seat == Seat.SOLD for line in lines)
            assert row.held + row.sold <= row.capacity
        for promotion in await self.rows(Promotion):
            uses = await self.rows(PromotionUse, promotion_id=promotion.id)
            assert promotion.uses == sum(use.state != UseState.RELEASED for use in uses)
        for order in await self.rows(Order):
            entries = await self.rows(TimelineEntry, order_id=order.id)
            versions = [entry.version for entry in entries if entry.version is not None]
            assert versions == list(range(1, order.version + 1))
            nets = [line.net_minor for line in await self.rows(LineItem, order_id=order.id)]
            assert sum(nets) == order.total_minor == order.subtotal_minor - order.discount_minor
