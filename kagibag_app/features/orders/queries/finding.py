"""Finds the orders that a search means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.orders.rules import CANDIDATES, Looked, grams_match, looked_for, search_text
from kagibag_app.features.orders.tables import BY_PART_ONLY, OrderSearch
from kagibag_app.storage.columns import table_of

Condition = sa.ColumnElement[bool]

_S = table_of(OrderSearch)

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
    grams = session.get_bind().dialect.name == "sqlite"
    ids = tuple(await session.scalars(_statement(organizer_id, looked, grams=grams)))
    return Found(ids[:CANDIDATES], len(ids) > CANDIDATES)


def _statement(organizer_id: int, looked: Looked, *, grams: bool) -> sa.Select[int]:
    """Return the newest orders that are meant, one more than a search may find.

    What is looked for whole decides alone. Only where it is not there, beginnings and parts are looked for.
    """
    mine = _S.c.organizer_id == organizer_id
    found: list[Any] = []
    otherwise: list[Condition] = []
    if looked.whole:
        whole = [sa.and_(_S.c.kind == kind, _S.c.value == value) for kind, value in looked.whole]
        decided = _newest(mine, sa.or_(*whole)).cte("decided")
        found.append(sa.select(decided.c.order_id))
        otherwise.append(~sa.exists(sa.select(sa.literal_column("1")).select_from(decided)))
    if looked.beginnings:
        ranges = [
            sa.and_(_S.c.kind == kind, _S.c.value >= value, _S.c.value < value + _ABOVE)
            for kind, value in looked.beginnings
        ]
        found.append(sa.select(_newest(mine, sa.or_(*ranges), *otherwise).subquery("beginnings")))
    if looked.words:
        parts = _by_grams(organizer_id, looked, otherwise) if grams else _by_index(mine, looked, otherwise)
        found.append(sa.select(parts.subquery("parts")))
    if not found:
        return sa.select(_S.c.order_id).where(sa.false())
    orders = sa.union_all(*found).subquery("found")
    return sa.select(orders.c.order_id).distinct().order_by(orders.c.order_id.desc()).limit(CANDIDATES + 1)


def _newest(*wanted: Condition) -> sa.Select[int]:
    # An order stands here at most twice, by its address and by its name.
    return sa.select(_S.c.order_id).where(*wanted).order_by(_S.c.order_id.desc()).limit(2 * (CANDIDATES + 1))


def _by_index(mine: Condition, looked: Looked, otherwise: Sequence[Condition]) -> sa.Select[int]:
    """On PostgreSQL: the trigram index where the words are rare, the newest orders one by one where they are not."""
    words = [_S.c.value.contains(word, autoescape=True) for word in looked.words]
    # The first of these conditions is the indexes' own, read only where it stands to the letter.
    return _newest(mine, BY_PART_ONLY, _S.c.kind.in_(looked.within), *words, *otherwise)


def _by_grams(organizer_id: int, looked: Looked, otherwise: Sequence[Condition]) -> sa.Select[int]:
    """On SQLite: what the index of trigrams proposes, the newest first, each compared to the letter."""
    grams = sa.table("order_search_grams", sa.column("rowid", sa.Integer))
    key = sa.literal_column("order_search_grams.rowid / 2", sa.Integer)
    kind = sa.literal_column("CASE order_search_grams.rowid % 2 WHEN 1 THEN 'name' ELSE 'email' END")
    asked = sa.bindparam(None, grams_match(organizer_id, looked.words), type_=sa.String)
    return (
        sa.select(key.label("order_id"))
        .select_from(grams)
        .where(
            sa.literal_column("order_search_grams", sa.String).op("MATCH")(asked),
            kind.in_(looked.within),
            sa.exists(
                sa.select(sa.literal_column("1"))
                .select_from(_S)
                .where(
                    _S.c.order_id == key,
                    _S.c.kind == kind,
                    _S.c.organizer_id == organizer_id,
                    *(sa.func.instr(_S.c.value, word) > 0 for word in looked.words),
                )
            ),
            *otherwise,
        )
        .order_by(grams.c.rowid.desc())
        .limit(2 * (CANDIDATES + 1))
    )
