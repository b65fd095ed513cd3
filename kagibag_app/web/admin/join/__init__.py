"""Joining a team: where the link of an invitation leads."""

from kagibag_app.web.admin.join.page import page
from kagibag_app.web.admin.join.state import JoinState

ROUTE = "/admin/join/[token]"
TITLE = "Join a team"

on_load = [JoinState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
