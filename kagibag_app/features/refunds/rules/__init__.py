"""Refund requests and refunds: what may be asked, decided and sent. Pure."""

from kagibag_app.features.refunds.rules.amounts import allocate, check_amount, money_state
from kagibag_app.features.refunds.rules.failures import failure_sentence
from kagibag_app.features.refunds.rules.policy import (
    OrderFacts,
    PolicyOutcome,
    RefundPolicy,
    Share,
    TicketFacts,
    Tier,
    policy_outcome,
)
from kagibag_app.features.refunds.rules.policy_text import (
    attendee_sentence,
    later_rules,
    policy_sentence,
    rule_sentence,
)
from kagibag_app.features.refunds.rules.schedule import (
    CLAIM_FRESH,
    GIVE_UP,
    PROVABLY_ABSENT,
    RETRY_DELAYS,
    SAME_KEY,
    SEND_REFUND,
    TELL_ORGANIZER,
    NextStep,
)
from kagibag_app.features.refunds.rules.states import (
    ACCEPTED,
    ACTIVE_REQUESTS,
    IN_FLIGHT,
    REFUND_MOVES,
    REQUEST_MOVES,
    RESERVING,
    SETTLED,
    ReasonCategory,
    RefundSource,
    RefundStatus,
    RequestStatus,
)

__all__ = [
    "ACCEPTED",
    "ACTIVE_REQUESTS",
    "CLAIM_FRESH",
    "GIVE_UP",
    "IN_FLIGHT",
    "PROVABLY_ABSENT",
    "REFUND_MOVES",
    "REQUEST_MOVES",
    "RESERVING",
    "RETRY_DELAYS",
    "SAME_KEY",
    "SEND_REFUND",
    "SETTLED",
    "TELL_ORGANIZER",
    "NextStep",
    "OrderFacts",
    "PolicyOutcome",
    "ReasonCategory",
    "RefundPolicy",
    "RefundSource",
    "RefundStatus",
    "RequestStatus",
    "Share",
    "TicketFacts",
    "Tier",
    "allocate",
    "attendee_sentence",
    "check_amount",
    "failure_sentence",
    "later_rules",
    "money_state",
    "policy_outcome",
    "policy_sentence",
    "rule_sentence",
]  # fmt: skip
