"""One order or ticket as screens, mails and webhooks show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.events.tables import Event
from kagibag_app.features.events.views import iso
from kagibag_app.features.orders import payloads
from kagibag_app.features.orders.queries.rows import applied_of, lines_of, ticket_order, tickets_of
from kagibag_app.features.orders.rules import OrderStatus, mask_email
from kagibag_app.features.orders.tables import LineItem, Order, Ticket
from kagibag_app.features.orders.views import (
    LineGroup,
    LineView,
    OrderEvent,
    OrderView,
    TicketPage,
    TicketView,
)
from kagibag_app.kit.errors import NotFound


async def order_view(session: AsyncSession, order: Order, *, show_emails: bool = True) -> OrderView:
    """Return the whole order. Who may see it was decided before: by access link or by organizer.

    Args:
        show_emails: False masks the buyer's address.
    """
    lines = await lines_of(session, order.id)
    tickets = await tickets_of(session, order.id)
    by_line = {ticket.line_item_id: ticket.public_id for ticket in tickets}
    return view_of(
        order,
        applied=await applied_of(session, order.id),
        event=await _event(session, order),
        lines=[_line(line, by_line.get(line.id, "")) for line in lines],
        tickets=_tickets(lines, tickets),
        show_emails=show_emails,
    )


def view_of(
    order: Any,
    *,
    applied: Any,
    event: OrderEvent,
    lines: list[LineView],
    tickets: list[TicketView],
    show_emails: bool,
) -> OrderView:
    """Put an order together.

    Args:
        order: Its row, mapped or plain.
        applied: The row of the promotion that was applied, or nothing.
    """
    return OrderView(
        id=order.public_id,
        number=order.number,
        status=order.status,
        source=order.source,
        refund_state=order.refund_state,
        dispute_state=order.dispute_state,
        buyer_name=order.buyer_name,
        buyer_email=order.buyer_email if show_emails else mask_email(order.buyer_email),
        currency=order.currency,
        subtotal_minor=order.subtotal_minor,
        discount_minor=order.discount_minor,
        total_minor=order.total_minor,
        refunded_minor=order.refunded_minor,
        discount_code=applied.code if applied else "",
        discount_kind=applied.kind if applied else "",
        discount_value=applied.value if applied else 0,
        locale=order.locale,
        version=order.version,
        placed_at=iso(order.placed_at),
        hold_until=iso(order.hold_until),
        paid_at=iso(order.paid_at),
        cancelled_at=iso(order.cancelled_at),
        event=event,
        refund_policy=dict(order.refund_policy),
        groups=_groups(lines),
        lines=lines,
        tickets=tickets,
        # It is written down with the decision, before the refund that cancels the order has left.
        cancel_message=order.cancel_message if order.status == OrderStatus.CANCELLED else "",
    )


async def ticket_page(session: AsyncSession, ticket_public_id: object) -> TicketPage:
    """Return one ticket alone. That its link is good was checked before.

    Raises:
        NotFound: There is no such ticket.
    """
    order = await ticket_order(session, ticket_public_id)
    if order is None:
        raise NotFound("ticket")
    shown = _tickets(await lines_of(session, order.id), await tickets_of(session, order.id))
    ticket = next(view for view in shown if view.id == ticket_public_id)
    return TicketPage(ticket, await _event(session, order), order.buyer_name, order.number, order.status)


async def mail_card(session: AsyncSession, order_id: int) -> dict[str, Any]:
    """Return what every mail about an order shows (see ``payloads.mail_card``)."""
    order = await session.get_one(Order, order_id)
    return payloads.mail_card(await order_view(session, order), link_version=order.link_version)


async def link_card(session: AsyncSession, order: Order) -> dict[str, Any]:
    """Return what the mail that sends access links says of an order."""
    event = await session.get_one(Event, order.event_id)
    return {
        "number": order.number,
        "public_id": order.public_id,
        "link_version": order.link_version,
        "event_title": event.title,
        "starts_at": iso(event.starts_at),
        "zone": event.zone,
    }


async def _event(session: AsyncSession, order: Order) -> OrderEvent:
    event = await session.get_one(Event, order.event_id)
    organizer = await session.get_one(Organizer, order.organizer_id)
    return OrderEvent(
        id=event.public_id,
        title=event.title,
        slug=event.slug,
        starts_at=iso(event.starts_at),
        ends_at=iso(event.ends_at),
        doors_at=iso(event.doors_at),
        zone=event.zone,
        venue=event.venue,
        address=event.address,
        status=event.status,
        organizer_name=organizer.name,
    )


def _groups(lines: Sequence[LineView]) -> list[LineGroup]:
    counts = Counter((line.name, line.list_minor) for line in lines)
    return [LineGroup(name, count, price, count * price) for (name, price), count in counts.items()]


def _line(line: LineItem, ticket_id: str) -> LineView:
    return LineView(
        line.public_id, line.type_name, line.list_minor, line.discount_minor, line.net_minor, ticket_id
    )


def _tickets(lines: Sequence[LineItem], tickets: Sequence[Ticket]) -> list[TicketView]:
    by_id = {line.id: line for line in lines}
    return [
        _ticket(ticket, by_id[ticket.line_item_id], position, len(tickets))
        for position, ticket in enumerate(tickets, start=1)
    ]


def _ticket(ticket: Ticket, line: LineItem, position: int, of: int) -> TicketView:
    return TicketView(
        id=ticket.public_id,
        code=ticket.code,
        status=ticket.status,
        type_name=line.type_name,
        line_id=line.public_id,
        net_minor=line.net_minor,
        position=position,
        of=of,
        refund_in_progress=ticket.refund_in_progress,
        checked_in_at=iso(ticket.checked_in_at),
        voided_at=iso(ticket.voided_at),
        void_reason=ticket.void_reason,
    )
