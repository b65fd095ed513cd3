"""The words of states and sources, as the screens show them: a file says what its reader saw."""

from kagibag_app.features.orders.rules import DisputeState, OrderSource, OrderStatus, RefundState

WORDS: dict[str, dict[str, str]] = {
    "status": {
        OrderStatus.PENDING: "Pending",
        OrderStatus.PROCESSING: "Processing",
        OrderStatus.PAID: "Completed",
        OrderStatus.PAYMENT_FAILED: "Payment failed",
        OrderStatus.EXPIRED: "Expired",
        OrderStatus.CANCELLED: "Cancelled",
    },
    "refund_state": {
        RefundState.NONE: "Not refunded",
        RefundState.PENDING: "Refund pending",
        RefundState.PARTIAL: "Partially refunded",
        RefundState.FULL: "Refunded",
    },
    "dispute_state": {
        DisputeState.NONE: "No dispute",
        DisputeState.OPEN: "Disputed",
        DisputeState.WON: "Dispute won",
        DisputeState.LOST: "Dispute lost",
    },
    "source": {OrderSource.STRIPE: "Stripe", OrderSource.FREE: "Free"},
    "currency": {},
}
"""By field of a row: stored word and shown word. A stored word that is missing here is written as it is."""
