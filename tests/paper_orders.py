"""Orders as views, without a database: what tests of documents draw."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from kagibag_app.features.orders.views import LineView, OrderEvent, OrderView, TicketPage, TicketView

EVENT = OrderEvent(
    id="evt_harbour",
    title="Night Harbour Sessions",
    slug="night-harbour-sessions",
    starts_at="2026-05-15T23:30:00+00:00",
    ends_at="2026-05-16T03:00:00+00:00",
    doors_at="2026-05-15T22:30:00+00:00",
    zone="America/New_York",
    venue="The Foundry Hall",
    address="88 Valley St, Providence, RI",
    status="published",
    organizer_name="Lantern Row",
)


def order_view(
    prices: Sequence[int] = (4200, 4200, 5800),
    *,
    discounts: Sequence[int] = (),
    void: Collection[int] = (),
    event: dict[str, Any] | None = None,
    **changes: Any,
) -> OrderView:
    """Return a paid order with a ticket for each price (minor units); ``void`` names tickets by position from 1."""
    taken = list(discounts) or [0] * len(prices)
    lines = [
        LineView(f"li_{place}", "General admission", price, less, price - less, f"tk_{place}")
        for place, (price, less) in enumerate(zip(prices, taken, strict=True), start=1)
    ]
    tickets = [
        TicketView(
            id=line.ticket_id,
            code=f"T-4MQ7-ZB2X-{place:04d}",
            status="void" if place in void else "valid",
            type_name=line.name,
            line_id=line.id,
            net_minor=line.net_minor,
            position=place,
            of=len(lines),
            refund_in_progress=False,
            checked_in_at="",
            voided_at="",
            void_reason="refunded" if place in void else "",
        )
        for place, line in enumerate(lines, start=1)
    ]
    order = OrderView(
        id="ord_1",
        number="KB-7F3K-9Q2M",
        status="paid",
        source="stripe",
        refund_state="none",
        dispute_state="none",
        buyer_name="Maren Okafor",
        buyer_email="maren.okafor@example.com",
        currency="USD",
        subtotal_minor=sum(prices),
        discount_minor=sum(taken),
        total_minor=sum(prices) - sum(taken),
        refunded_minor=0,
        discount_code="HARBOUR15" if sum(taken) else "",
        discount_kind="percent" if sum(taken) else "",
        discount_value=1500 if sum(taken) else 0,
        locale="en",
        version=2,
        placed_at="2026-04-03T00:14:00+00:00",
        hold_until="",
        paid_at="2026-04-03T00:16:00+00:00",
        cancelled_at="",
        event=replace(EVENT, **(event or {})),
        lines=lines,
        tickets=tickets,
    )
    return replace(order, **changes)


def ticket_page(order: OrderView, position: int = 1) -> TicketPage:
    """Return one of the order's tickets as its own link shows it."""
    return TicketPage(order.tickets[position - 1], order.event, order.buyer_name, order.number, order.status)
