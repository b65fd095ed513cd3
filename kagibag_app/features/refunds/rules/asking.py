"""What can't be refunded whatever anybody decides, and which tickets can't be asked for."""

from __future__ import annotations

from kagibag_app.features.orders.rules import DisputeState, OrderSource, OrderStatus, TicketStatus

FREE = ("nothing_was_paid", "Nothing was paid for this order, so there is nothing to give back.")
UNPAID = ("order_not_paid", "This order is not paid, so there is nothing to give back.")
_HELD_BY_BANK = (
    "The payment is disputed at the buyer's bank, which holds the money and decides. "
    "Nothing can be refunded until then."
)
DISPUTED = ("charge_disputed", _HELD_BY_BANK)
LOST = (
    "charge_lost",
    "The bank gave this payment back to the buyer when the dispute was lost, so nothing is left to refund.",
)
NOTHING_OF_THESE = "What was paid for these tickets has gone back another way, or is on its way."
ON_ITS_WAY = ("nothing_left", "All that was left of this order is on its way back to the buyer already.")
NOTHING_LEFT = ("nothing_left", "All of this order's money went back to the buyer already.")


def why_no_refund(
    *, source: str, status: str, total_minor: int, captured: bool, open_chargeback: bool
) -> tuple[str, str] | None:
    """Return code and sentence of what forbids any refund of an order, or nothing."""
    if source == OrderSource.FREE or total_minor == 0:
        return FREE
    # A refund of a cancelled order may fail after all: what was paid for it stays to be given back.
    if status not in (OrderStatus.PAID, OrderStatus.CANCELLED) or not captured:
        return UNPAID
    return DISPUTED if open_chargeback else None


def why_nothing_left(*, dispute_state: str, left_minor: int, on_its_way: bool) -> tuple[str, str] | None:
    """Return code and sentence of why nothing of a paid order's money can be refunded any more, or nothing.

    Args:
        left_minor: What no refund holds or has returned.
        on_its_way: A refund of the order was not accepted by Stripe yet.
    """
    if dispute_state == DisputeState.LOST:
        return LOST
    if left_minor > 0:
        return None
    return ON_ITS_WAY if on_its_way else NOTHING_LEFT


def why_not_chosen(*, in_progress: bool, refundable_minor: int) -> str:
    """Return why a member can't refund a ticket whole, as the rest of a sentence about it, or nothing.

    A void ticket can be: its money may still be there, as after a refund that failed later.
    """
    if in_progress:
        return "a refund of it is in progress."
    return "" if refundable_minor > 0 else "nothing of its price is left to give back."


def why_not_ticket(*, status: str, in_progress: bool, refundable_minor: int, checked_in_qualify: bool) -> str:
    """Return why a ticket can't be asked back, as the rest of a sentence about it, or nothing."""
    if status == TicketStatus.VOID:
        return "it is no longer valid."
    if in_progress:
        return "a refund of it is in progress."
    if status == TicketStatus.CHECKED_IN and not checked_in_qualify:
        return "it was used at the door."
    if refundable_minor <= 0:
        return "nothing of its price is left to give back."
    return ""
