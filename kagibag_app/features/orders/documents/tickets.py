"""Tickets as a PDF: one to a small sheet, with a QR code that any scanner reads, on a screen as on paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kagibag_app.features.orders.documents.paper import (
    A6,
    ACCENT,
    INK_2,
    LINE_STRONG,
    UNKNOWN,
    WHITE,
    Paper,
    Type,
)
from kagibag_app.features.orders.documents.wording import doors_fact, when_line, where_line
from kagibag_app.features.orders.rules import OrderStatus, TicketStatus
from kagibag_app.features.orders.views import OrderEvent, OrderView, TicketPage, TicketView

_EDGE, _SPINE = 14.0, 24.0
_QR = 138.0
_LABEL, _VALUE = Type(7.5, ink=INK_2), Type(9.5)


def tickets_pdf(order: OrderView, *, made_at: datetime) -> bytes:
    """Return all tickets of an order that let somebody in, in its order. It blocks: call it in a thread.

    Args:
        order: An order with at least one such ticket: see ``why_no_tickets``.
        made_at: Now, with its zone; stands in the file's description.
    """
    return _drawn(admitting(order.tickets), order.event, order.buyer_name, order.number, made_at)


def ticket_pdf(page: TicketPage, *, made_at: datetime) -> bytes:
    """Return one ticket that lets somebody in; see ``tickets_pdf``."""
    return _drawn([page.ticket], page.event, page.buyer_name, page.order_number, made_at)


def admitting(tickets: Sequence[TicketView]) -> list[TicketView]:
    """Return the tickets that open the door, or have opened it."""
    return [t for t in tickets if t.status != TicketStatus.VOID and not t.refund_in_progress]


def why_no_tickets(order_status: str, event: OrderEvent, tickets: Sequence[TicketView]) -> str:
    """Return in one sentence why there is nothing to print; empty when there is.

    Args:
        order_status: An ``OrderStatus`` value.
        event: What the tickets are for.
        tickets: Those that are asked for.
    """
    if order_status == OrderStatus.CANCELLED:
        return "This order is cancelled: its tickets no longer let anybody in."
    if order_status != OrderStatus.PAID:
        return "This order is not paid, so it has no tickets yet."
    if event.status == "cancelled":
        return f"This event is cancelled. {event.organizer_name} is in touch with everybody who has tickets."
    if not admitting(tickets):
        one = "This ticket no longer lets" if len(tickets) == 1 else "These tickets no longer let"
        return f"{one} anybody in: what was paid is refunded, or a refund is on its way."
    return ""


def _drawn(
    tickets: Sequence[TicketView], event: OrderEvent, holder: str, number: str, made_at: datetime
) -> bytes:
    count = "Ticket" if len(tickets) == 1 else "Tickets"
    paper = Paper(
        A6,
        title=f"{count} {number}",
        author=event.organizer_name,
        subject=f"{event.title}, {when_line(event)}",
        made_at=made_at,
    )
    for ticket in tickets:
        paper.sheet()
        _frame(paper, ticket)
        _face(paper, ticket, event, holder, number)
        _code(paper, ticket)
    return paper.finish()


def _tear(paper: Paper) -> float:
    """Return where the tear line is."""
    return paper.height - _EDGE - _QR - 62


def _frame(paper: Paper, ticket: TicketView) -> None:
    right, bottom, tear = paper.width - _EDGE, paper.height - _EDGE, _tear(paper)
    paper.box(_EDGE, _EDGE, right - _EDGE, bottom - _EDGE, border=LINE_STRONG, radius=5)
    paper.box(_EDGE, _EDGE, _SPINE, bottom - _EDGE, fill=ACCENT, radius=5)
    # The spine's right side is straight.
    paper.box(_EDGE + _SPINE - 6, _EDGE, 6, bottom - _EDGE, fill=ACCENT)
    paper.turned(_EDGE + _SPINE / 2, (tear + bottom) / 2, "ADMIT ONE", Type(8.5, strong=True, ink=WHITE))
    paper.rule(_EDGE + _SPINE, tear, right, colour=LINE_STRONG, dashed=True)
    for x in (_EDGE, right):
        paper.disc(x, tear, 7, fill=WHITE, border=LINE_STRONG)
    # What of the notches lies outside the ticket is not drawn.
    paper.box(_EDGE - 9, tear - 9, 8.6, 18, fill=WHITE)
    paper.box(right + 0.4, tear - 9, 9, 18, fill=WHITE)


def _face(paper: Paper, ticket: TicketView, event: OrderEvent, holder: str, number: str) -> None:
    x, width = _EDGE + _SPINE + 16, paper.width - 2 * _EDGE - _SPINE - 32
    [sender] = paper.lines(event.organizer_name, width, _LABEL, most=1) or [""]
    paper.write(x, _EDGE + 22, sender, Type(8.5, ink=INK_2))
    y = paper.paragraph(x, _EDGE + 42, event.title, width, Type(16, strong=True), leading=19)
    y = paper.paragraph(x, y - 2, when_line(event), width, _VALUE, leading=13)
    y = paper.paragraph(x, y, where_line(event), width, Type(9.5, ink=INK_2), leading=13)

    y += 12
    [kind] = paper.lines(ticket.type_name, width - 70, Type(11.5, strong=True), most=1) or [""]
    paper.write(x, y, kind, Type(11.5, strong=True))
    if ticket.status == TicketStatus.CHECKED_IN:
        paper.badge(x + width, y, "Checked in", "progress")
    [name] = paper.lines(holder, width, _VALUE, most=1) or [""]
    paper.write(x, y + 15, name, _VALUE)

    doors, doors_at = doors_fact(event)
    bottom = _tear(paper) - 18
    _fact(paper, x, bottom, doors, doors_at, 98)
    _fact(paper, x + 104, bottom, "Order", number, 72, mono=True)
    _fact(paper, x + 178, bottom, "Ticket", f"{ticket.position} of {ticket.of}", width - 178)


def _fact(
    paper: Paper, x: float, y: float, label: str, value: str, width: float, *, mono: bool = False
) -> None:
    type = Type(8.5, mono=mono)
    paper.write(x, y - 11, label, _LABEL)
    [shown] = paper.lines(value, width, type, most=1) or [""]
    paper.write(x, y, shown, type)


def _code(paper: Paper, ticket: TicketView) -> None:
    centre = _EDGE + _SPINE + (paper.width - 2 * _EDGE - _SPINE) / 2
    top = _tear(paper) + 18
    paper.qr(centre - _QR / 2, top, _QR, ticket.code)
    paper.write(centre, top + _QR + 18, ticket.code, Type(12, mono=True), align="centre")
    if paper.unknown:
        note = f"{UNKNOWN}: a character that this file cannot print"
        paper.write(centre, top + _QR + 31, note, Type(6.5, ink=INK_2), align="centre")
