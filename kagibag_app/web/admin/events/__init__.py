"""The organizer's events: those to come, those that are over, and a new one."""

from kagibag_app.web.admin.events.page import page
from kagibag_app.web.admin.events.state import EventsState

ROUTE = "/admin/events"
TITLE = "Events"

on_load = [EventsState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
