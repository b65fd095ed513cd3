"""An organizer with an event on sale, and browsers of the people who buy: what tests of their screens start from."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.checkout.views import PlacedOrder
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders import service as order_service
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.tables import Payment
from kagibag_app.kit.actor import STRIPE
from kagibag_app.runtime import Runtime
from kagibag_app.storage.outbox import OutboxRow
from kagibag_app.storage.secrets import LinkPurpose
from kagibag_app.storage.transaction import Transaction
from kagibag_app.web import limits
from tests.services.shop import Shop
from tests.web.harness import Browser, Tab, browser, organizer, small_runtime

POLICY = {"tiers": [{"days_before": 14, "percent": 100}, {"days_before": 7, "percent": 50}], "fee_minor": 200}


@dataclass
class Desk:
    """One installation with one event.

    Attributes:
        floor: General admission, $42.00. ``balcony``: $58.00, three seats. ``guest``: free.
    """

    runtime: Runtime
    browser: Browser
    shop: Shop
    event: Event
    floor: TicketType
    balcony: TicketType
    guest: TicketType

    def tab(self, path: str, token: str, **query: str) -> Tab:
        """Open ``/order/<token>`` and the like in a new tab."""
        name = "slug" if path == "/e/" else "token"
        return self.browser.tab(path + token, query={name: token, **query})

    async def placed(self, **quantities: int) -> PlacedOrder:
        """Place an order by the names of the ticket types: ``floor=2``."""
        wanted = {getattr(self, name).public_id: count for name, count in quantities.items()}
        return await self.shop.buy(self.event, wanted, platform_account="acct_platform")

    async def paid(self, **quantities: int) -> PlacedOrder:
        """Place an order and have it paid with a card."""
        placed = await self.placed(**quantities)
        await self.runtime.store.run(lambda tx: _pay(tx, placed))
        return placed

    def link(self, placed: PlacedOrder, *, version: int | None = None) -> str:
        """Return the token that opens an order."""
        return self.runtime.links.token(LinkPurpose.ORDER, placed.id, version or placed.link_version)

    async def payment(self, placed: PlacedOrder) -> Payment:
        """Return an order's payment as it is now."""
        order = await self.shop.order(placed)
        return (await self.shop.rows(Payment, order_id=order.id))[-1]

    async def orders(self) -> list[Order]:
        """Return every order."""
        return await self.shop.rows(Order)

    async def jobs(self, kind: str) -> list[OutboxRow]:
        """Return what was asked of the workers."""
        return await self.shop.rows(OutboxRow, kind=kind)


@contextlib.asynccontextmanager
async def open_desk(folder: Path, **settings: Any) -> AsyncIterator[Desk]:
    """Open it on a fresh database, or on ``database_url``; limits begin anew."""
    limits.count_in("")
    async with small_runtime(folder, **settings) as runtime, browser() as opened:
        shop = Shop(runtime.store, runtime.clock, await organizer(runtime))
        event = await shop.event(refund_policy=POLICY, **_times(shop))
        floor = await shop.ticket_type(event, "General admission", 4200, 100)
        balcony = await shop.ticket_type(event, "Balcony seat", 5800, 3)
        guest = await shop.ticket_type(event, "Guest", 0, 5)
        await shop.open(event)
        yield Desk(runtime, opened, shop, event, floor, balcony, guest)


def _times(shop: Shop) -> dict[str, Any]:
    starts = shop.now + timedelta(days=40)
    return {
        "starts_at": starts,
        "ends_at": starts + timedelta(hours=4),
        "doors_at": starts - timedelta(hours=1),
    }


async def _pay(tx: Transaction, placed: PlacedOrder) -> None:
    order = await orders.order_by_public_id(tx.session, placed.id)
    assert order is not None
    payment = await tx.session.scalar(sa.select(Payment).where(col(Payment.order_id) == order.id))
    assert payment is not None
    payment.status, payment.is_open = "captured", False
    payment.captured_minor, payment.captured_at = payment.amount_minor, tx.now
    payment.card_brand, payment.card_last4 = "visa", "4242"
    await order_service.complete(tx, STRIPE, order_id=order.id, method="Visa •••• 4242")
