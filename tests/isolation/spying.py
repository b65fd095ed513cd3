"""What belongs to the other organizer, and whether a text tells any of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from tests.isolation import asking
from tests.isolation.asking import Known

_TOKEN = re.compile(r"[\w@.+-]*\w")
# What only an identifier, an address or a code looks like; words and amounts are anybody's.
_TELLING = re.compile(r"(?=.*[\d@_])(?=.*[^\W\d_]).{6,}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_KINDS = ("status", "refund_state", "dispute_state")
TEXT_MAX = 60
FEW = 12
Rows = Mapping[str, list[Mapping[str, Any]]]


@dataclass(frozen=True)
class Findings:
    """What one organizer's rows hold.

    Attributes:
        words: Identifiers, addresses, codes, and names as pairs of words.
        texts: The last short text of each column.
        keys: Internal ids by table, all of them.
        few: Of each table one of each kind.
    """

    words: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)
    keys: dict[str, list[int]] = field(default_factory=dict)
    few: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, table: str, row: Mapping[str, Any]) -> None:
        """Take note of a row."""
        self.words.update(words(repr(row)))
        for column, value in row.items():
            if isinstance(value, str) and 5 < len(value) <= TEXT_MAX:
                self.texts[f"{table}.{column}"] = value
        if isinstance(row.get("id"), int):
            self.keys.setdefault(table, []).append(row["id"])
            kind = " ".join(str(row[name]) for name in _KINDS if name in row)
            self.few.setdefault(table, {}).setdefault(kind, row["id"])


@dataclass(frozen=True)
class Spy:
    """Knows every word that stands in the other's rows and in none of ours.

    Attributes:
        theirs, ours: Values to ask with.
        their_id: The other organizer's.
        their_keys: All internal ids of the other's, by table.
    """

    words: frozenset[str]
    theirs: Known
    ours: Known
    their_id: int
    their_keys: Mapping[str, frozenset[int]]

    def told(self, text: str, *, besides: Iterable[str] = ()) -> list[str]:
        """Return what a text tells of the other.

        Args:
            besides: What was asked with, now or before: a screen may name it.
        """
        given = {word for asked in besides for word in words(asked)}
        return sorted((words(text) & self.words) - given)

    def concerns(self, table: sa.Table, row: Mapping[str, Any]) -> bool:
        """Say whether a row of the database is the other's or points to something of theirs."""
        if row.get("organizer_id") == self.their_id or row.get("id") in self.their_keys.get(table.name, ()):
            return True
        return any(
            row[column.name] in self.their_keys.get(target, ())
            for column in table.columns
            for target in _targets(column)
        )


def changes(spied: Spy, before: Rows, after: Rows) -> list[str]:
    """Return the rows that are the other's, or point to theirs, and were changed, added or removed."""
    found = []
    for table in SQLModel.metadata.sorted_tables:
        old, new = ({repr(row): row for row in rows[table.name]} for rows in (before, after))
        differing = [(old | new)[text] for text in old.keys() ^ new.keys()]
        found += [f"{table.name}: {row}" for row in differing if spied.concerns(table, row)]
    return found


def _targets(column: sa.Column[Any]) -> Sequence[str]:
    """Return the tables that a column points to; where the schema does not say it, its name does."""
    if column.foreign_keys:
        return [key.target_fullname.rpartition(".")[0] for key in column.foreign_keys]
    return asking.tables_of(column.name)[:1] if column.name.endswith("_id") else ()


async def read(session: AsyncSession) -> Rows:
    """Return every row of every table."""
    return {
        table.name: [row._asdict() for row in await session.execute(sa.select(table))]
        for table in SQLModel.metadata.sorted_tables
    }


def words(text: str) -> set[str]:
    """Return what in a text would tell of whom it speaks."""
    tokens = _TOKEN.findall(text)
    pairs = (
        f"{first} {second}" for first, second in pairwise(tokens) if first.istitle() and second.istitle()
    )
    return {token for token in tokens if _TELLING.fullmatch(token) and not _DATE.match(token)} | set(pairs)


async def known(session: AsyncSession, found: Findings, telling: set[str], owner: int) -> Known:
    """Return values of an organizer to ask with.

    Args:
        telling: Only texts with one of these words.
        owner: The user who owns it.
    """
    texts = sorted({text for text in found.texts.values() if words(text) & telling})
    keys = {table: sorted(few.values())[:FEW] for table, few in found.few.items()}
    keys["users"] = [owner, *(key for key in found.keys["users"] if key != owner)]
    rows: dict[type[SQLModel], Sequence[SQLModel]] = {}
    for mapper in SQLModel._sa_registry.mappers:
        table = cast(sa.Table, mapper.local_table)
        if table.name in keys and asking.is_taken(mapper.class_):
            wanted = sa.select(mapper.class_).where(table.c.id.in_(keys[table.name]))
            rows[mapper.class_] = list(await session.scalars(wanted))
    return Known(texts, keys, rows)
