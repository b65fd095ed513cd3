"""What a receipt says, before it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kagibag_app import l10n
from kagibag_app.features.orders.documents.wording import in_zone, same_clock, when_line, where_line
from kagibag_app.features.orders.rules import DisputeState, OrderSource, OrderStatus, RefundState
from kagibag_app.features.orders.views import OrderView
from kagibag_app.features.promotions.rules import PromotionKind

_REFUND_WORDS = {
    RefundState.PENDING: ("Refund pending", "progress"),
    RefundState.PARTIAL: ("Partially refunded", "neutral"),
    RefundState.FULL: ("Refunded", "neutral"),
}
_DISPUTE_WORDS = {
    DisputeState.OPEN: ("Disputed", "bad"),
    DisputeState.WON: ("Dispute won", "good"),
    DisputeState.LOST: ("Dispute lost", "bad"),
}


@dataclass(frozen=True, slots=True)
class ReceiptRefund:
    """Money that goes back. ``at`` is ISO 8601 in UTC: when it arrived or, while ``done`` is false, when it was sent."""

    at: str
    amount_minor: int
    done: bool


@dataclass(frozen=True, slots=True)
class ReceiptMoney:
    """What the order itself does not know: how it was paid, ``Visa •••• 4242``, and its refunds, oldest first."""

    method: str = ""
    refunds: Sequence[ReceiptRefund] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class SumLine:
    """A line of the sum; ``code`` and ``remark`` stand behind the label. ``kind``: "", "total" or "left"."""

    label: str
    amount: str
    code: str = ""
    remark: str = ""
    kind: str = ""


def why_no_receipt(order: OrderView) -> str:
    """Return in one sentence why there is no receipt; empty when there is one."""
    return "" if order.paid_at else "This order is not paid, so there is no receipt for it."


def states(order: OrderView) -> list[tuple[str, str]]:
    """Return the words and tones that say how the order stands."""
    cancelled = order.status == OrderStatus.CANCELLED
    found = [("Cancelled", "neutral") if cancelled else ("Completed", "good")]
    if order.refund_state in _REFUND_WORDS:
        found.append(_REFUND_WORDS[RefundState(order.refund_state)])
    if order.dispute_state in _DISPUTE_WORDS:
        found.append(_DISPUTE_WORDS[DisputeState(order.dispute_state)])
    return found


def facts(
    order: OrderView, money: ReceiptMoney, organizer_zone: str
) -> tuple[list[tuple[str, list[str]]], list[tuple[str, list[str]]]]:
    """Return the labelled facts of both columns, each with its lines; times in the event's zone and, where its clocks show
    another time, in the organizer's."""
    event = order.event
    also = in_zone(event, organizer_zone)
    about = [
        event.title,
        when_line(event),
        f"{also} for {event.organizer_name}" if also else "",
        where_line(event),
    ]
    bought = [("Bought by", [order.buyer_name, order.buyer_email])]
    if order.paid_at:
        paid = [*_moments(order, order.paid_at, organizer_zone), _method(order, money)]
        bought.append(("Paid" if order.total_minor else "Completed", [line for line in paid if line]))
    return bought, [
        ("For", [line for line in about if line]),
        ("Ordered", _moments(order, order.placed_at, organizer_zone)),
    ]


def sum_lines(order: OrderView, money: ReceiptMoney) -> list[SumLine]:
    """Return the lines from the subtotal down to what was paid after refunds."""

    def amount(minor: int) -> str:
        return l10n.money(minor, order.currency)

    found = []
    if order.discount_minor:
        percent = f"{order.discount_value / 100:g} %" if order.discount_kind == PromotionKind.PERCENT else ""
        found.append(SumLine("Subtotal", amount(order.subtotal_minor)))
        found.append(SumLine("Discount", amount(-order.discount_minor), order.discount_code, percent))
    paid = "Total paid" if order.paid_at and order.total_minor else "Total"
    found.append(SumLine(paid, amount(order.total_minor), kind="total"))
    for refund in money.refunds:
        day = l10n.day(datetime.fromisoformat(refund.at), order.event.zone)
        label = "Refunded" if refund.done else "Refund on its way"
        found.append(SumLine(label, amount(-refund.amount_minor), remark=day))
    if order.refunded_minor:
        left = amount(order.total_minor - order.refunded_minor)
        found.append(SumLine("Paid after refunds", left, kind="left"))
    return found


def notes(order: OrderView) -> list[str]:
    """Return what else has to be known, a sentence each."""
    found = []
    if not order.total_minor:
        found.append("Nothing was charged for this order.")
    if order.dispute_state == DisputeState.OPEN:
        found.append("A dispute about this payment is open at the bank.")
    elif order.dispute_state == DisputeState.LOST:
        found.append("The bank took this payment back after a dispute.")
    if order.total_minor:
        found.append("This receipt confirms a payment. It is not a tax invoice: it states no tax.")
    return found


def _moments(order: OrderView, iso: str, organizer_zone: str) -> list[str]:
    at, zone = datetime.fromisoformat(iso), order.event.zone
    found = [l10n.moment(at, zone)]
    if not same_clock(at, zone, organizer_zone):
        found.append(f"{l10n.moment(at, organizer_zone)} for {order.event.organizer_name}")
    return found


def _method(order: OrderView, money: ReceiptMoney) -> str:
    return "Nothing to pay" if order.source == OrderSource.FREE else money.method
