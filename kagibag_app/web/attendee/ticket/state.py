"""One ticket, kept current until the door."""

from __future__ import annotations

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.attendee.facts import ticket_row, when_line, where_line
from kagibag_app.web.attendee.files import Files, ticket_files
from kagibag_app.web.attendee.links import ticket_of_link
from kagibag_app.web.attendee.rows import TicketRow
from kagibag_app.web.attendee.screen import Screen
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import public, route_arg


class TicketState(Screen, rx.State):
    """What the ticket's page shows.

    Attributes:
        when: From when to when, in the event's zone.
        where: Venue and address.
        remark: What to know at the door; empty for a plain valid ticket.
    """

    ticket: TicketRow = TicketRow()
    event_title: str = ""
    organizer: str = ""
    home: str = ""
    number: str = ""
    when: str = ""
    where: str = ""
    remark: str = ""
    files: Files = Files()

    @rx.event
    @public
    async def load(self):
        """Show the ticket that the address opens, and follow it."""
        self._open()
        async with runtime().store.read() as session:
            order_id = await self._read(session)
        if order_id is not None:
            live.watch(self, [topics.order(order_id)], TicketState.refresh)

    @rx.event
    @public
    async def refresh(self):
        """Show it as it is now."""
        async with runtime().store.read() as session:
            await self._read(session)

    async def _read(self, session: AsyncSession) -> int | None:
        ticket_id = await ticket_of_link(session, route_arg(self, "token"))
        order = await orders.ticket_order(session, ticket_id) if ticket_id else None
        if order is None:
            self._missing()
            return None
        page = await orders.ticket_page(session, ticket_id)
        self.ticket = ticket_row(page.ticket, page.event, page.buyer_name)
        self.event_title, self.organizer = page.event.title, page.event.organizer_name
        self.home = f"/e/{page.event.slug}"
        self.files = ticket_files(page, route_arg(self, "token"))
        self.number = page.order_number
        self.when, self.where = when_line(page.event), where_line(page.event)
        self.remark = _remark(
            page.ticket.status, page.ticket.refund_in_progress, page.order_status, page.event.status
        )
        self.phase = "shown"
        return order.id


def _remark(status: str, refund_in_progress: bool, order_status: str, event_status: str) -> str:
    if status == "void":
        return (
            "This ticket no longer lets anybody in: it was refunded or cancelled. The order page says more."
        )
    if status == "checked_in":
        return "This ticket was used at the door already."
    if event_status == "cancelled":
        return "This event is cancelled. The organizer is in touch with you."
    if refund_in_progress or order_status == OrderStatus.CANCELLED:
        return "A refund for this ticket is on its way, so it does not open the door any more."
    return ""
