"""One event: what it is, what it sells and when, published and cancelled from here."""

from kagibag_app.web.admin.event.page import page
from kagibag_app.web.admin.event.state import EventState

ROUTE = "/admin/events/[slug]"
TITLE = "Event"

on_load = [EventState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
