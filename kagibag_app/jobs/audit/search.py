"""Invariant of the search: orders are found by what they hold, and by nothing else."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from kagibag_app.features.disputes.tables import Dispute
from kagibag_app.features.orders.rules import SearchKind, code_value, order_values, stripe_value
from kagibag_app.features.orders.tables import Order, OrderSearch, Ticket
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.jobs.audit.findings import Finding, finding
from kagibag_app.storage.columns import table_of

# Orders that are compared at once: memory stays the same however many there are.
BATCH = 2_000

Values = set[tuple[int, str, str]]
"""Organizer, kind and value."""

_STRIPE: tuple[tuple[type[SQLModel], str, SearchKind], ...] = (
    (Payment, "payment_intent_id", SearchKind.INTENT),
    (Payment, "charge_id", SearchKind.CHARGE),
    (Refund, "stripe_refund_id", SearchKind.REFUND),
    (Dispute, "stripe_id", SearchKind.DISPUTE),
)


async def search(session: AsyncSession) -> Finding:
    """13: an order is found by its number, buyer, tickets and Stripe ids, and by no others but older charges."""
    wrong: list[str] = []
    orders, last = table_of(Order), 0
    while True:
        rows = (
            await session.execute(
                sa.select(
                    orders.c.id,
                    orders.c.organizer_id,
                    orders.c.number,
                    orders.c.buyer_email,
                    orders.c.buyer_name,
                )
                .where(orders.c.id > last)
                .order_by(orders.c.id)
                .limit(BATCH)
            )
        ).all()
        if not rows:
            break
        first, last = rows[0].id, rows[-1].id
        held = await _held(session, first, last)
        for row in rows:
            said = order_values(number=row.number, email=row.buyer_email, name=row.buyer_name)
            held[row.id] |= {(row.organizer_id, kind, value) for kind, value in said}
        stored = await _stored(session, first, last)
        wrong += [row.number for row in rows if not _agree(held[row.id], stored[row.id])]
    return finding(13, "orders are found by what they hold", wrong)


def _agree(held: Values, stored: Values) -> bool:
    # A payment knows its newest charge alone; the declined ones before it lead to the order, too.
    return held <= stored and all(kind == SearchKind.CHARGE for _, kind, _ in stored - held)


async def _held(session: AsyncSession, first: int, last: int) -> defaultdict[int, Values]:
    held: defaultdict[int, Values] = defaultdict(set)
    for table, column, kind in (*_STRIPE, (Ticket, "code", SearchKind.TICKET)):
        source = table_of(table)
        rows = await session.execute(
            sa.select(source.c.order_id, source.c.organizer_id, source.c[column]).where(
                source.c.order_id.between(first, last)
            )
        )
        for order_id, organizer_id, text in rows:
            if text:
                value = code_value(text) if kind is SearchKind.TICKET else stripe_value(text)
                held[order_id].add((organizer_id, kind, value))
    return held


async def _stored(session: AsyncSession, first: int, last: int) -> defaultdict[int, Values]:
    stored: defaultdict[int, Values] = defaultdict(set)
    found = table_of(OrderSearch)
    rows = await session.execute(
        sa.select(found.c.order_id, found.c.organizer_id, found.c.kind, found.c.value).where(
            found.c.order_id.between(first, last)
        )
    )
    for order_id, *value in rows:
        stored[order_id].add((value[0], value[1], value[2]))
    return stored
