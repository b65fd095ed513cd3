"""The event of an order as a calendar file.

Source: RFC 5545 (iCalendar). Times are UTC, so that no time zone has to be described; the calendar shows its own.
"""

from __future__ import annotations

from datetime import UTC, datetime

from kagibag_app.features.orders.documents.wording import doors_fact, when_line, where_line
from kagibag_app.features.orders.documents.writing import clean
from kagibag_app.features.orders.views import OrderEvent

# RFC 5545, 3.1: a line has at most 75 octets; the rest goes on in lines that begin with a space.
_LINE_OCTETS = 75


def calendar(
    event: OrderEvent, *, order_number: str, sequence: int, cancelled: bool, page: str, made_at: datetime
) -> bytes:
    """Return an ``.ics`` file with one event. Opened again it changes the entry that is there, by its UID.

    Nothing in it opens the order: calendars are shared.

    Args:
        event: What to come to.
        order_number: The order's; with the event it makes the UID.
        sequence: Never falls while the order changes: its version.
        cancelled: The event, the order or the ticket does not let anybody in any more.
        page: The event's public address.
        made_at: Now, with its zone.
    """
    doors, doors_at = doors_fact(event)
    about = [
        f"{doors} {doors_at}",
        when_line(event),
        f"Order {order_number}, tickets by {event.organizer_name}",
    ]
    if cancelled:
        about.insert(0, "Cancelled: the tickets no longer let anybody in.")
    lines = [
        ("BEGIN", "VCALENDAR"),
        ("VERSION", "2.0"),
        ("PRODID", "-//Kagibag//Orders//EN"),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", "PUBLISH"),
        ("BEGIN", "VEVENT"),
        ("UID", f"{order_number}.{event.id}@kagibag".lower()),
        ("DTSTAMP", _utc(made_at)),
        ("SEQUENCE", str(sequence + cancelled)),
        ("DTSTART", _utc(datetime.fromisoformat(event.starts_at))),
        ("DTEND", _utc(datetime.fromisoformat(event.ends_at))),
        ("SUMMARY", _text(event.title)),
        ("LOCATION", _text(where_line(event))),
        ("DESCRIPTION", "\\n".join(_text(line) for line in about)),
        ("URL", page),
        ("STATUS", "CANCELLED" if cancelled else "CONFIRMED"),
        ("TRANSP", "TRANSPARENT" if cancelled else "OPAQUE"),
        ("END", "VEVENT"),
        ("END", "VCALENDAR"),
    ]
    return b"".join(_folded(f"{name}:{value}") for name, value in lines)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """Escape a value of type TEXT (RFC 5545, 3.3.11)."""
    shown = clean(text)
    for plain in ("\\", ";", ","):
        shown = shown.replace(plain, f"\\{plain}")
    return shown


def _folded(line: str) -> bytes:
    """Return a line's octets, broken between characters, with its CRLF."""
    parts, room = [b""], _LINE_OCTETS
    for character in line:
        octets = character.encode()
        if len(parts[-1]) + len(octets) > room:
            parts.append(b"")
            room = _LINE_OCTETS - 1
        parts[-1] += octets
    return b"\r\n ".join(parts) + b"\r\n"
