"""An event's public page, where tickets are bought."""

from kagibag_app.web.attendee.event.page import page
from kagibag_app.web.attendee.event.state import EventState

ROUTE = "/e/[slug]"
TITLE = "Tickets"

on_load = [EventState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
