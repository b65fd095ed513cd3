"""The refund policy of one event: changed, explained, and tried before it is saved."""

from kagibag_app.web.admin.policy.page import page
from kagibag_app.web.admin.policy.state import PolicyState

ROUTE = "/admin/refunds/policies/[slug]"
TITLE = "Refund policy"

on_load = [PolicyState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
