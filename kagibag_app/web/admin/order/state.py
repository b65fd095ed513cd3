"""One order for members: read as a whole, shown live. What is done to it is in ``desk_state`` and ``money_state``."""

from __future__ import annotations

import reflex as rx

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action, MemberStatus, allowed
from kagibag_app.features.orders.rules import written_number
from kagibag_app.features.payments.rules import dashboard_link
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import NotFound
from kagibag_app.live import topics
from kagibag_app.settings import StripeMode
from kagibag_app.web import live
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.admin.order import display, history
from kagibag_app.web.admin.order.reading import FIRST_ENTRIES, MORE_ENTRIES, Story, story
from kagibag_app.web.admin.order.rows import (
    Alarm,
    Booking,
    DisputeLine,
    Face,
    Happening,
    MailLine,
    Mate,
    May,
    PaymentCard,
    RefundLine,
    RequestRow,
    TicketLine,
    Way,
)
from kagibag_app.web.admin.orders.filters import LIST_ARG, Wanted, read_query
from kagibag_app.web.attendee.files import Files, member_files
from kagibag_app.web.components.price_table import PriceLine
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require, route_arg


class OrderDetailState(Workspace):
    """What the order's screen shows.

    Attributes:
        phase: ``loading``, ``missing``, ``failed`` or ``shown``.
        mates: Who can be told of a note.
        older: There are more entries of the timeline than are shown.
    """

    phase: str = "loading"
    face: Face = Face()
    alarm: Alarm = Alarm()
    way: Way = Way()
    may: May = May()
    files: Files = Files()
    tickets: list[TicketLine] = []
    totals: list[PriceLine] = []
    payments: list[PaymentCard] = []
    requests: list[RequestRow] = []
    refunds: list[RefundLine] = []
    disputes: list[DisputeLine] = []
    bookings: list[Booking] = []
    mails: list[MailLine] = []
    timeline: list[Happening] = []
    mates: list[Mate] = []
    older: bool = False
    counts: NavCounts = NavCounts()
    _confirmation: str = ""
    _entries: int = FIRST_ENTRIES

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def load(self, actor: Actor):
        """Show the order of the address, and follow it."""
        if self.face.number != _number(self):
            self._entries = FIRST_ENTRIES
        # Whatever goes wrong below is told by the guard; the page then says so too.
        self.phase = "failed"
        found = await self._read(actor)
        if found is None:
            return
        organizer = actor.organizer_id or 0
        followed = [topics.order(found.key), topics.messages(organizer)]
        live.watch(
            self,
            [*followed, topics.refunds(organizer), topics.disputes(organizer)],
            OrderDetailState.refresh,
        )
        self.mates = await _mates(actor, but=self.email) if self.may.note else []

    @rx.event
    @require(Action.VIEW_ORDERS, person=False)
    async def refresh(self, actor: Actor):
        """Show it as it is now; what is typed and what is open stays."""
        if _number(self):
            await self._read(actor)

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def show_older(self, actor: Actor):
        """Show more of the timeline."""
        if self.older:
            self._entries += MORE_ENTRIES
            await self._read(actor)

    async def _read(self, actor: Actor) -> Story | None:
        listed = _listed(self)
        try:
            found = await story(actor, _number(self), listed=listed, entries=self._entries)
        except NotFound:
            self.reset()
            self.phase, self.way = "missing", Way(list=listed.but())
            async with runtime().store.read() as session:
                self.counts = await nav_counts(session, actor.organizer_id or 0)
            return None
        self._show(found, actor, listed)
        return found

    def _show(self, found: Story, actor: Actor, listed: Wanted) -> None:
        show_emails, now = allowed(actor.role, Action.VIEW_EMAILS), runtime().clock.now()
        stripe, sandbox = _stripe()
        self.face, self.alarm = display.face(found, show_emails=show_emails), history.alarm(found)
        self.way, self.may = display.way(found, listed), display.may(actor.role)
        self.tickets, self.totals = display.ticket_lines(found, now), display.totals(found)
        self.files = member_files(found.order)
        self.payments = display.payment_cards(found, stripe=stripe, sandbox=sandbox)
        self.requests, self.refunds = history.request_rows(found), history.refund_lines(found, now)
        self.disputes, self.bookings = history.dispute_lines(found), history.bookings(found)
        self.mails = history.mail_lines(found, now)
        self.timeline, self.older = history.happenings(found), found.timeline.more
        self.counts, self._confirmation = found.counts, history.newest_confirmation(found.mails)
        self.phase = "shown"


def _number(state: rx.State) -> str:
    """Return the number in the address as it is stored; empty for what can't be one."""
    return written_number(route_arg(state, "number"))


def _listed(state: rx.State) -> Wanted:
    """Return the list that one came from, from its first page; what can't be read of it is left out."""
    return read_query(state.router.url.query_parameters.get(LIST_ARG, ""))[0].top()


async def _mates(actor: Actor, *, but: str) -> list[Mate]:
    """Return the active members but the one with this address: who writes needs no mail about it."""
    async with runtime().store.read() as session:
        members = await accounts.members(session, actor.organizer_id or 0)
    return [
        Mate(member.public_id, member.name, member.role.capitalize())
        for member in members
        if member.status == MemberStatus.ACTIVE and member.email != but
    ]


def _stripe() -> tuple[str, bool]:
    """Return where payments are looked at, and whether that is the sandbox's console."""
    settings = runtime().settings
    if settings.stripe_mode is StripeMode.SANDBOX:
        return settings.sandbox_url, True
    return dashboard_link("", live=settings.stripe_mode is StripeMode.LIVE), False
