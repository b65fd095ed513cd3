"""The list of orders: what is shown is in the address; rows that one reads never move."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import reflex as rx

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.orders.rules import search_text
from kagibag_app.kit.actor import Actor
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.address import left_out, say_in_place
from kagibag_app.web.admin.choices import Choice
from kagibag_app.web.admin.counts import NavCounts
from kagibag_app.web.admin.orders import days, filters
from kagibag_app.web.admin.orders.bar import Bar, Sums
from kagibag_app.web.admin.orders.filters import Wanted
from kagibag_app.web.admin.orders.keeping import Pill, kept, marked, missing, slotted, waiting
from kagibag_app.web.admin.orders.reading import Found, as_now, completed, found, promotion_of, shared
from kagibag_app.web.admin.orders.rows import OrderLine
from kagibag_app.web.admin.orders.saved_views import SavedViewsState
from kagibag_app.web.session import require

TO_TOP = "window.scrollTo({top: 0})"


class OrdersState(SavedViewsState):
    """What the list shows.

    Attributes:
        phase: ``loading`` or ``shown``.
        counting: The rows are there, their counts are still those of the list before.
        search: What the search box begins with; ``search_round`` changes when it has to begin anew.
        waiting: What waits above the list.
        notice: What of the address could not be read.
        refine: The search found more orders than it looks at.
        dates_error: Why the typed days can't hold.
        code_error: Why the typed code can't hold.
    """

    phase: str = "loading"
    counting: bool = True
    lines: list[OrderLine] = []
    tabs: list[Choice] = []
    outcomes: list[Choice] = []
    spans: list[Choice] = []
    events: list[Choice] = []
    sources: list[Choice] = []
    promotions: list[Choice] = []
    sorts: list[Choice] = []
    bar: Bar = Bar()
    sums: Sums = Sums()
    search: str = ""
    search_round: int = 0
    waiting: Pill = Pill()
    notice: str = ""
    refine: bool = False
    dates_error: str = ""
    code_error: str = ""
    counts: NavCounts = NavCounts()
    _lines: tuple[OrderLine, ...] = ()
    _wanted: Wanted | None = None
    _scrolled: bool = False
    _typed: str = ""
    _total: int | None = None

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def load(self, actor: Actor):
        """Show what the address asks for, rows first, and follow it."""
        wanted, ignored = self._asked()
        self._begin_search(wanted.search)
        self._put(dates_error="", code_error="")
        seen = await found(actor, wanted, self._zone)
        self._show(seen, ignored)
        yield
        self._complete(await completed(actor, seen))
        await self._read_views(actor, seen.wanted)
        organizer = actor.organizer_id or 0
        followed = [topics.orders(organizer), topics.refunds(organizer), topics.disputes(organizer)]
        live.watch(self, followed, OrdersState.refresh)

    @rx.event
    @require(Action.VIEW_ORDERS, person=False)
    async def refresh(self, actor: Actor):
        """Show what changed; what one reads stays where it is."""
        if self._wanted is None or self.router.url.path.rstrip("/") != filters.PATH:
            return
        seen = await shared(actor, self._wanted, self._zone)
        if self._reading():
            await self._show_in_place(actor, seen)
        else:
            self._show(seen, known={shown.id for shown in self._lines})
        self._complete(seen)

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def find(self, actor: Actor, typed: str):
        """Look for what was typed; the address says it, and the browser's history does not grow by each letter."""
        self._typed = search_text(typed)
        wanted = replace(self._asked()[0].top(), search=self._typed)
        seen = await found(actor, wanted, self._zone)
        self._put(search=self._typed, here=seen.wanted.but())
        self._show(seen)
        yield say_in_place(self, self.here, besides="q")
        self._complete(await completed(actor, seen))
        self._recognise(seen.wanted)

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def choose_dates(self, actor: Actor, form: dict[str, str]):
        """Show only the orders of some days."""
        first, last = days.day(form.get("from", "")), days.day(form.get("until", ""))
        if not first and not last:
            self.dates_error = "Choose at least one day."
            return None
        if first and last and last < first:
            self.dates_error = "The last day is before the first one."
            return None
        self.dates_error = ""
        return rx.redirect(self._asked()[0].but(first=first, last=last))

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def choose_code(self, actor: Actor, form: dict[str, str]):
        """Show only the orders with a code that is not in the menu."""
        promotion = await promotion_of(actor, form.get("code", ""))
        self.code_error = "" if promotion else "There is no such code."
        return rx.redirect(self._asked()[0].but(promotion=promotion)) if promotion else None

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def show_waiting(self, actor: Actor):
        """Show what waits above the list."""
        wanted = self._asked()[0]
        self._scrolled = False
        if not wanted.on_first_page:
            yield [rx.call_script(TO_TOP), rx.redirect(wanted.but())]
            return
        yield rx.call_script(TO_TOP)
        await self._show_anew(actor, wanted)

    @rx.event
    @require(Action.VIEW_ORDERS, person=False)
    async def scrolled(self, actor: Actor, away: bool):
        """Take note of whether one is in the middle of the list; when one is not, nothing has to wait any more."""
        self._scrolled = away
        if self.waiting.words and self._wanted is not None and not self._reading():
            await self._show_anew(actor, self._wanted)

    def _reading(self) -> bool:
        """Say whether new rows would move what one looks at."""
        return bool(self._lines) and (self._scrolled or self._wanted != Wanted())

    def _begin_search(self, search: str) -> None:
        """Put the address's search into the box, unless it is what was just typed there."""
        if search != self._typed or self.phase != "shown":
            self._typed, self.search_round = search, self.search_round + 1
        self._put(search=search)

    async def _show_anew(self, actor: Actor, wanted: Wanted) -> None:
        seen = await found(actor, wanted, self._zone)
        self._show(seen, known={shown.id for shown in self._lines})
        self._complete(await completed(actor, seen))

    def _show(self, seen: Found, ignored: list[str] | None = None, *, known: set[str] | None = None) -> None:
        """Show a page; rows that were not known before are marked as new."""
        lines = seen.lines
        if known is not None:
            lines = [marked(shown, shown.id not in known) for shown in lines]
        self._show_lines(slotted(lines, self._lines if known is not None else ()))
        if known is None:
            self._put(notice=left_out(list(dict.fromkeys([*(ignored or ()), *seen.offered.missed]))))
        self._wanted, self._total = seen.wanted, None
        self._put(waiting=Pill(), counting=not seen.counted, refine=seen.page.refine, phase="shown")
        self._put(bar=seen.bar)
        self._show_tabs(seen)

    async def _show_in_place(self, actor: Actor, seen: Found) -> None:
        """Change the shown rows where they stand, and say what waits above them."""
        elsewhere = await as_now(actor, missing(self._lines, seen.lines), seen)
        page = seen.page
        more = 0 if self._total is None or page.total_capped else page.total - self._total
        self._put(waiting=waiting(self._lines, seen.lines, seen.wanted, more=more))
        self._show_lines(slotted(kept(self._lines, seen.lines, elsewhere), self._lines))
        self._put(bar=seen.bar)

    def _show_lines(self, lines: list[OrderLine]) -> None:
        if self._lines != tuple(lines) or self.phase != "shown":
            self._lines, self.lines = tuple(lines), lines

    def _show_tabs(self, seen: Found) -> None:
        """Show the tabs; before their counts are there, those of the list before stay."""
        tabs, outcomes = seen.tabs, seen.outcomes
        if not seen.counted:
            before = {tab.label: tab.count for tab in (*self.tabs, *self.outcomes)}
            tabs = [replace(tab, count=before.get(tab.label, "")) for tab in tabs]
            outcomes = [replace(tab, count=before.get(tab.label, "")) for tab in outcomes]
        self._put(tabs=tabs, outcomes=outcomes)

    def _complete(self, seen: Found) -> None:
        """Show the rest of a page: its counts, and what one may choose instead."""
        self._show_tabs(seen)
        self._put(sums=seen.sums, counts=seen.counts, counting=False)
        if seen.around:
            self._put(**{part.name: getattr(seen.around, part.name) for part in fields(seen.around)})
        if self._total is None and not seen.page.total_capped:
            self._total = seen.page.total

    def _put(self, **values: Any) -> None:
        """Set what is another than before: every value that is set is sent to the browser."""
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
