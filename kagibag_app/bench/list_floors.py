"""The list of orders by hand: page, counts, search, neighbours."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kagibag_app.bench.floors import Rows, Statement
from kagibag_app.features.orders.rules import (
    CANDIDATES,
    COUNT_CAP,
    PAGE_SIZE,
    StatusFilter,
    condition_of,
    grams_match,
)

_SHOWN = """
SELECT o.public_id, o.number, o.buyer_name, o.buyer_email, e.title, o.status, o.refund_state, o.dispute_state, o.currency,
       o.total_minor, o.refunded_minor, o.source,
       (SELECT p.code FROM applied_promotions p WHERE p.order_id = o.id LIMIT 1),
       (SELECT count(*) FROM line_items l WHERE l.order_id = o.id), o.placed_at
  FROM orders o JOIN events e ON e.id = o.event_id
 WHERE {where}
 ORDER BY {order}
 LIMIT {limit}"""
_GROUPS = """
SELECT o.status, o.refund_state, o.dispute_state, count(*) FROM orders o WHERE {where} GROUP BY 1, 2, 3"""

_EVENT = "o.event_id = (SELECT id FROM events WHERE public_id = :event AND organizer_id = :organizer)"
_PROMOTION = (
    "o.promotion_id = (SELECT id FROM promotions WHERE public_id = :promotion AND organizer_id = :organizer)"
)
_ANCHOR = "(SELECT placed_at, id FROM orders WHERE public_id = :anchor)"
ORDERS = {
    "newest": "o.placed_at DESC, o.id DESC",
    "oldest": "o.placed_at, o.id",
    "highest": "o.currency DESC, o.total_minor DESC, o.id DESC",
    "lowest": "o.currency, o.total_minor, o.id",
}
_EVERY_STATUS = tuple(StatusFilter)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter of the list as a floor knows it.

    Attributes:
        values: Of ``event``, ``promotion``, ``placed_from``, ``placed_until``, ``source``, as the driver takes them.
        sort: An ``OrderSort`` value.
        anchor: The page follows the order of this public id.
        counts: Whether the counts are asked for too.
    """

    organizer_id: int
    status: StatusFilter = StatusFilter.ALL
    values: Mapping[str, Any] = field(default_factory=dict)
    sort: str = "newest"
    anchor: str = ""
    counts: bool = True

    def where(self, *, status: bool = True) -> str:
        """Return the conditions."""
        return " AND ".join([*self._conditions(), *([_status(self.status)] if status else [])])

    def _conditions(self) -> list[str]:
        known = {
            "event": _EVENT,
            "promotion": _PROMOTION,
            "placed_from": "o.placed_at >= :placed_from",
            "placed_until": "o.placed_at < :placed_until",
            "source": "o.source = :source",
        }
        return ["o.organizer_id = :organizer", *(text for name, text in known.items() if name in self.values)]

    @property
    def order(self) -> str:
        """How they are sorted."""
        return ORDERS[self.sort]

    @property
    def parameters(self) -> dict[str, Any]:
        """Everything a statement may name."""
        return {"organizer": self.organizer_id, "anchor": self.anchor, **self.values}


def _status(choice: StatusFilter) -> str:
    condition = condition_of(choice)
    if condition is None:
        return "1 = 1"
    name, value = condition
    told = f"o.{name} = '{value}'"
    return told if name == "status" else f"{told} AND o.{name} <> 'none'"


def page_floor(
    wanted: Wanted, *, in_one_pass: bool = False
) -> Generator[Statement, Rows, tuple[Rows, dict[str, int]]]:
    """A page of the list and, if wanted, the count of every status.

    Args:
        in_one_pass: Count by reading all that the filter finds once, instead of each status up to the cap. Which of
            the two is quicker depends on the filter: a floor takes the quicker one.
    """
    where = wanted.where()
    if wanted.anchor:
        where += f" AND (o.placed_at, o.id) < {_ANCHOR}"
    rows = yield _shown(wanted, where, wanted.parameters)
    if not wanted.counts:
        return rows, {}
    if in_one_pass:
        groups = yield (
            _GROUPS.format(where=wanted.where(status=False)),
            wanted.parameters,
        )
        return rows, _counted(groups)
    some = f"SELECT 1 FROM orders o WHERE {wanted.where(status=False)}"  # noqa: S608 - our own words
    each = (
        f"SELECT '{choice}', count(*) FROM ({some} AND {_status(choice)} LIMIT {COUNT_CAP + 1}) t"  # noqa: S608
        for choice in _EVERY_STATUS
    )
    counted = yield " UNION ALL ".join(each), wanted.parameters
    return rows, {name: min(count, COUNT_CAP) for name, count in counted}


def search_floor(
    wanted: Wanted, found: Statement, *, sqlite: bool
) -> Generator[Statement, Rows, tuple[Rows, dict[str, int]]]:
    """A page of what a search finds.

    Args:
        found: The statement that finds the orders' keys, the newest first.
    """
    keys = list(dict.fromkeys(row[0] for row in (yield found)))[:CANDIDATES]
    among = "o.id IN (SELECT value FROM json_each(:ids))" if sqlite else "o.id = ANY(:ids)"
    values = wanted.parameters | {"ids": json.dumps(keys) if sqlite else keys}
    rows = yield _shown(wanted, f"{wanted.where()} AND {among}", values)
    if not wanted.counts:
        return rows, {}
    where = f"{wanted.where(status=False)} AND {among}"
    groups = yield _GROUPS.format(where=where), values
    return rows, _counted(groups)


def _counted(groups: Rows) -> dict[str, int]:
    return {choice.value: min(_held(choice, groups), COUNT_CAP) for choice in _EVERY_STATUS}


def _held(choice: StatusFilter, groups: Rows) -> int:
    condition = condition_of(choice)
    place = None if condition is None else ("status", "refund_state", "dispute_state").index(condition[0])
    return sum(row[3] for row in groups if condition is None or place is None or row[place] == condition[1])


def _shown(wanted: Wanted, where: str, values: dict[str, Any]) -> Statement:
    text = _SHOWN.format(where=where, order=wanted.order, limit=PAGE_SIZE + 1)
    return text, values


def neighbours_floor(wanted: Wanted) -> Generator[Statement, Rows, tuple[str, str]]:
    """The orders beside one, in the order of the list."""
    where = wanted.where()
    text = f"""
    SELECT (SELECT o.number FROM orders o WHERE {where} AND (o.placed_at, o.id) > {_ANCHOR}
             ORDER BY o.placed_at, o.id LIMIT 1),
           (SELECT o.number FROM orders o WHERE {where} AND (o.placed_at, o.id) < {_ANCHOR}
             ORDER BY o.placed_at DESC, o.id DESC LIMIT 1)"""  # noqa: S608
    ((before, after),) = yield text, wanted.parameters
    return before or "", after or ""


def whole_value(organizer_id: int, kind: str, value: str) -> Statement:
    """Find orders by a value that is exactly this."""
    text = """
    SELECT order_id FROM order_search
     WHERE organizer_id = :organizer AND kind = :kind AND value = :value ORDER BY order_id DESC LIMIT 2001"""
    return text, {"organizer": organizer_id, "kind": kind, "value": value}


def by_trigrams(organizer_id: int, word: str) -> Statement:
    """Find orders by a part of the buyer's name or address, on SQLite: what the index proposes, compared to the letter."""
    text = """
    SELECT DISTINCT g.rowid / 2 FROM order_search_grams g
     WHERE g.order_search_grams MATCH :match
       AND EXISTS (SELECT 1 FROM order_search s WHERE s.order_id = g.rowid / 2
                      AND s.kind = CASE g.rowid % 2 WHEN 1 THEN 'name' ELSE 'email' END
                      AND s.organizer_id = :organizer AND instr(s.value, :word) > 0)
     ORDER BY g.rowid DESC LIMIT 4002"""
    match = grams_match(organizer_id, [word])
    return text, {"organizer": organizer_id, "word": word, "match": match}


def along_the_newest(organizer_id: int, word: str, *, sqlite: bool) -> Statement:
    """Find orders by such a part, looking at the newest first until there are enough; PostgreSQL plans as it likes."""
    part = "instr(value, :word) > 0" if sqlite else "value LIKE :word"
    text = f"""
    SELECT order_id FROM order_search
     WHERE organizer_id = :organizer AND kind IN ('email', 'name') AND {part}
     ORDER BY order_id DESC LIMIT 4002"""  # noqa: S608 - one of two texts
    return text, {"organizer": organizer_id, "word": word if sqlite else f"%{word}%"}


def beginning(organizer_id: int, kind: str, value: str) -> Statement:
    """Find orders by how a value begins."""
    text = """
    SELECT DISTINCT order_id FROM order_search
     WHERE organizer_id = :organizer AND kind = :kind AND value >= :value AND value < :beyond
     ORDER BY order_id DESC LIMIT 2001"""
    return text, {"organizer": organizer_id, "kind": kind, "value": value, "beyond": value + "\U0010ffff"}
