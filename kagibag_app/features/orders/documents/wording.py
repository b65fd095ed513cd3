"""Times, places and names of an event and its documents, in words: the same on screens and on paper."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from kagibag_app import l10n
from kagibag_app.features.orders.views import OrderEvent


def when_line(event: OrderEvent) -> str:
    """Return from when to when, in the event's zone."""
    return l10n.span(
        datetime.fromisoformat(event.starts_at), datetime.fromisoformat(event.ends_at), event.zone
    )


def where_line(event: OrderEvent) -> str:
    """Return the venue with its address."""
    return f"{event.venue}, {event.address}" if event.address else event.venue


def doors_fact(event: OrderEvent) -> tuple[str, str]:
    """Return when to be there: the doors if they are known, else the start."""
    at = event.doors_at or event.starts_at
    return ("Doors" if event.doors_at else "Starts"), l10n.day_time(datetime.fromisoformat(at), event.zone)


def in_zone(event: OrderEvent, zone: str) -> str:
    """Return the event's start as another zone's clocks show it; empty where they show the same.

    Args:
        event: The event.
        zone: IANA zone, for example the organizer's.
    """
    starts = datetime.fromisoformat(event.starts_at)
    return "" if same_clock(starts, event.zone, zone) else l10n.day_time(starts, zone)


def same_clock(at: datetime, zone: str, other: str) -> bool:
    """Say whether two zones' clocks show the same at a moment."""
    return at.astimezone(ZoneInfo(zone)).utcoffset() == at.astimezone(ZoneInfo(other)).utcoffset()
