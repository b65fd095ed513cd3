"""Growth > Webhooks: endpoints and what was delivered to them."""

from kagibag_app.web.admin.webhooks.page import page
from kagibag_app.web.admin.webhooks.state import WebhooksState

ROUTE = "/admin/webhooks"
TITLE = "Webhooks"

on_load = [WebhooksState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
