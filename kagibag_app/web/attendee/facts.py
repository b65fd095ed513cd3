"""Times and places of an event, in words, for every page that shows a ticket."""

from __future__ import annotations

from kagibag_app.features.orders.documents.wording import doors_fact, in_zone, when_line, where_line
from kagibag_app.features.orders.views import OrderEvent, TicketView
from kagibag_app.web.attendee.qr_path import qr_path
from kagibag_app.web.attendee.rows import TicketRow

__all__ = ["in_zone", "ticket_row", "when_line", "where_line"]


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
