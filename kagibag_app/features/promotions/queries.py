"""Reads of promotions."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.promotions.rules import PromotionFacts, PromotionKind, UseState, normalise_code
from kagibag_app.features.promotions.tables import Promotion, PromotionUse


async def promotion_by_code(session: AsyncSession, organizer_id: int, code: object) -> Promotion | None:
    """Return the organizer's promotion of a typed code."""
    normal = normalise_code(code)
    if not normal:
        return None
    return await session.scalar(
        sa.select(Promotion).where(col(Promotion.organizer_id) == organizer_id, col(Promotion.code) == normal)
    )


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
