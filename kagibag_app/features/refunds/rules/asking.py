"""What can't be refunded whatever anybody decides, and which tickets can't be asked for."""

from __future__ import annotations

from kagibag_app.features.orders.rules import OrderSource, OrderStatus, TicketStatus

FREE = ("nothing_was_paid", "Nothing was paid for this order, so there is nothing to give back.")
UNPAID = ("order_not_paid", "This order is not paid, so there is nothing to give back.")
_HELD_BY_BANK = (
    "The payment is disputed at the buyer's bank, which holds the money and decides. "
    "Nothing can be refunded until then."
)
DISPUTED = ("charge_disputed", _HELD_BY_BANK)


def why_no_refund(
    *, source: str, status: str, total_minor: int, captured: bool, open_chargeback: bool
) -> tuple[str, str] | None:
    """Return code and sentence of what forbids any refund of an order, or nothing."""
    if source == OrderSource.FREE or total_minor == 0:
        return FREE
    if status != OrderStatus.PAID or not captured:
        return UNPAID
    return DISPUTED if open_chargeback else None


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
