"""Days in an address and in words; they begin and end at midnight in the organizer's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Days = tuple[str, str]
"""First and last day, ISO, both included; empty: open."""


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


def midnight(day_text: str, zone: str, *, days: int = 0) -> datetime | None:
    """Return the UTC moment at which a day begins in the zone, or so many days later; ``None`` for no day."""
    if not day_text:
        return None
    local = datetime.combine(date.fromisoformat(day_text) + timedelta(days=days), time.min, ZoneInfo(zone))
    return local.astimezone(UTC)


def ranges(now: datetime, zone: str) -> list[tuple[str, Days]]:
    """Return the ranges that people ask for most, in words and as days, as they are now in the zone."""
    today = now.astimezone(ZoneInfo(zone)).date()
    month = today.replace(day=1)
    before = month - timedelta(days=1)

    def span(first: date, last: date) -> Days:
        return first.isoformat(), last.isoformat()

    yesterday = today - timedelta(days=1)
    return [
        ("Today", span(today, today)),
        ("Yesterday", span(yesterday, yesterday)),
        ("Last 7 days", span(today - timedelta(days=6), today)),
        ("Last 30 days", span(today - timedelta(days=29), today)),
        ("This month", span(month, today)),
        ("Last month", span(before.replace(day=1), before)),
    ]


def _written(day_text: str) -> str:
    found = date.fromisoformat(day_text)
    return f"{found.day} {found:%b %Y}"
