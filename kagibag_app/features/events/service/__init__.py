"""Verbs of events: set them up, and count their capacity."""

from kagibag_app.features.events.service.capacity import (
    hold,
    lock_ticket_types,
    release_held,
    release_sold,
    sell_held,
    take_sold,
)
from kagibag_app.features.events.service.setup import (
    cancel_event,
    change_event,
    create_event,
    publish,
    set_refund_policy,
)
from kagibag_app.features.events.service.ticket_types import (
    change_ticket_type,
    create_ticket_type,
    move_ticket_type,
    remove_ticket_type,
)

__all__ = [
    "cancel_event",
    "change_event",
    "change_ticket_type",
    "create_event",
    "create_ticket_type",
    "hold",
    "lock_ticket_types",
    "move_ticket_type",
    "publish",
    "release_held",
    "release_sold",
    "remove_ticket_type",
    "sell_held",
    "set_refund_policy",
    "take_sold",
]
