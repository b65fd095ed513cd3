"""What the list shows, read from its address and written back to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kagibag_app.features.orders.rules import OrderFilter, StatusFilter, search_text
from kagibag_app.kit.errors import BadInput
from kagibag_app.web.admin.address import address

PATH = "/admin/orders"
_ID_MAX = 64


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything that the address says.

    Attributes:
        event: An event's public id; empty: all.
        first, last: Days in the organizer's zone, ISO, both included; empty: open.
        search: As typed.
        after, before: Public id of the order that the page lies behind or ahead of.
    """

    status: StatusFilter = StatusFilter.ALL
    event: str = ""
    first: str = ""
    last: str = ""
    search: str = ""
    after: str = ""
    before: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out of the list."""
        return self.top() != Wanted()

    @property
    def on_first_page(self) -> bool:
        """Whether it begins with the newest order."""
        return not self.after and not self.before

    def top(self) -> Wanted:
        """Return the first page of the same list."""
        return replace(self, after="", before="")

    def but(self, **changes: Any) -> str:
        """Return the address of the list with something changed, from its first page unless a page is named."""
        wanted = replace(self.top(), **changes)
        return address(
            PATH,
            status="" if wanted.status == StatusFilter.ALL else wanted.status,
            event=wanted.event,
            **{"from": wanted.first, "until": wanted.last},
            q=wanted.search,
            after=wanted.after,
            before=wanted.before,
        )

    def order_filter(self, zone: str) -> OrderFilter:
        """Return what the query takes; days begin and end at midnight in the zone."""
        return OrderFilter(
            status=self.status,
            event=self.event,
            placed_from=_midnight(self.first, zone),
            placed_until=_midnight(self.last, zone, days=1),
            search=self.search,
        )


def read(said: Mapping[str, str]) -> tuple[Wanted, list[str]]:
    """Read an address's query; what can't be read is left out and named.

    Args:
        said: Query arguments by name, as any browser may have written them.
    """
    ignored: list[str] = []
    status = StatusFilter.read(said.get("status"))
    if said.get("status") and status != said["status"]:
        ignored.append("status")
    first, last = day(said.get("from", "")), day(said.get("until", ""))
    if (bool(said.get("from")), bool(said.get("until"))) != (bool(first), bool(last)) or (
        first and last and last < first
    ):
        ignored.append("dates")
        first = last = ""
    try:
        search = search_text(said.get("q", ""))
    except BadInput:
        ignored.append("search")
        search = ""
    page = [
        said.get(name, "") if len(said.get(name, "")) <= _ID_MAX else ""
        for name in ("event", "after", "before")
    ]
    return Wanted(status, page[0], first, last, search, page[1], page[2] if not page[1] else ""), ignored


def day(text: str) -> str:
    """Return an ISO day as it is, or nothing when it is none."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return ""
    return found.isoformat() if 2000 <= found.year < 2200 else ""


def days_shown(first: str, last: str) -> str:
    """Return the days in words: ``1 Apr 2026 – 30 Apr 2026``; empty for all."""
    if not first and not last:
        return ""
    if not first:
        return f"until {_written(last)}"
    if not last:
        return f"since {_written(first)}"
    return _written(first) if first == last else f"{_written(first)} – {_written(last)}"


def _written(day_text: str) -> str:
    found = date.fromisoformat(day_text)
    return f"{found.day} {found:%b %Y}"


def _midnight(day_text: str, zone: str, *, days: int = 0) -> datetime | None:
    if not day_text:
        return None
    local = datetime.combine(date.fromisoformat(day_text) + timedelta(days=days), time.min, ZoneInfo(zone))
    return local.astimezone(UTC)
