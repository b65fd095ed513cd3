"""What a member can do about a refund that came to nothing, or one made at Stripe: read when the dialog opens."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.orders import queries as order_queries
from kagibag_app.features.refunds.queries import facts
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.refunds.views import AllocationChoice, AllocationLine, RevivableTicket


async def allocation_choice(
    session: AsyncSession, organizer_id: int, refund_id: str
) -> AllocationChoice | None:
    """Return the lines that a refund of the organizer's may have been about; nothing unless it waits to be allocated."""
    refund = await session.scalar(
        sa.select(Refund).where(
            col(Refund.organizer_id) == organizer_id,
            col(Refund.public_id) == refund_id,
            col(Refund.needs_allocation),
        )
    )
    if refund is None:
        return None
    own = await facts.allocations_of(session, refund.id or 0)
    lines = [
        AllocationLine(
            t.line.public_id, t.line.type_name, t.ticket.code, t.refundable_minor + own.get(t.line.id, 0)
        )
        for t in await facts.ticket_lines(session, refund.order_id)
    ]
    return AllocationChoice(
        refund.public_id, refund.amount_minor, refund.currency, [line for line in lines if line.most_minor]
    )


async def revivable(session: AsyncSession, organizer_id: int, order: str) -> list[RevivableTicket]:
    """Return the void tickets of an order that can be made valid again.

    Raises:
        NotFound: The organizer has no such order.
    """
    known = await order_queries.organizer_order(session, organizer_id, order)
    return [
        RevivableTicket(found.ticket.public_id, found.ticket.code, found.line.type_name)
        for found in await facts.revivable_lines(session, known)
    ]
