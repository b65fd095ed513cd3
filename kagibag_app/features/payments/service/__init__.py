"""Verbs of payments: open a page, mirror what Stripe says, keep the inbox, reserve what is refunded."""

from kagibag_app.features.payments.service.closing import close_page
from kagibag_app.features.payments.service.inbox import (
    EventWork,
    begin_event,
    fail_event,
    park_events,
    record_failed_tries,
    retry_event,
    settle_events,
    store_event,
    unpark_known,
)
from kagibag_app.features.payments.service.looking import look_soon
from kagibag_app.features.payments.service.mirroring import (
    GatewayPayment,
    record_gateway_payment,
    record_session_end,
    record_session_state,
)
from kagibag_app.features.payments.service.opening import (
    claim_opening,
    open_for_order,
    record_not_sent,
    record_refused,
    record_session,
)
from kagibag_app.features.payments.service.reserving import (
    reserve,
    reserve_external,
    set_open_chargeback,
    unreserve,
)
from kagibag_app.features.payments.service.rows import locked, locked_with_order

__all__ = [
    "EventWork",
    "GatewayPayment",
    "begin_event",
    "claim_opening",
    "close_page",
    "fail_event",
    "locked",
    "locked_with_order",
    "look_soon",
    "open_for_order",
    "park_events",
    "record_failed_tries",
    "record_gateway_payment",
    "record_not_sent",
    "record_refused",
    "record_session",
    "record_session_end",
    "record_session_state",
    "reserve",
    "reserve_external",
    "retry_event",
    "set_open_chargeback",
    "settle_events",
    "store_event",
    "unpark_known",
    "unreserve",
]
