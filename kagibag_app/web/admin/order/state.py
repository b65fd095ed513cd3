"""One order for members: read as a whole, shown live."""

from __future__ import annotations

import reflex as rx

from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.messages import service as messages
from kagibag_app.features.orders.rules import written_number
from kagibag_app.features.payments.rules import dashboard_link
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError, NotFound
from kagibag_app.live import topics
from kagibag_app.settings import StripeMode
from kagibag_app.web import live
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.admin.order import display, history
from kagibag_app.web.admin.order.reading import Story, story
from kagibag_app.web.admin.order.rows import (
    Alarm,
    Booking,
    DisputeLine,
    Face,
    Happening,
    MailLine,
    PaymentCard,
    RefundLine,
    RequestRow,
    TicketLine,
)
from kagibag_app.web.components.price_table import PriceLine
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require, route_arg


class OrderDetailState(Workspace):
    """What the order's screen shows.

    Attributes:
        phase: ``loading``, ``missing`` or ``shown``.
        may_resend: The role may send the confirmation again, and there is one.
        resending: It is being sent.
    """

    phase: str = "loading"
    face: Face = Face()
    alarm: Alarm = Alarm()
    tickets: list[TicketLine] = []
    totals: list[PriceLine] = []
    payments: list[PaymentCard] = []
    requests: list[RequestRow] = []
    refunds: list[RefundLine] = []
    disputes: list[DisputeLine] = []
    bookings: list[Booking] = []
    mails: list[MailLine] = []
    timeline: list[Happening] = []
    counts: NavCounts = NavCounts()
    may_resend: bool = False
    resending: bool = False

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def load(self, actor: Actor):
        """Show the order of the address, and follow it."""
        self.resending = False
        if self.face.number != _number(self):
            self.phase = "loading"
        found = await self._read(actor)
        if found is not None:
            organizer = actor.organizer_id or 0
            followed = [topics.order(found.key), topics.messages(organizer)]
            live.watch(
                self,
                [*followed, topics.refunds(organizer), topics.disputes(organizer)],
                OrderDetailState.refresh,
            )

    @rx.event
    @require(Action.VIEW_ORDERS, person=False)
    async def refresh(self, actor: Actor):
        """Show it as it is now."""
        if _number(self):
            await self._read(actor)

    @rx.event
    @require(Action.RESEND_MAIL)
    async def resend_confirmation(self, actor: Actor):
        """Send the buyer the confirmation with the ticket links once more."""
        if self.resending:
            return
        self.resending = True
        yield
        try:
            mail = history.newest_confirmation((await story(actor, _number(self))).mails)
            await runtime().store.run(lambda tx: messages.resend(tx, actor, message_id=mail))
            yield notify(
                "Confirmation on its way again", f"To {self.face.email}. Its state is under Messages."
            )
        except DomainError as error:
            yield notify("The confirmation was not sent again", error.message, tone="error")
        finally:
            self.resending = False
        await self._read(actor)

    async def _read(self, actor: Actor) -> Story | None:
        try:
            found = await story(actor, _number(self))
        except NotFound:
            self.reset()
            self.phase = "missing"
            async with runtime().store.read() as session:
                self.counts = await nav_counts(session, actor.organizer_id or 0)
            return None
        self._show(found, actor)
        return found

    def _show(self, found: Story, actor: Actor) -> None:
        show_emails, now = allowed(actor.role, Action.VIEW_EMAILS), runtime().clock.now()
        stripe, sandbox = _stripe()
        self.face, self.alarm = display.face(found, show_emails=show_emails), history.alarm(found)
        self.tickets, self.totals = display.ticket_lines(found), display.totals(found)
        self.payments = display.payment_cards(found, stripe=stripe, sandbox=sandbox)
        self.requests, self.refunds = history.request_rows(found), history.refund_lines(found, now)
        self.disputes, self.bookings = history.dispute_lines(found), history.bookings(found)
        self.mails = history.mail_lines(found, now, show_emails=show_emails)
        self.timeline, self.counts = history.happenings(found), found.counts
        confirmed = bool(history.newest_confirmation(found.mails))
        self.may_resend = confirmed and allowed(actor.role, Action.RESEND_MAIL)
        self.phase = "shown"


def _number(state: rx.State) -> str:
    """Return the number in the address as it is stored; empty for what can't be one."""
    return written_number(route_arg(state, "number"))


def _stripe() -> tuple[str, bool]:
    """Return where payments are looked at, and whether that is the sandbox's console."""
    settings = runtime().settings
    if settings.stripe_mode is StripeMode.SANDBOX:
        return settings.sandbox_url, True
    return dashboard_link("", live=settings.stripe_mode is StripeMode.LIVE), False
