"""When something happened, as lists of the organizer's screens say it: short, in the organizer's zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kagibag_app import l10n


def short_time(at: datetime, zone: str, *, now: datetime) -> str:
    """Return ``Today 10:41``, ``Yesterday 09:12``, ``2 Apr 20:14`` or, of another year, ``12 Mar 2025``.

    Args:
        at: The moment (UTC).
        zone: IANA zone of the one who reads.
        now: The present moment (UTC).
    """
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    if local.date() == today:
        return f"Today {local:%H:%M}"
    if local.date() == today - timedelta(days=1):
        return f"Yesterday {local:%H:%M}"
    if local.year == today.year:
        return f"{local.day} {local:%b %H:%M}"
    return f"{local.day} {local:%b %Y}"


def moment_of(iso: str, zone: str) -> str:
    """Return the exact time of an ISO 8601 text with its zone; empty for none."""
    return l10n.moment(datetime.fromisoformat(iso), zone) if iso else ""


def duration(milliseconds: int) -> str:
    """Return how long something took: ``148 ms`` or ``10.0 s``."""
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"
