"""Signing in."""

from kagibag_app.web.admin.login.page import page
from kagibag_app.web.admin.login.state import LoginState

ROUTE = "/admin/login"
TITLE = "Sign in"

on_load = [LoginState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
