"""Finds the orders that a search means."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.orders.rules import CANDIDATES, Looked, looked_for, search_text
from kagibag_app.features.orders.tables import OrderSearch

_ABOVE = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        ids: Keys of orders, the newest first; ``None``: nothing was searched for.
        refine: There are more than ``CANDIDATES``.
    """

    ids: tuple[int, ...] | None = None
    refine: bool = False


async def find(session: AsyncSession, organizer_id: int, search: str, *, show_emails: bool) -> Found:
    """Return the organizer's orders that a search means, by one statement.

    Raises:
        BadInput: The search is longer than any number or address.
    """
    text = search_text(search)
    if not text:
        return Found()
    looked = looked_for(text, show_emails=show_emails)
    ids = tuple(await session.scalars(_statement(organizer_id, looked)))
    return Found(ids[:CANDIDATES], len(ids) > CANDIDATES)


def _statement(organizer_id: int, looked: Looked) -> sa.Select[int]:
    kind, value = col(OrderSearch.kind), col(OrderSearch.value)
    whole = sa.or_(sa.false(), *(sa.and_(kind == k, value == v) for k, v in looked.whole))
    beginnings = [sa.and_(kind == k, value >= v, value < v + _ABOVE) for k, v in looked.beginnings]
    parts = (
        [sa.and_(kind.in_(looked.within), *(value.contains(word, autoescape=True) for word in looked.words))]
        if looked.words
        else []
    )
    mine = col(OrderSearch.organizer_id) == organizer_id
    decided = sa.exists().where(mine, whole)
    rest = sa.and_(sa.not_(decided), sa.or_(sa.false(), *beginnings, *parts))
    return (
        sa.select(col(OrderSearch.order_id))
        .where(mine, sa.or_(whole, rest))
        .distinct()
        .order_by(col(OrderSearch.order_id).desc())
        .limit(CANDIDATES + 1)
    )
