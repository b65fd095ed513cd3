"""Whether an order can be cancelled, and what has to come first."""

from __future__ import annotations

from enum import StrEnum

from kagibag_app.features.orders.rules import OrderStatus

Obstacle = tuple[str, str]
"""A code for programs and a sentence for people."""

CANCELLED = ("already_cancelled", "This order is cancelled already.")
EXPIRED = (
    "already_expired",
    "This order has expired and its seats are back on sale, so there is nothing to cancel.",
)
PROCESSING = (
    "payment_processing",
    "The payment is with the buyer's bank. Cancel the order when it has gone through or failed.",
)
CLOSING = ("cancel_in_progress", "This order is being cancelled: Stripe closes its payment page first.")
HELD_BY_BANK = (
    "charge_disputed",
    "The payment is disputed at the buyer's bank. The order can be cancelled when the bank has decided.",
)
GOING_BACK = ("cancel_in_progress", "This order is being cancelled: its refund is on its way to Stripe.")
REFUNDING = (
    "refund_in_progress",
    "A refund of this order is on its way to Stripe. Cancel the order when Stripe has accepted it.",
)


class CancelOutcome(StrEnum):
    """What came of cancelling an order.

    ``cancelled``: done. ``refunding``: done when Stripe accepts the refund of what is left. ``closing``: done when
    Stripe has closed the payment page, unless the buyer pays first. ``waiting``: begun when a second person confirms
    the refund.
    """

    CANCELLED = "cancelled"
    REFUNDING = "refunding"
    CLOSING = "closing"
    WAITING = "waiting"


def why_no_cancel(
    *, status: str, asked: bool, open_chargeback: bool, on_its_way: bool, cancels: bool
) -> Obstacle | None:
    """Return code and sentence of what forbids to cancel an order, or nothing.

    Args:
        asked: It waits for its payment page to close, to be cancelled then.
        on_its_way: A refund of it was not accepted by Stripe yet: whether it has to be made up for is unknown.
        cancels: That refund will cancel the order.
    """
    never = {
        OrderStatus.CANCELLED: CANCELLED,
        OrderStatus.EXPIRED: EXPIRED,
        OrderStatus.PROCESSING: PROCESSING,
    }
    if status in never:
        return never[OrderStatus(status)]
    if status != OrderStatus.PAID:
        return CLOSING if asked else None
    if open_chargeback:
        return HELD_BY_BANK
    if on_its_way:
        return GOING_BACK if cancels else REFUNDING
    return None


def cancel_outcome(*, status: str, page_open: bool, left_minor: int) -> CancelOutcome:
    """Return what comes of cancelling an order that nothing forbids to cancel.

    Args:
        page_open: Somebody may still pay at Stripe.
        left_minor: What can still be refunded, minor units.
    """
    if status == OrderStatus.PAID:
        return CancelOutcome.REFUNDING if left_minor > 0 else CancelOutcome.CANCELLED
    return CancelOutcome.CLOSING if page_open else CancelOutcome.CANCELLED
