"""Rows, for services, jobs and those who check an access link."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.orders.tables import AppliedPromotion, LineItem, Order, Ticket
from kagibag_app.kit.errors import NotFound

# Nobody's address holds more orders than one mail can list.
LINKS_PER_MAIL = 50


async def order_by_public_id(session: AsyncSession, public_id: object) -> Order | None:
    """Return the order that an access link names. The link's tag must still be checked."""
    if not isinstance(public_id, str):
        return None
    return await session.scalar(sa.select(Order).where(col(Order.public_id) == public_id))


async def order_by_request_key(session: AsyncSession, request_key: str) -> Order | None:
    """Return the order that a checkout with this digest placed before."""
    return await session.scalar(sa.select(Order).where(col(Order.request_key) == request_key))


async def ticket_order(session: AsyncSession, ticket_public_id: object) -> Order | None:
    """Return the order of a ticket, whose link version the ticket's link is checked against."""
    if not isinstance(ticket_public_id, str):
        return None
    return await session.scalar(
        sa.select(Order)
        .join(Ticket, col(Ticket.order_id) == col(Order.id))
        .where(col(Ticket.public_id) == ticket_public_id)
    )


async def organizer_order(session: AsyncSession, organizer_id: int, reference: object) -> Order:
    """Return an order of the organizer by its public id or its number as written.

    Raises:
        NotFound: There is none, or it is another organizer's.
    """
    found = None
    if isinstance(reference, str):
        found = await session.scalar(
            sa.select(Order).where(
                col(Order.organizer_id) == organizer_id,
                sa.or_(col(Order.public_id) == reference, col(Order.number) == reference),
            )
        )
    if found is None:
        raise NotFound("order")
    return found


async def system_order(session: AsyncSession, order_id: int) -> Order | None:
    """Return an order by its key, of any organizer."""
    return await session.get(Order, order_id)


async def system_orders_of_email(session: AsyncSession, email_key: str) -> list[Order]:
    """Return the newest orders of an address at all organizers, those that came to nothing left out."""
    rows = await session.scalars(
        sa.select(Order)
        .where(
            col(Order.email_key) == email_key,
            col(Order.status) != OrderStatus.EXPIRED,
            sa.or_(col(Order.status) != OrderStatus.CANCELLED, col(Order.paid_at).is_not(None)),
        )
        .order_by(col(Order.placed_at).desc(), col(Order.id).desc())
        .limit(LINKS_PER_MAIL)
    )
    return list(rows)


async def lines_of(session: AsyncSession, order_id: int) -> list[LineItem]:
    """Return an order's lines in their order."""
    rows = await session.scalars(
        sa.select(LineItem).where(col(LineItem.order_id) == order_id).order_by(col(LineItem.position))
    )
    return list(rows)


async def tickets_of(session: AsyncSession, order_id: int) -> list[Ticket]:
    """Return an order's tickets in the order of its lines."""
    rows = await session.scalars(
        sa.select(Ticket)
        .join(LineItem, col(LineItem.id) == col(Ticket.line_item_id))
        .where(col(Ticket.order_id) == order_id)
        .order_by(col(LineItem.position))
    )
    return list(rows)


async def applied_of(session: AsyncSession, order_id: int) -> AppliedPromotion | None:
    """Return the promotion that was applied to an order, as it was then."""
    return await session.scalar(
        sa.select(AppliedPromotion)
        .where(col(AppliedPromotion.order_id) == order_id)
        .order_by(col(AppliedPromotion.id))
        .limit(1)
    )
