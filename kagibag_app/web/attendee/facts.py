"""Times and places of an event, in words, for every page that shows a ticket."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from kagibag_app import l10n
from kagibag_app.features.orders.views import OrderEvent, TicketView
from kagibag_app.web.attendee.qr_path import qr_path
from kagibag_app.web.attendee.rows import TicketRow


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
    if starts.astimezone(ZoneInfo(zone)).utcoffset() == starts.astimezone(ZoneInfo(event.zone)).utcoffset():
        return ""
    return l10n.day_time(starts, zone)


def ticket_row(ticket: TicketView, event: OrderEvent, holder: str) -> TicketRow:
    """Return a ticket as its stub shows it."""
    path, size = qr_path(ticket.code)
    doors, doors_at = doors_fact(event)
    return TicketRow(
        id=ticket.id,
        title=ticket.type_name,
        holder=f"{holder}, ticket {ticket.position} of {ticket.of}",
        status=ticket.status,
        code=ticket.code,
        qr_path=path,
        qr_size=size,
        doors=doors,
        doors_at=doors_at,
        place=event.venue,
    )
