"""The log of mails."""

from kagibag_app.web.admin.messages.page import page
from kagibag_app.web.admin.messages.state import MessagesState

ROUTE = "/admin/messages"
TITLE = "Messages"

on_load = [MessagesState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
