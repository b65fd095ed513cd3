"""One ticket, reached by its own link."""

from kagibag_app.web.attendee.ticket.page import page
from kagibag_app.web.attendee.ticket.state import TicketState

ROUTE = "/ticket/[token]"
TITLE = "Ticket"

on_load = [TicketState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
