"""Reads of promotions."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.promotions.rules import PromotionFacts, PromotionKind, UseState, normalise_code
from kagibag_app.features.promotions.tables import Promotion, PromotionUse
from kagibag_app.features.promotions.views import PromotionChoice

# More codes than these are typed, not looked for in a menu.
CHOICES = 20


async def promotion_by_code(session: AsyncSession, organizer_id: int, code: object) -> Promotion | None:
    """Return the organizer's promotion of a typed code."""
    normal = normalise_code(code)
    if not normal:
        return None
    return await session.scalar(
        sa.select(Promotion).where(col(Promotion.organizer_id) == organizer_id, col(Promotion.code) == normal)
    )


async def promotion_choices(
    session: AsyncSession, organizer_id: int, *, also: str = ""
) -> list[PromotionChoice]:
    """Return the organizer's newest promotions for a filter, the latest first.

    Args:
        also: Public id of one that is returned too, first, however old it is.
    """
    wanted = sa.select(col(Promotion.public_id), col(Promotion.code)).where(
        col(Promotion.organizer_id) == organizer_id
    )
    rows = list(await session.execute(wanted.order_by(col(Promotion.id).desc()).limit(CHOICES)))
    if also and all(public_id != also for public_id, _ in rows):
        rows = [*await session.execute(wanted.where(col(Promotion.public_id) == also)), *rows]
    return [PromotionChoice(*row) for row in rows]


async def uses_by_email(session: AsyncSession, organizer_id: int, promotion_id: int, email_key: str) -> int:
    """Count the orders of one buyer that hold or used a promotion; 0 without an address."""
    if not email_key:
        return 0
    counted = await session.scalar(
        sa.select(sa.func.count())
        .select_from(PromotionUse)
        .join(Promotion, col(Promotion.id) == col(PromotionUse.promotion_id))
        .where(
            col(Promotion.organizer_id) == organizer_id,
            col(PromotionUse.promotion_id) == promotion_id,
            col(PromotionUse.email_key) == email_key,
            col(PromotionUse.state) != UseState.RELEASED,
        )
    )
    return counted or 0


def facts(promotion: Promotion) -> PromotionFacts:
    """Return what a quote needs to know of a stored promotion."""
    return PromotionFacts(
        kind=PromotionKind(promotion.kind),
        value=promotion.value,
        currency=promotion.currency,
        event_id=promotion.event_id,
        ticket_type_ids=frozenset(promotion.ticket_type_ids),
        starts_at=promotion.starts_at,
        ends_at=promotion.ends_at,
        max_uses=promotion.max_uses,
        max_uses_per_email=promotion.max_uses_per_email,
        active=promotion.active,
    )
