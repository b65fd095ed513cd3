"""One order for its buyer: read anew at every event, by the link in the address."""

from __future__ import annotations

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.orders.views import OrderView
from kagibag_app.features.payments import queries as payments
from kagibag_app.features.refunds import queries as refund_queries
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules.automatic import Shown
from kagibag_app.kit.actor import Actor, attendee
from kagibag_app.kit.errors import BadInput, DomainError, NotFound
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.attendee.facts import ticket_row
from kagibag_app.web.attendee.files import Files, order_files
from kagibag_app.web.attendee.links import CHECKOUT_PREFIX, TICKET_PREFIX, order_of_link, ticket_token
from kagibag_app.web.attendee.order.display import OrderFace, face, paid_with, price_lines
from kagibag_app.web.attendee.order.refund_display import ask_form, refund_rows
from kagibag_app.web.attendee.order.rows import AskForm, RefundRow
from kagibag_app.web.attendee.rows import TicketRow
from kagibag_app.web.attendee.screen import Screen
from kagibag_app.web.components.price_table import PriceLine
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.limits import Limit, rate_limits
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import client_address, public, route_arg

# An order holds no more tickets than this; what else a browser sends is not kept.
MOST_CHOSEN = 50


class OrderState(Screen, rx.State):
    """What the order page shows.

    Attributes:
        asking: A refund request is being sent.
        withdrawing: The request whose withdrawal is being confirmed; empty: none.
    """

    order: OrderFace = OrderFace()
    tickets: list[TicketRow] = []
    lines: list[PriceLine] = []
    paid_with: str = ""
    files: Files = Files()
    refunds: list[RefundRow] = []
    ask: AskForm = AskForm()
    asking: bool = False
    ask_error: str = ""
    category_error: str = ""
    reason_error: str = ""
    reply_error: str = ""
    withdrawing: str = ""
    withdraw_error: str = ""
    _chosen: list[str] = []

    @rx.event
    @public
    async def load(self):
        """Show the order that the address opens, and follow it. Once connected again, what was ticked or asked is still there."""
        self._open()
        self.phase, self.asking = "loading", False
        order_id = await self._read()
        if not any(shown.id == self.withdrawing and shown.can_withdraw for shown in self.refunds):
            self.withdrawing = ""
        if order_id is not None:
            live.watch(self, [topics.order(order_id)], OrderState.refresh)

    @rx.event
    @public
    async def refresh(self):
        """Show it as it is now."""
        await self._read()

    @rx.event
    @public
    async def pay(self):
        """Go on to the payment, which also tries again."""
        return rx.redirect(CHECKOUT_PREFIX + route_arg(self, "token"))

    @rx.event
    @public
    async def open_ticket(self, ticket_id: str):
        """Show one ticket alone, by a link that opens nothing else."""
        async with runtime().store.read() as session:
            order = await self._order(session)
            mine = await orders.tickets_of(session, order.id or 0)
        if all(ticket.public_id != ticket_id for ticket in mine):
            raise NotFound("ticket")
        return rx.redirect(TICKET_PREFIX + ticket_token(order, ticket_id))

    @rx.event
    @public
    async def choose(self, ticket_id: str, chosen: bool):
        """Take a ticket into the request, or out of it again."""
        others = [known for known in self._chosen if known != ticket_id][:MOST_CHOSEN]
        self._chosen = [*others, ticket_id] if chosen else others
        await self._read()

    @rx.event
    @public
    async def request_refund(self, form: dict[str, str]):
        """Ask for the money of the chosen tickets back."""
        if self.asking:
            return
        self.asking = True
        self.ask_error = self.category_error = self.reason_error = ""
        yield
        try:
            ask = self.ask
            await self._request(form, Shown(ask.back_minor, ask.at_once))
            said = (
                f"{ask.back} {'is approved' if ask.at_once else 'asked for'}"
                if ask.back
                else "Your request is sent"
            )
            yield notify(said, "Its state is on this page.")
        except DomainError as error:
            yield self._refused(error)
        finally:
            self.asking = False
        await self._read()

    @rx.event
    @public
    async def ask_withdraw(self, request_id: str):
        """Ask whether a request shall be withdrawn."""
        self.withdrawing, self.withdraw_error = request_id, ""

    @rx.event
    @public
    async def keep_request(self, open: bool):
        """Close the question without doing anything."""
        if not open:
            self.withdrawing = ""

    @rx.event
    @public
    async def withdraw(self):
        """Withdraw the request that was asked about."""
        request_id = self.withdrawing
        try:
            order, actor = await self._buyer()
            await runtime().store.run(
                lambda tx: refunds.withdraw(tx, actor, request_id=request_id, order_id=order.id)
            )
            self.withdrawing = ""
        except DomainError as error:
            self.withdraw_error = error.message
        await self._read()

    @rx.event
    @public
    async def reply(self, form: dict[str, str]):
        """Answer a declined request, once."""
        self.reply_error = ""
        try:
            order, actor = await self._buyer()
            await rate_limits().spend(Limit.REFUND_REQUEST, client_address(self))
            await runtime().store.run(
                lambda tx: refunds.reply(
                    tx,
                    actor,
                    request_id=form.get("request", ""),
                    text=form.get("text", ""),
                    order_id=order.id,
                )
            )
        except DomainError as error:
            self.reply_error = error.message
        await self._read()

    async def _order(self, session: AsyncSession) -> Order:
        order = await order_of_link(session, route_arg(self, "token"))
        if order is None:
            raise NotFound("order")
        return order

    async def _buyer(self) -> tuple[Order, Actor]:
        """Return the order and who holds its link; asked anew at every press."""
        async with runtime().store.read() as session:
            order = await self._order(session)
        return order, attendee(order.organizer_id, order.buyer_name)

    async def _request(self, form: dict[str, str], shown: Shown) -> None:
        order, actor = await self._buyer()
        await rate_limits().spend(Limit.REFUND_REQUEST, client_address(self))
        chosen = list(self._chosen)
        await runtime().store.run(
            lambda tx: refunds.request(
                tx,
                actor,
                order_id=order.id or 0,
                ticket_ids=chosen,
                category=form.get("category", ""),
                reason=form.get("reason", ""),
                shown=shown,
            )
        )
        self._chosen = []

    def _refused(self, error: DomainError) -> rx.event.EventSpec | None:
        field = error.field if isinstance(error, BadInput) else ""
        if field in ("category", "reason"):
            setattr(self, f"{field}_error", error.message)
            return rx.set_focus(field)
        self.ask_error = error.message
        return None

    async def _read(self) -> int | None:
        """Read the order that the address opens and put it on the page; return its key."""
        async with runtime().store.read() as session:
            order = await order_of_link(session, route_arg(self, "token"))
            if order is None:
                self._missing()
                return None
            await self._show(session, order)
        return order.id

    async def _show(self, session: AsyncSession, order: Order) -> None:
        view = await orders.order_view(session, order)
        payment = await payments.payment_of_order(session, order.organizer_id, order.id or 0)
        organizer = await session.get_one(Organizer, order.organizer_id)
        card = payment.method if payment else ""
        self.order = face(view, organizer_zone=organizer.zone)
        self.tickets = [ticket_row(ticket, view.event, view.buyer_name) for ticket in view.tickets]
        self.lines, self.paid_with = price_lines(view), paid_with(view, card)
        self.files = order_files(view, route_arg(self, "token"))
        await self._show_refunds(session, order, view, card)
        self.phase = "shown"

    async def _show_refunds(self, session: AsyncSession, order: Order, view: OrderView, card: str) -> None:
        found = await refund_queries.attendee_refunds(
            session, order.organizer_id, order.id or 0, now=runtime().clock.now()
        )
        if found is None:
            return
        selectable = [ticket.id for ticket in found.options.tickets if ticket.selectable]
        if self.phase != "shown" and len(selectable) == 1:
            self._chosen = selectable
        self.refunds = refund_rows(found, view, card)
        self.ask = ask_form(found, view, self._chosen)
