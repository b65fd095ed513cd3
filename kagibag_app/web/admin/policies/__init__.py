"""Refund policies of the events, and what a manager may give back alone."""

from kagibag_app.web.admin.policies.page import page
from kagibag_app.web.admin.policies.state import PoliciesState

ROUTE = "/admin/refunds/policies"
TITLE = "Refund policies"

on_load = [PoliciesState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
