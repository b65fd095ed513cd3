"""The list's rows, ready to show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from kagibag_app import l10n
from kagibag_app.features.orders.rules import DisputeState, OrderStatus, RefundState
from kagibag_app.features.orders.views import OrderRow
from kagibag_app.web.admin.orders.filters import PATH, Wanted
from kagibag_app.web.admin.times import short_time
from kagibag_app.web.components.badge import Look
from kagibag_app.web.components.statuses import DISPUTE_STATE, ORDER, REFUND_STATE


@dataclass(frozen=True, slots=True)
class Mark:
    """A badge of a row, ready to show."""

    label: str
    tone: str
    glyph: str


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order in the list.

    Attributes:
        href: Its page, from which one comes to the next of the same list.
        marks: Its status, its dispute, its refunds. That it was completed is not said beside the others.
        fresh: It came while the list was open.
        slot: The row of the page's table that shows it: another list is written into the same rows, which costs less
            than to draw new ones, and what comes into an open list gets a row of its own.
    """

    id: str
    number: str
    href: str
    buyer: str
    email: str
    event: str
    marks: tuple[Mark, ...]
    total: str
    source: str
    code: str
    placed: str
    placed_iso: str
    placed_exact: str
    fresh: bool = False
    slot: int = 0


def lines(rows: Iterable[OrderRow], wanted: Wanted, zone: str, now: datetime) -> list[OrderLine]:
    """Return rows of the list that was asked for, with their times in the organizer's zone."""
    way = wanted.way()
    return [_line(row, slot, way, zone, now) for slot, row in enumerate(rows)]


def _line(row: OrderRow, slot: int, way: str, zone: str, now: datetime) -> OrderLine:
    placed = datetime.fromisoformat(row.placed_at)
    return OrderLine(
        id=row.id,
        number=row.number,
        href=f"{PATH}/{row.number}{way}",
        buyer=row.buyer_name,
        email=row.buyer_email,
        event=row.event_title,
        marks=_marks(row.status, row.dispute_state, row.refund_state),
        total=l10n.money(row.total_minor, row.currency),
        source=row.source,
        code=row.discount_code,
        placed=short_time(placed, zone, now=now),
        placed_iso=row.placed_at,
        placed_exact=l10n.moment(placed, zone),
        slot=slot,
    )


@lru_cache(maxsize=256)
def _marks(status: str, dispute_state: str, refund_state: str) -> tuple[Mark, ...]:
    beside = []
    if dispute_state != DisputeState.NONE:
        beside.append(_mark(dispute_state, DISPUTE_STATE))
    if refund_state != RefundState.NONE:
        beside.append(_mark(refund_state, REFUND_STATE))
    if status != OrderStatus.PAID or not beside:
        beside.insert(0, _mark(status, ORDER))
    return tuple(beside)


def _mark(word: str, looks: Mapping[str, Look]) -> Mark:
    look = looks.get(word, Look(word, "neutral", ""))
    return Mark(look.label, look.tone, look.icon)
