"""Finds the orders that a search means.

One statement, in SQL of its own for each database: it is the quickest way through two kinds of index, and its text is
made once for each shape of a search (how many values, beginnings and words there are).
"""

# ruff: noqa: S608 - texts are put together of our own words; whatever anybody typed is a parameter

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.orders.rules import (
    CANDIDATES,
    Looked,
    SearchKind,
    grams_match,
    looked_for,
    search_text,
)

_ABOVE = "\U0010ffff"
_MINE = "organizer_id = :organizer"


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        ids: Keys of orders, the newest first; ``None``: nothing was searched for.
        refine: There are more than ``CANDIDATES``.
    """

    ids: tuple[int, ...] | None = None
    refine: bool = False


class _Shape(NamedTuple):
    sqlite: bool
    whole: int
    beginnings: int
    words: int
    within: tuple[SearchKind, ...]


async def find(session: AsyncSession, organizer_id: int, search: str, *, show_emails: bool) -> Found:
    """Return the organizer's orders that a search means, by one statement.

    Raises:
        BadInput: The search is longer than any number or address.
    """
    text = search_text(search)
    if not text:
        return Found()
    looked = looked_for(text, show_emails=show_emails)
    shape = _Shape(
        session.get_bind().dialect.name == "sqlite",
        len(looked.whole),
        len(looked.beginnings),
        len(looked.words),
        looked.within,
    )
    ids = tuple(await session.scalars(_statement(shape), _values(organizer_id, looked)))
    return Found(ids[:CANDIDATES], len(ids) > CANDIDATES)


def _values(organizer_id: int, looked: Looked) -> dict[str, Any]:
    # An order stands among the parts at most twice, by its address and by its name.
    values: dict[str, Any] = {
        "organizer": organizer_id,
        "enough": CANDIDATES + 1,
        "twice": 2 * (CANDIDATES + 1),
    }
    for index, (kind, value) in enumerate(looked.whole):
        values |= {f"whole_kind_{index}": kind, f"whole_{index}": value}
    for index, (kind, value) in enumerate(looked.beginnings):
        values |= {f"kind_{index}": kind, f"from_{index}": value, f"below_{index}": value + _ABOVE}
    if looked.words:
        values["grams"] = grams_match(organizer_id, looked.words)
    for index, word in enumerate(looked.words):
        values |= {f"word_{index}": word, f"like_{index}": f"%{_escaped(word)}%"}
    return values


@lru_cache(maxsize=256)
def _statement(shape: _Shape) -> sa.TextClause:
    """Return the newest orders that are meant, one more than a search may find.

    What is looked for whole decides alone. Only where it is not there, beginnings and parts are looked for.
    """
    found = []
    if shape.whole:
        found.append("SELECT order_id FROM decided")
    found += [_beginning(shape, index) for index in range(shape.beginnings)]
    if shape.words:
        found.append(_by_grams(shape) if shape.sqlite else _by_index(shape))
    if not found:
        found.append("SELECT 0 AS order_id WHERE 1 = 0")
    whole = " UNION ALL ".join(
        f"SELECT * FROM (SELECT order_id FROM order_search WHERE {_MINE} AND kind = :whole_kind_{index}"
        f" AND value = :whole_{index} ORDER BY order_id DESC LIMIT :enough) AS whole_{index}"
        for index in range(shape.whole)
    )
    decided = f"WITH decided AS MATERIALIZED ({whole}) " if whole else ""
    return sa.text(
        f"{decided}SELECT DISTINCT order_id FROM ({' UNION ALL '.join(found)}) AS found"
        " ORDER BY order_id DESC LIMIT :enough"
    ).bindparams(*_parameters(shape))


def _parameters(shape: _Shape) -> list[sa.BindParameter[Any]]:
    """Return the types of what the text names, so that nothing is left to a driver's guess."""
    numbers = ["organizer", "enough", *(["twice"] if shape.words else [])]
    texts = [f"{name}_{index}" for index in range(shape.whole) for name in ("whole_kind", "whole")]
    texts += [f"{name}_{index}" for index in range(shape.beginnings) for name in ("kind", "from", "below")]
    texts += [f"{'word' if shape.sqlite else 'like'}_{index}" for index in range(shape.words)]
    texts += ["grams"] if shape.words and shape.sqlite else []
    return [sa.bindparam(name, type_=sa.Integer) for name in numbers] + [
        sa.bindparam(name, type_=sa.String) for name in texts
    ]


def _beginning(shape: _Shape, index: int) -> str:
    """Along the values, not the newest first: what begins with two letters may be a tenth of all orders."""
    where = f"{_MINE} AND kind = :kind_{index} AND value >= :from_{index} AND value < :below_{index}"
    return f"SELECT * FROM ({_unless_decided(shape, where, by='value, order_id', limit='enough')}) AS begins_{index}"


def _unless_decided(shape: _Shape, where: str, *, by: str, limit: str) -> str:
    # SQLite would ask a condition of each row, PostgreSQL can't plan for a limit that it does not know.
    if shape.whole and not shape.sqlite:
        where += " AND NOT EXISTS (SELECT 1 FROM decided)"
    return f"SELECT order_id FROM order_search WHERE {where} ORDER BY {by} LIMIT {_bound(shape, limit)}"


def _bound(shape: _Shape, limit: str) -> str:
    if shape.whole and shape.sqlite:
        return f"CASE WHEN EXISTS (SELECT 1 FROM decided) THEN 0 ELSE :{limit} END"
    return f":{limit}"


def _by_index(shape: _Shape) -> str:
    """On PostgreSQL: the trigram index where the words are rare, the newest orders one by one where they are not."""
    # The first of these conditions is the indexes' own, read only where it stands to the letter.
    where = f"{_MINE} AND kind IN ('email', 'name')"
    where += "" if SearchKind.EMAIL in shape.within else " AND kind = 'name'"
    where += "".join(f" AND value LIKE :like_{index}" for index in range(shape.words))
    return f"SELECT * FROM ({_unless_decided(shape, where, by='order_id DESC', limit='twice')}) AS parts"


def _by_grams(shape: _Shape) -> str:
    """On SQLite: what the index of trigrams proposes, the newest first, each compared to the letter."""
    proposed = "FROM order_search_grams AS g CROSS JOIN order_search AS s ON s.order_id = g.rowid / 2"
    where = "order_search_grams MATCH :grams AND s.organizer_id = :organizer"
    where += " AND s.kind = CASE g.rowid % 2 WHEN 1 THEN 'name' ELSE 'email' END"
    where += "" if SearchKind.EMAIL in shape.within else " AND g.rowid % 2 = 1"
    where += "".join(f" AND instr(s.value, :word_{index}) > 0" for index in range(shape.words))
    found = f"SELECT s.order_id {proposed} WHERE {where} ORDER BY g.rowid DESC LIMIT {_bound(shape, 'twice')}"
    return f"SELECT * FROM ({found}) AS parts"


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
