"""Home: today and a period in figures, what needs a decision now, deadlines."""

from kagibag_app.web.admin.home.page import page
from kagibag_app.web.admin.home.state import HomeState

ROUTE = "/admin"
TITLE = "Home"

on_load = [HomeState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
