"""Settings > Team: who may do what, invitations, removing."""

from kagibag_app.web.admin.team.page import page
from kagibag_app.web.admin.team.state import TeamState

ROUTE = "/admin/settings/team"
TITLE = "Team"

on_load = [TeamState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
