"""The command palette, on every page of the workspace: go anywhere, find an order, run what is common."""

from kagibag_app.web.admin.palette.dialog import palette
from kagibag_app.web.admin.palette.opening import search_button, search_icon

__all__ = ["palette", "search_button", "search_icon"]
