"""What the list of bulk refunds shows, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kagibag_app import l10n
from kagibag_app.features.bulk_refunds.rules import BulkStatus
from kagibag_app.features.bulk_refunds.views import RunRow
from kagibag_app.features.events.rules import EventStatus
from kagibag_app.features.events.views import EventChoice
from kagibag_app.web.admin.times import short_time

PATH = "/admin/refunds/bulk"


@dataclass(frozen=True, slots=True)
class RunLine:
    """One bulk refund."""

    id: str
    words: str
    href: str
    status: str
    orders: str
    done: str
    failed: str
    second: str
    amount: str
    by: str
    made: str
    made_iso: str
    made_exact: str


def run_path(run: str) -> str:
    """Return the address of a bulk refund."""
    return f"{PATH}/{run}"


def run_line(row: RunRow, zone: str, now: datetime) -> RunLine:
    """Return a bulk refund as the list shows it.

    Args:
        zone: The organizer's.
        now: UTC.
    """
    begun = row.status in (BulkStatus.RUNNING, BulkStatus.PAUSED, BulkStatus.FINISHED)
    return RunLine(
        id=row.id, words=capital(row.words), href=run_path(row.id), status=row.status, orders=f"{row.orders:,}",
        done=f"{row.done:,} of {row.orders:,}" if begun else "", failed=f"{row.failed:,} failed" if row.failed else "",
        second=f"{row.awaiting_second:,} for a second person" if row.awaiting_second else "",
        amount=amounts(row.amounts), by=row.acting, made=short_time(row.made_at, zone, now=now),
        made_iso=row.made_at.isoformat(), made_exact=l10n.moment(row.made_at, zone),
    )  # fmt: skip


def event_options(events: list[EventChoice]) -> list[tuple[str, str]]:
    """Return value and words of the events that can have sold something, the cancelled ones first."""
    offered = [event for event in events if event.status != EventStatus.DRAFT]
    offered.sort(key=lambda event: event.status != EventStatus.CANCELLED)
    return [(event.id, _event(event)) for event in offered]


def amounts(by_currency: Mapping[str, int]) -> str:
    """Return amounts as a sentence has them: ``$1,200.00 and €300.00``; they are never added."""
    said = [l10n.money(minor, currency) for currency, minor in by_currency.items()]
    return " and ".join(filter(None, (", ".join(said[:-1]), *said[-1:])))


def orders_text(count: int) -> str:
    """Return ``1 order`` or ``3,000 orders``."""
    return f"{count:,} {'order' if count == 1 else 'orders'}"


def capital(words: str) -> str:
    """Return words with a capital at their beginning."""
    return words[:1].upper() + words[1:]


def _event(event: EventChoice) -> str:
    starts = l10n.day(datetime.fromisoformat(event.starts_at), event.zone)
    return f"{event.title}, {starts}{', cancelled' if event.status == EventStatus.CANCELLED else ''}"
