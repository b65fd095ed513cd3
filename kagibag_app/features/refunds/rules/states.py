"""Refund requests and refunds: states and what may follow what."""

from __future__ import annotations

from enum import StrEnum

from kagibag_app.kit.transitions import Transitions


class ReasonCategory(StrEnum):
    """Why a buyer wants the money back."""

    CANNOT_ATTEND = "cannot_attend"
    EVENT_CHANGED = "event_changed"
    BOUGHT_TWICE = "bought_twice"
    WRONG_TICKETS = "wrong_tickets"
    OTHER = "other"


class RequestStatus(StrEnum):
    """Where a refund request stands."""

    OPEN = "open"
    AWAITING_SECOND = "awaiting_second"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    FULFILLED = "fulfilled"
    FAILED = "failed"


_Q = RequestStatus
REQUEST_MOVES: Transitions[RequestStatus] = Transitions(
    "refund request",
    {
        _Q.OPEN: frozenset({_Q.AWAITING_SECOND, _Q.APPROVED, _Q.DECLINED, _Q.WITHDRAWN, _Q.SUPERSEDED}),
        _Q.AWAITING_SECOND: frozenset({_Q.APPROVED, _Q.DECLINED, _Q.OPEN, _Q.WITHDRAWN, _Q.SUPERSEDED}),
        _Q.APPROVED: frozenset({_Q.FULFILLED, _Q.FAILED, _Q.OPEN}),
        _Q.FAILED: frozenset({_Q.APPROVED, _Q.FULFILLED, _Q.SUPERSEDED}),
        _Q.FULFILLED: frozenset({_Q.FAILED}),
        _Q.DECLINED: frozenset({_Q.OPEN}),
        _Q.WITHDRAWN: frozenset(),
        _Q.SUPERSEDED: frozenset(),
    },
)

# A ticket is in at most one request of these.
ACTIVE_REQUESTS = frozenset({_Q.OPEN, _Q.AWAITING_SECOND, _Q.APPROVED, _Q.FAILED})


class RefundSource(StrEnum):
    """Why a refund exists."""

    REQUEST = "request"
    ADMIN = "admin"
    BULK = "bulk"
    POLICY = "policy"
    EXTERNAL = "external"
    LATE_PAYMENT = "late_payment"
    OUTSIDE_STRIPE = "outside_stripe"


# A member started these without a request: the tickets that they end are named.
STARTED_BY_MEMBERS = frozenset({RefundSource.ADMIN, RefundSource.BULK})


class RefundStatus(StrEnum):
    """Where a refund stands; see the protocol in docs/refund-protocol.md."""

    CREATED = "created"
    SUBMITTING = "submitting"
    UNKNOWN = "unknown"
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @classmethod
    def from_stripe(cls, word: str) -> RefundStatus | None:
        """Map Stripe's status; ``None`` for a word we don't know yet (it is logged, stored and ignored)."""
        known = {"pending", "requires_action", "succeeded", "failed", "canceled"}
        return cls(word) if word in known else None


_R = RefundStatus
SETTLED = frozenset({_R.SUCCEEDED, _R.FAILED, _R.CANCELED})
REFUND_MOVES: Transitions[RefundStatus] = Transitions(
    "refund",
    {
        _R.CREATED: frozenset({_R.SUBMITTING, _R.CANCELED, _R.FAILED}),
        _R.SUBMITTING: frozenset(
            {_R.CREATED, _R.PENDING, _R.REQUIRES_ACTION, _R.SUCCEEDED, _R.FAILED, _R.UNKNOWN}
        ),
        _R.UNKNOWN: frozenset({_R.SUBMITTING, _R.PENDING, _R.REQUIRES_ACTION} | SETTLED),
        _R.PENDING: frozenset({_R.REQUIRES_ACTION} | SETTLED),
        _R.REQUIRES_ACTION: frozenset({_R.PENDING} | SETTLED),
        _R.SUCCEEDED: frozenset({_R.FAILED}),
        _R.FAILED: frozenset(),
        _R.CANCELED: frozenset(),
    },
)

# These hold their amount against what was captured.
RESERVING = frozenset({_R.CREATED, _R.SUBMITTING, _R.UNKNOWN, _R.PENDING, _R.REQUIRES_ACTION, _R.SUCCEEDED})
ACCEPTED = frozenset({_R.PENDING, _R.REQUIRES_ACTION, _R.SUCCEEDED})
IN_FLIGHT = frozenset({_R.CREATED, _R.SUBMITTING, _R.UNKNOWN, _R.PENDING, _R.REQUIRES_ACTION})

# Why a ticket is void that a refund ended; only such a one can be revived when the refund comes to nothing.
REFUNDED = "refunded"
