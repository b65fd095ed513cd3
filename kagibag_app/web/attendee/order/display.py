"""An order's head, notice and price lines in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from babel.numbers import get_currency_name

from kagibag_app import l10n
from kagibag_app.features.orders.rules import OrderSource, OrderStatus, RefundState, TicketStatus
from kagibag_app.features.orders.views import OrderView
from kagibag_app.web.attendee.facts import in_zone, when_line, where_line
from kagibag_app.web.components.price_table import PriceLine

Step = Literal["", "pay", "again", "event"]


@dataclass(frozen=True, slots=True)
class OrderFace:
    """An order as its page shows it; times in the event's zone.

    ``notice`` says in one sentence what stands between the buyer and the tickets; ``next_step`` what to do about it:
    ``pay`` goes on to Stripe, ``again`` tries to pay once more, ``event`` starts over. ``also`` is the start on the
    organizer's clocks where they differ. ``message``: what the organizer wrote with a cancellation.
    """

    number: str = ""
    title: str = ""
    slug: str = ""
    organizer: str = ""
    placed: str = ""
    when: str = ""
    also: str = ""
    where: str = ""
    status: str = ""
    refund_state: str = ""
    refund_words: str = ""
    dispute_state: str = ""
    email: str = ""
    notice: str = ""
    notice_text: str = ""
    notice_tone: str = "progress"
    message: str = ""
    next_step: Step = ""


def face(order: OrderView, *, organizer_zone: str) -> OrderFace:
    """Return the order's head.

    Args:
        order: The whole order.
        organizer_zone: IANA zone in which the organizer reads times.
    """
    event = order.event
    also = in_zone(event, organizer_zone)
    notice, text, tone, step = _notice(order)
    return OrderFace(
        number=order.number,
        title=event.title,
        slug=event.slug,
        organizer=event.organizer_name,
        placed=l10n.moment(datetime.fromisoformat(order.placed_at), event.zone),
        when=when_line(event),
        also=f"{also} for {event.organizer_name}" if also else "",
        where=where_line(event),
        status=order.status,
        refund_state=order.refund_state,
        refund_words=_refund_words(order),
        dispute_state=order.dispute_state,
        email=order.buyer_email,
        notice=notice,
        notice_text=text,
        notice_tone=tone,
        message=order.cancel_message,
        next_step=step,
    )


def price_lines(order: OrderView) -> list[PriceLine]:
    """Return the lines from the tickets down to what was paid and what went back."""

    def money(minor: int) -> str:
        return l10n.money(minor, order.currency)

    lines = [
        PriceLine(f"{group.quantity} × {group.name}", money(group.amount_minor)) for group in order.groups
    ]
    if order.discount_minor:
        lines.append(PriceLine("Subtotal", money(order.subtotal_minor), kind="subtotal"))
        lines.append(PriceLine("Discount", money(-order.discount_minor), code=order.discount_code))
    lines.append(
        PriceLine(
            "Total paid" if order.paid_at and order.total_minor else "Total",
            money(order.total_minor),
            kind="total",
        )
    )
    if order.refunded_minor:
        lines.append(PriceLine("Refunded", money(-order.refunded_minor)))
    return lines


def paid_with(order: OrderView, card: str) -> str:
    """Return how the order was paid, with its currency: ``Visa •••• 4242, in US dollars``; empty before that."""
    if order.source == OrderSource.FREE:
        return "Nothing to pay"
    return f"{card}, in {get_currency_name(order.currency, 2, locale='en')}" if order.paid_at and card else ""


def _refund_words(order: OrderView) -> str:
    void = sum(ticket.status == TicketStatus.VOID for ticket in order.tickets)
    if order.refund_state != RefundState.PARTIAL or not void:
        return "Partially refunded"
    return "1 ticket refunded" if void == 1 else f"{void} tickets refunded"


def _notice(order: OrderView) -> tuple[str, str, str, Step]:
    status = OrderStatus(order.status)
    if status == OrderStatus.PENDING:
        return _pending(order)
    if status == OrderStatus.PROCESSING:
        return (
            "Your payment is on its way.",
            "Some banks take days. Your tickets are kept and come by mail; this page shows them by itself.",
            "progress",
            "",
        )
    if status == OrderStatus.PAYMENT_FAILED:
        return (
            "The payment did not go through.",
            "Nothing was charged and the tickets went back on sale. You can try again.",
            "bad",
            "again",
        )
    if status == OrderStatus.EXPIRED:
        return (
            "This order expired unpaid.",
            "Nothing was charged and the tickets went back on sale.",
            "neutral",
            "event",
        )
    if status == OrderStatus.CANCELLED:
        back = (
            " What you paid goes back to you; the refund is below."
            if order.paid_at and order.total_minor
            else ""
        )
        return "This order is cancelled.", f"Its tickets no longer let anybody in.{back}", "neutral", ""
    if order.event.status == "cancelled":
        return (
            "This event is cancelled.",
            f"{order.event.organizer_name} decides about refunds and writes to you.",
            "attention",
            "",
        )
    return "", "", "neutral", ""


def _pending(order: OrderView) -> tuple[str, str, str, Step]:
    until = ""
    if order.hold_until:
        until = f" until {l10n.time_named(datetime.fromisoformat(order.hold_until), order.event.zone)}"
    return "Not paid yet.", f"Your tickets are held{until}.", "progress", "pay"
