"""The list of orders: what is shown is in the address; rows that one reads never move."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import reflex as rx

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.orders.rules import search_text
from kagibag_app.kit.actor import Actor
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.address import left_out
from kagibag_app.web.admin.counts import NavCounts
from kagibag_app.web.admin.orders import filters
from kagibag_app.web.admin.orders.filters import Wanted
from kagibag_app.web.admin.orders.reading import Found, found, orders_by_id, shared
from kagibag_app.web.admin.orders.rows import (
    Bar,
    Choice,
    OrderLine,
    bar,
    event_choices,
    line,
    outcomes,
    restated,
    tabs,
)
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require

TO_TOP = "window.scrollTo({top: 0})"


class OrdersState(Workspace):
    """What the list shows.

    Attributes:
        phase: ``loading`` or ``shown``.
        search: What the search box begins with; ``search_round`` changes when it has to begin anew.
        waiting: How many new orders wait above the list, as text; empty for none.
        notice: What of the address could not be read.
        dates_error: Why the typed days can't hold.
    """

    phase: str = "loading"
    lines: list[OrderLine] = []
    tabs: list[Choice] = []
    outcomes: list[Choice] = []
    events: list[Choice] = []
    bar: Bar = Bar()
    search: str = ""
    search_round: int = 0
    waiting: str = ""
    notice: str = ""
    dates_error: str = ""
    counts: NavCounts = NavCounts()
    _scrolled: bool = False
    _typed: str = ""
    _total: int = 0

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def load(self, actor: Actor):
        """Show what the address asks for, and follow it."""
        wanted, ignored = filters.read(self.router.url.query_parameters)
        seen = await found(actor, wanted)
        if seen.wanted != wanted:
            ignored.append("event")
        self.notice, self.dates_error, self._scrolled = left_out(ignored), "", False
        self._begin_search(wanted.search)
        self._show(seen)
        organizer = actor.organizer_id or 0
        followed = [topics.orders(organizer), topics.refunds(organizer), topics.disputes(organizer)]
        live.watch(self, followed, OrdersState.refresh)

    @rx.event
    @require(Action.VIEW_ORDERS, person=False)
    async def refresh(self, actor: Actor):
        """Show what changed; what one reads stays where it is."""
        if self.router.url.path.rstrip("/") != filters.PATH:
            return
        seen = await shared(actor, filters.read(self.router.url.query_parameters)[0])
        if self._reading(seen.wanted):
            await self._show_in_place(actor, seen)
        else:
            known = {shown.id for shown in self.lines}
            self._show(seen, known=known)

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def find(self, actor: Actor, typed: str):
        """Look for what was typed; the address says it."""
        self._typed = search_text(typed)
        return rx.redirect(self._wanted().but(search=self._typed), replace=True)

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def choose_dates(self, actor: Actor, form: dict[str, str]):
        """Show only the orders of some days."""
        first, last = filters.day(form.get("from", "")), filters.day(form.get("until", ""))
        if not first and not last:
            self.dates_error = "Choose at least one day."
            return None
        if first and last and last < first:
            self.dates_error = "The last day is before the first one."
            return None
        self.dates_error = ""
        return rx.redirect(self._wanted().but(first=first, last=last))

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def show_waiting(self, actor: Actor):
        """Show the new orders that wait above the list."""
        wanted = self._wanted()
        self._scrolled = False
        if not wanted.on_first_page:
            return [rx.call_script(TO_TOP), rx.redirect(wanted.but())]
        known = {shown.id for shown in self.lines}
        self._show(await found(actor, wanted), known=known)
        return rx.call_script(TO_TOP)

    @rx.event
    @require(Action.VIEW_ORDERS, person=False)
    async def scrolled(self, actor: Actor, away: bool):
        """Take note of whether the top of the list is out of sight; back at the top, waiting orders are shown."""
        self._scrolled = away
        if not away and self.waiting and not self._reading(self._wanted()):
            known = {shown.id for shown in self.lines}
            self._show(await found(actor, self._wanted()), known=known)

    def _wanted(self) -> Wanted:
        return filters.read(self.router.url.query_parameters)[0]

    def _reading(self, wanted: Wanted) -> bool:
        """Say whether new rows would move what one looks at."""
        return (
            self.phase == "shown"
            and bool(self.lines)
            and (self._scrolled or wanted.narrowed or not wanted.on_first_page)
        )

    def _begin_search(self, search: str) -> None:
        """Put the address's search into the box, unless it is what was just typed there."""
        if search != self._typed or self.phase != "shown":
            self._typed, self.search_round = search, self.search_round + 1
        self.search = search

    def _show(self, seen: Found, *, known: set[str] | None = None) -> None:
        """Show a page; rows that were not known before are marked as new."""
        now = runtime().clock.now()
        lines = [line(row, seen.zone, now) for row in seen.page.rows]
        if known is not None:
            lines = [replace(shown, fresh=shown.id not in known) for shown in lines]
        self.lines, self.waiting, self._total = lines, "", seen.page.total
        self._show_around(seen)
        self.phase = "shown"

    async def _show_in_place(self, actor: Actor, seen: Found) -> None:
        """Change the shown rows where they stand, and count what waits above them."""
        now = runtime().clock.now()
        current = {row.id: line(row, seen.zone, now) for row in seen.page.rows}
        gone = await orders_by_id(actor, [shown.id for shown in self.lines if shown.id not in current])
        self.lines = [_as_now(shown, current, gone) for shown in self.lines]
        newer = (
            _newer(list(current.values()), self.lines)
            if seen.wanted.on_first_page
            else seen.page.total - self._total
        )
        self.waiting = f"{newer:,}" if newer > 0 else ""
        self._show_around(seen)

    def _show_around(self, seen: Found) -> None:
        self.tabs, self.outcomes = tabs(seen.page, seen.wanted), outcomes(seen.page, seen.wanted)
        self.events, self.counts = event_choices(seen.events, seen.wanted), seen.counts
        self.bar = bar(seen.page, seen.events, seen.wanted, seen.zone)


def _as_now(shown: OrderLine, current: dict[str, OrderLine], gone: dict[str, Any]) -> OrderLine:
    """Return a shown row as it is now; one that fits the filter no longer stays, with its new state."""
    if shown.id in current:
        return replace(current[shown.id], fresh=shown.fresh)
    return restated(shown, gone[shown.id]) if shown.id in gone else shown


def _newer(current: list[OrderLine], shown: list[OrderLine]) -> int:
    """Count the rows above the first one that is still shown."""
    known = {row.id for row in shown}
    return next((index for index, row in enumerate(current) if row.id in known), len(current))
