"""An order's head, tickets, totals and payments in words. Pure."""

from __future__ import annotations

from datetime import datetime

from kagibag_app import l10n
from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.ledger.rules import EntryKind
from kagibag_app.features.ledger.views import LedgerRow
from kagibag_app.features.orders.rules import (
    DisputeState,
    OrderSource,
    OrderStatus,
    RefundState,
    TicketStatus,
)
from kagibag_app.features.orders.views import LineView, TicketView
from kagibag_app.features.payments.views import PaymentView
from kagibag_app.features.promotions.rules import PromotionKind
from kagibag_app.web.admin.address import address
from kagibag_app.web.admin.order.reading import Story
from kagibag_app.web.admin.order.rows import Face, May, PaymentCard, TicketLine, Way
from kagibag_app.web.admin.orders.filters import Wanted
from kagibag_app.web.admin.times import short_time
from kagibag_app.web.attendee.facts import in_zone, when_line, where_line
from kagibag_app.web.components.price_table import PriceLine

ORDERS = "/admin/orders"
_FEES = (EntryKind.STRIPE_FEE, EntryKind.APPLICATION_FEE)
_NO_PAYMENT = {
    OrderSource.FREE: "No payment was collected: every ticket was complimentary or fully discounted.",
    OrderSource.STRIPE: "No payment page was opened at Stripe yet.",
}


def face(story: Story, *, show_emails: bool) -> Face:
    """Return the head and the rail."""
    order, event = story.order, story.order.event
    beside = order.refund_state != RefundState.NONE or order.dispute_state != DisputeState.NONE
    tickets = f"{len(order.lines)} {'ticket' if len(order.lines) == 1 else 'tickets'}"
    placed = f"placed {l10n.moment(datetime.fromisoformat(order.placed_at), story.zone)}"
    return Face(
        id=order.id,
        version=order.version,
        number=order.number,
        status=order.status,
        refund_state=order.refund_state,
        dispute_state=order.dispute_state,
        shows_status=order.status != OrderStatus.PAID or not beside,
        placed=f"{order.buyer_name} · {tickets} · {placed}",
        source=order.source,
        event=event.title,
        event_href=f"/e/{event.slug}",
        event_orders=address(ORDERS, event=event.id),
        event_when=when_line(event),
        event_also=in_zone(event, story.zone),
        event_where=where_line(event),
        buyer=order.buyer_name,
        email=order.buyer_email,
        buyer_orders=address(ORDERS, q=order.buyer_email) if show_emails else "",
        no_payment="" if story.payments else _NO_PAYMENT[OrderSource(order.source)],
        stripe_balance=" + ".join(l10n.money(part.minor, part.currency) for part in story.sums),
        balance_tone="bad" if any(part.minor < 0 for part in story.sums) else "neutral",
        zone=story.zone,
    )


def way(story: Story, listed: Wanted) -> Way:
    """Return the addresses around the order: its list, and the orders beside it there."""
    beside = story.beside
    return Way(
        list=listed.but(),
        previous=listed.order(beside.previous_number) if beside.previous_number else "",
        next=listed.order(beside.next_number) if beside.next_number else "",
    )


def may(role: str | None) -> May:
    """Return what a role includes on this screen."""
    return May(
        refund=allowed(role, Action.DECIDE_REFUNDS),
        cancel=allowed(role, Action.CANCEL_ORDERS),
        resend=allowed(role, Action.RESEND_MAIL),
        correct=allowed(role, Action.CORRECT_EMAIL),
        note=allowed(role, Action.WRITE_NOTES),
        check_in=allowed(role, Action.CHECK_IN),
        void=allowed(role, Action.VOID_TICKETS),
    )


def ticket_lines(story: Story, now: datetime) -> list[TicketLine]:
    """Return a line per ticket, as priced at purchase."""
    tickets = {ticket.line_id: ticket for ticket in story.order.tickets}
    return [_ticket_line(line, tickets.get(line.id), story, now) for line in story.order.lines]


def _ticket_line(line: LineView, ticket: TicketView | None, story: Story, now: datetime) -> TicketLine:
    currency = story.order.currency
    listed, discount = l10n.money(line.list_minor, currency), _less(line.discount_minor, currency)
    refunded = _less(story.refunded.get(line.id, 0), currency)
    return TicketLine(
        id=line.id,
        ticket=ticket.id if ticket else "",
        name=line.name,
        code=ticket.code if ticket else "",
        status=ticket.status if ticket else "",
        door=_door(ticket) if ticket else "",
        remark=_remark(ticket, story.zone, now) if ticket else "",
        list_price=listed,
        discount=discount,
        net=l10n.money(line.net_minor, currency),
        refunded=refunded,
        folded=_unbroken(
            " ".join(filter(None, (listed, discount))) + (f", refunded {refunded}" if refunded else "")
        ),
    )


def _unbroken(amounts: str) -> str:
    """Keep a minus with its amount where the line breaks."""
    return amounts.replace(l10n.MINUS, f"{l10n.MINUS}\N{WORD JOINER}")


def _door(ticket: TicketView) -> str:
    if ticket.status == TicketStatus.CHECKED_IN:
        return "undo"
    return "in" if ticket.status == TicketStatus.VALID and not ticket.refund_in_progress else ""


def _remark(ticket: TicketView, zone: str, now: datetime) -> str:
    if ticket.refund_in_progress:
        return "refund in progress"
    if ticket.status == TicketStatus.CHECKED_IN and ticket.checked_in_at:
        return short_time(datetime.fromisoformat(ticket.checked_in_at), zone, now=now)
    return ticket.void_reason


def totals(story: Story) -> list[PriceLine]:
    """Return the sums from the subtotal down to what went back or is disputed."""
    order = story.order

    def amount(minor: int) -> str:
        return l10n.money(minor, order.currency)

    lines = [PriceLine("Subtotal", amount(order.subtotal_minor))]
    if order.discount_minor:
        remark = f"{order.discount_value / 100:g} %" if order.discount_kind == PromotionKind.PERCENT else ""
        lines.append(
            PriceLine("Discount", amount(-order.discount_minor), code=order.discount_code, remark=remark)
        )
    lines.append(PriceLine("Total", amount(order.total_minor), "total"))
    if order.refunded_minor:
        lines.append(PriceLine("Refunded", amount(-order.refunded_minor)))
    lines += [
        PriceLine("Disputed", l10n.money(-dispute.amount_minor, dispute.currency), tone="bad")
        for dispute in story.disputes
        if dispute.open
    ]
    return lines


def payment_cards(story: Story, *, stripe: str, sandbox: bool) -> list[PaymentCard]:
    """Return the order's payments, newest first.

    Args:
        stripe: Base address of Stripe's Dashboard, or of the sandbox's console.
        sandbox: The console has one page for everything.
    """
    return [_payment(payment, story, _stripe_page(payment, stripe, sandbox)) for payment in story.payments]


def _payment(payment: PaymentView, story: Story, page: str) -> PaymentCard:
    entries = [entry for entry in story.bookings if entry.cause == f"charge:{payment.charge_id}"]
    when = l10n.moment(payment.captured_at, story.zone) if payment.captured_at else ""
    captured = f"{l10n.money(payment.captured_minor, payment.currency)} on {when}" if when else ""
    return PaymentCard(
        id=payment.public_id,
        status=payment.status,
        method=payment.method,
        captured=captured,
        fee=_sum([entry for entry in entries if entry.kind in _FEES], sign=-1),
        net=_sum(entries),
        intent=payment.payment_intent_id,
        stripe=page,
        attempts=_attempts(payment),
        failure="" if when else payment.failure_message,
    )


def _stripe_page(payment: PaymentView, base: str, sandbox: bool) -> str:
    if not payment.dashboard_path:
        return ""
    return f"{base}/#charges" if sandbox else f"{base}{payment.dashboard_path}"


def _sum(entries: list[LedgerRow], *, sign: int = 1) -> str:
    """Return the sums of entries, one a currency; empty for no entry."""
    sums: dict[str, int] = {}
    for entry in entries:
        sums[entry.settlement_currency] = (
            sums.get(entry.settlement_currency, 0) + sign * entry.settlement_minor
        )
    return " + ".join(l10n.money(minor, currency) for currency, minor in sums.items())


def _attempts(payment: PaymentView) -> str:
    failed = len(payment.attempts)
    if not failed:
        return ""
    last = payment.attempts[-1]
    declined = f"{failed} declined, the last one: {' '.join(filter(None, (last.method, last.message)))}"
    return f"{declined}; then paid" if payment.captured_at else declined


def _less(minor: int, currency: str) -> str:
    return l10n.money(-minor, currency) if minor else ""
