"""Verbs of orders: place, complete, release, money state, tickets, the door, the desk, links, search, saved views."""

from kagibag_app.features.orders.service.admitting import admit
from kagibag_app.features.orders.service.cancelling import cancel_paid
from kagibag_app.features.orders.service.completing import complete
from kagibag_app.features.orders.service.desk import add_note, correct_email, resend_ticket
from kagibag_app.features.orders.service.door import check_in, undo_check_in, void_ticket
from kagibag_app.features.orders.service.links import send_links
from kagibag_app.features.orders.service.placing import create, unused_number
from kagibag_app.features.orders.service.saving import delete_view, rename_view, save_view
from kagibag_app.features.orders.service.searching import index_stripe_id, reindex_buyer
from kagibag_app.features.orders.service.seats import hold_again, release
from kagibag_app.features.orders.service.states import lock, note_decision, set_money_state, set_status
from kagibag_app.features.orders.service.tickets import revive_tickets, set_refund_in_progress, void_tickets

__all__ = [
    "add_note",
    "admit",
    "cancel_paid",
    "check_in",
    "complete",
    "correct_email",
    "create",
    "delete_view",
    "hold_again",
    "index_stripe_id",
    "lock",
    "note_decision",
    "reindex_buyer",
    "release",
    "rename_view",
    "resend_ticket",
    "revive_tickets",
    "save_view",
    "send_links",
    "set_money_state",
    "set_refund_in_progress",
    "set_status",
    "undo_check_in",
    "unused_number",
    "void_ticket",
    "void_tickets",
]
