"""Verbs of orders: place, complete, release, keep the money state, issue and void tickets, send links."""

from kagibag_app.features.orders.service.completing import complete
from kagibag_app.features.orders.service.links import send_links
from kagibag_app.features.orders.service.placing import create, unused_number
from kagibag_app.features.orders.service.seats import hold_again, release
from kagibag_app.features.orders.service.states import lock, set_money_state, set_status
from kagibag_app.features.orders.service.tickets import revive_tickets, set_refund_in_progress, void_tickets

__all__ = [
    "complete",
    "create",
    "hold_again",
    "lock",
    "release",
    "revive_tickets",
    "send_links",
    "set_money_state",
    "set_refund_in_progress",
    "set_status",
    "unused_number",
    "void_tickets",
]
