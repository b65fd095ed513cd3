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
    create_event,
    create_ticket_type,
    publish,
    set_refund_policy,
)

__all__ = [
    "create_event",
    "create_ticket_type",
    "hold",
    "lock_ticket_types",
    "publish",
    "release_held",
    "release_sold",
    "sell_held",
    "set_refund_policy",
    "take_sold",
]
