"""Exports as screens show them, and what is exported in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from kagibag_app import l10n
from kagibag_app.features.orders.rules import OrderFilter, OrderSort, OrderSource, StatusFilter
from kagibag_app.features.reports.rules import ExportFormat, ExportStatus

_F = StatusFilter
STATUS_WORDS: dict[StatusFilter, str] = {
    _F.PAID: "completed",
    _F.PENDING: "pending",
    _F.PROCESSING: "processing",
    _F.PAYMENT_FAILED: "payment failed",
    _F.EXPIRED: "expired",
    _F.CANCELLED: "cancelled",
    _F.PARTIALLY_REFUNDED: "partially refunded",
    _F.REFUNDED: "refunded",
    _F.DISPUTED: "disputed",
    _F.DISPUTE_WON: "dispute won",
    _F.DISPUTE_LOST: "dispute lost",
}
SOURCE_WORDS = {OrderSource.STRIPE: "paid through Stripe", OrderSource.FREE: "free"}
SORT_WORDS = {
    OrderSort.OLDEST: "the oldest first",
    OrderSort.HIGHEST: "the highest total first",
    OrderSort.LOWEST: "the lowest total first",
}


@dataclass(frozen=True, slots=True)
class ExportView:
    """One export. Times are UTC.

    Attributes:
        words: What was exported, without the number of orders.
        rows_total: ``None`` until they are counted.
        reason: Why there is no file.
        size: Bytes; 0 without a file.
        expires_at: When the file goes, or went; ``None`` without one.
    """

    id: str
    format: ExportFormat
    status: ExportStatus
    words: str
    name: str
    rows_done: int
    rows_total: int | None
    reason: str
    size: int
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A finished file, whose pieces ``storage.files.chunk`` reads.

    Attributes:
        key: Of the stored file.
        size: Bytes.
        expires_at: UTC.
    """

    key: int
    name: str
    media_type: str
    size: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter in words, the zone its days and the file's times are in, and the organizer's slug."""

    words: str
    zone: str
    slug: str


def in_words(chosen: OrderFilter, zone: str, *, event: str, code: str) -> str:
    """Say which orders a filter shows: ``Night Harbour Sessions, completed, April 2026``.

    Args:
        zone: IANA zone that its days are in.
        event: Title of the chosen event.
        code: Of the chosen promotion.
    """
    parts = [
        event if chosen.event else "",
        STATUS_WORDS.get(chosen.status, ""),
        days_in_words(chosen.placed_from, chosen.placed_until, zone),
        SOURCE_WORDS.get(OrderSource(chosen.source), "") if chosen.source in set(OrderSource) else "",
        f"promotion {code}" if chosen.promotion else "",
        f"search “{chosen.search}”" if chosen.search else "",
    ]
    which = ", ".join(part for part in parts if part) or "all of them"
    order = SORT_WORDS.get(chosen.sort, "")
    return f"{which}, {order}" if order else which


def days_in_words(first: datetime | None, end: datetime | None, zone: str) -> str:
    """Return the days between two moments: ``April 2026``, ``1 Apr 2026 – 3 Apr 2026``, ``since 1 Apr 2026``.

    Args:
        first: UTC, inclusive. ``end``: exclusive.
        zone: IANA zone in which days begin; a moment within a day is written with its time.
    """
    begins = first.astimezone(ZoneInfo(zone)) if first else None
    ends = end.astimezone(ZoneInfo(zone)) if end else None
    if begins and ends and _whole_month(begins, ends):
        return f"{begins:%B %Y}"
    if begins and ends and _midnight(begins) and _midnight(ends) and ends.date() - begins.date() == _DAY:
        return _day(begins)
    last = _last(ends, zone) if ends else ""
    if begins:
        start = _day(begins) if _midnight(begins) else l10n.moment(begins, zone)
        return f"{start} – {last}" if last else f"since {start}"
    return f"until {last}" if last else ""


_DAY = timedelta(days=1)


def _last(ends: datetime, zone: str) -> str:
    return _day(ends - _DAY) if _midnight(ends) else l10n.moment(ends, zone)


def _whole_month(begins: datetime, ends: datetime) -> bool:
    return (
        _midnight(begins)
        and _midnight(ends)
        and begins.day == ends.day == 1
        and (ends.year * 12 + ends.month) - (begins.year * 12 + begins.month) == 1
    )


def _midnight(local: datetime) -> bool:
    return local.time() == time.min


def _day(local: datetime) -> str:
    return f"{local.day} {local:%b %Y}"
