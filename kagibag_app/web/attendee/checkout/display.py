"""Where a payment stands, in words and as a tracker. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from kagibag_app import l10n
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.orders.views import OrderView
from kagibag_app.features.payments.views import PaymentView
from kagibag_app.web.components.steps import Step

Stage = Literal[
    "opening", "forward", "held", "confirming", "processing", "failed", "expired", "cancelled", "paid"
]

HINTS: dict[Stage, str] = {
    "opening": "One moment. You go to Stripe by yourself as soon as the page is there.",
    "forward": "One moment. You go to Stripe by yourself as soon as the page is there.",
    "confirming": "We are waiting for Stripe's word, usually a moment. You can leave: the tickets come by mail in any case.",
    "processing": "Your bank takes its time. Your tickets are kept and come by mail; you need do nothing.",
    "expired": "The time to pay is over and the tickets went back on sale. Nothing was charged.",
    "cancelled": "This order was cancelled. If anything was paid, it goes back by itself.",
}

HEADINGS: dict[Stage, str] = {
    "opening": "Opening the payment page",
    "forward": "Opening the payment page",
    "held": "Your tickets are waiting",
    "confirming": "Confirming your payment",
    "processing": "Your payment is on its way",
    "failed": "The payment did not go through",
    "expired": "This order expired",
    "cancelled": "This order is cancelled",
    "paid": "Your tickets are ready",
}


@dataclass(frozen=True, slots=True)
class CheckoutFace:
    """The page between the order and its tickets; ``steps`` is its tracker and ``reason`` what the card's bank said."""

    stage: Stage = "opening"
    heading: str = ""
    hint: str = ""
    reason: str = ""
    number: str = ""
    title: str = ""
    slug: str = ""
    organizer: str = ""
    count: str = ""
    total: str = ""
    steps: list[Step] = field(default_factory=list)


def stage_of(order: OrderView, payment: PaymentView | None, *, returned: bool, forwarded: bool) -> Stage:
    """Return where the payment stands.

    Args:
        order: As it is now.
        payment: Its newest or captured payment, if any.
        returned: Stripe sent the buyer back as having paid.
        forwarded: This tab was at Stripe already, so that it is not sent there again by itself.
    """
    plain: dict[str, Stage] = {
        OrderStatus.PAID: "paid",
        OrderStatus.PROCESSING: "processing",
        OrderStatus.PAYMENT_FAILED: "failed",
        OrderStatus.EXPIRED: "expired",
        OrderStatus.CANCELLED: "cancelled",
    }
    if order.status in plain:
        return plain[order.status]
    if returned:
        return "confirming"
    if payment is None or not payment.session_url:
        return "opening"
    return "held" if forwarded else "forward"


def face(order: OrderView, payment: PaymentView | None, stage: Stage) -> CheckoutFace:
    """Return the page's words."""
    tickets = len(order.lines)
    return CheckoutFace(
        stage=stage,
        heading=HEADINGS[stage],
        hint=_held(order) if stage == "held" else _failed() if stage == "failed" else HINTS.get(stage, ""),
        reason=_reason(payment, stage),
        number=order.number,
        title=order.event.title,
        slug=order.event.slug,
        organizer=order.event.organizer_name,
        count="1 ticket" if tickets == 1 else f"{tickets} tickets",
        total=l10n.money(order.total_minor, order.currency),
        steps=_steps(order, stage),
    )


def _until(order: OrderView) -> str:
    if not order.hold_until:
        return ""
    return l10n.time_named(datetime.fromisoformat(order.hold_until), order.event.zone)


def _held(order: OrderView) -> str:
    until = _until(order)
    return f"They are held{f' until {until}' if until else ''}, and nothing was charged so far."


def _failed() -> str:
    return "Nothing was charged. Trying again takes the same tickets as long as there are some left."


def _reason(payment: PaymentView | None, stage: Stage) -> str:
    if payment is None or stage not in ("held", "failed"):
        return ""
    if payment.failure_message:
        return payment.failure_message
    return payment.attempts[-1].message if payment.attempts else ""


def _steps(order: OrderView, stage: Stage) -> list[Step]:
    tickets = "1 ticket" if len(order.lines) == 1 else f"{len(order.lines)} tickets"
    held = f"{tickets}, held until {_until(order)}" if _until(order) else tickets
    if stage in ("expired", "cancelled"):
        return []
    payment: dict[Stage, Step] = {
        "held": Step("Payment", "Waiting for you", "now", "clock"),
        "confirming": Step("Payment", "Waiting for Stripe", "now", "landmark"),
        "processing": Step("Payment", "At your bank", "now", "landmark"),
        "failed": Step("Payment", "Did not go through", "failed"),
        "paid": Step("Payment", "Received", "done"),
    }
    return [
        Step("Ordered", tickets if stage == "failed" else held, "done"),
        payment.get(stage, Step("Payment", "Opening at Stripe", "now", "clock")),
        Step("Tickets", "Here and by mail", "done" if stage == "paid" else "todo"),
    ]
