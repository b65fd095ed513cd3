"""The list of disputes: the tab and the page are in the address."""

from __future__ import annotations

import re

import reflex as rx

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.disputes import queries as disputes
from kagibag_app.features.disputes.rules import DisputeFilter
from kagibag_app.kit.actor import Actor
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.address import left_out
from kagibag_app.web.admin.choices import Choice
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.admin.disputes.rows import (
    PATH,
    DisputeLine,
    Listing,
    dispute_line,
    listing,
    tab_rows,
)
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require

_ID = re.compile(r"[A-Za-z0-9_]{1,64}")


class DisputesState(Workspace):
    """What the list shows.

    Attributes:
        phase: ``loading`` or ``shown``.
        notice: What of the address could not be read.
    """

    phase: str = "loading"
    counts: NavCounts = NavCounts()
    tabs: list[Choice] = []
    lines: list[DisputeLine] = []
    listing: Listing = Listing()
    notice: str = ""
    _tab: str = DisputeFilter.OPEN
    _after: str = ""

    @rx.event
    @require(Action.VIEW_DISPUTES)
    async def load(self, actor: Actor):
        """Show what the address asks for, and follow it."""
        said = self.router.url.query_parameters
        tab, after = said.get("tab", ""), said.get("after", "")
        known = tab in {str(each) for each in DisputeFilter}
        fits = _ID.fullmatch(after) is not None
        self._tab, self._after = tab if known else DisputeFilter.OPEN, after if fits else ""
        read = {"tab": known or not tab, "after": fits or not after}
        self.notice = left_out([name for name, understood in read.items() if not understood])
        await self._read(actor)
        live.watch(self, _topics(actor), DisputesState.refresh)

    @rx.event
    @require(Action.VIEW_DISPUTES, person=False)
    async def refresh(self, actor: Actor):
        """Show the list as it is now; also counts the deadlines down."""
        if self.router.url.path.rstrip("/") == PATH:
            await self._read(actor)

    async def _read(self, actor: Actor) -> None:
        organizer_id, now = actor.organizer_id or 0, runtime().clock.now()
        chosen = DisputeFilter(self._tab)
        async with runtime().store.read() as session:
            organizer = await accounts.system_organizer(session, organizer_id)
            page = await disputes.dispute_page(session, organizer_id, show=chosen, after=self._after)
            self.counts = await nav_counts(session, organizer_id)
        zone = organizer.zone if organizer else "UTC"
        self.tabs = tab_rows(page, chosen)
        self.lines = [dispute_line(row, zone, now) for row in page.rows]
        self.listing = listing(page, chosen, self._after, zone, self.counts.disputes)
        self.phase = "shown"


def _topics(actor: Actor) -> list[str]:
    organizer = actor.organizer_id or 0
    return [topics.disputes(organizer), topics.refunds(organizer)]
