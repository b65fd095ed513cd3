"""Home: the period and the currency are in the address."""

from __future__ import annotations

import reflex as rx

from kagibag_app.features.accounts.rules import Action
from kagibag_app.kit.actor import Actor
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.address import address, left_out
from kagibag_app.web.admin.counts import NavCounts
from kagibag_app.web.admin.home.display import home_page
from kagibag_app.web.admin.home.periods import LONGEST, PATH, read_period
from kagibag_app.web.admin.home.reading import read_home
from kagibag_app.web.admin.home.rows import HomePage
from kagibag_app.web.admin.orders import days
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require


class HomeState(Workspace):
    """What the page shows.

    Attributes:
        phase: ``loading`` or ``shown``.
        notice: What of the address could not be read.
        days_error: Why the chosen days are none.
    """

    phase: str = "loading"
    counts: NavCounts = NavCounts()
    shown: HomePage = HomePage()
    notice: str = ""
    days_error: str = ""
    _said: dict[str, str] = {}

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def load(self, actor: Actor):
        """Show what the address asks for, and follow it."""
        said = self.router.url.query_parameters
        self._said = {name: said.get(name, "") for name in ("days", "from", "until", "currency")}
        self.days_error = ""
        await self._read(actor)
        live.watch(self, _topics(actor), HomeState.refresh)

    @rx.event
    @require(Action.VIEW_ORDERS, person=False)
    async def refresh(self, actor: Actor):
        """Show the page as it is now; a day may have begun meanwhile."""
        if self.router.url.path.rstrip("/") == PATH and self.phase == "shown":
            await self._read(actor, together=True)

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def choose_days(self, actor: Actor, form: dict[str, str]):
        """Show the figures of some days."""
        first, last = days.day(form.get("from", "")), days.day(form.get("until", ""))
        if not first or not last:
            self.days_error = "Choose the first and the last day."
        elif last < first:
            self.days_error = "The last day is before the first one."
        elif int(last[:4]) - int(first[:4]) > LONGEST.days // 366:
            self.days_error = "Choose at most five years."
        else:
            currency = self._said.get("currency", "")
            return rx.redirect(address(PATH, currency=currency, **{"from": first, "until": last}))
        return None

    async def _read(self, actor: Actor, *, together: bool = False) -> None:
        organizer, zone = actor.organizer_id or 0, self._zone
        period, ignored = read_period(self._said, runtime().clock.now(), zone)

        async def read():
            return await read_home(organizer, period, zone)

        seen = await (live.share(("home", organizer, period), read) if together else read())
        self.counts, self.notice = seen.counts, left_out(ignored)
        self.shown = home_page(seen, self._said.get("currency", ""))
        self.phase = "shown"


def _topics(actor: Actor) -> list[str]:
    organizer = actor.organizer_id or 0
    follows = (topics.orders, topics.refunds, topics.disputes, topics.webhooks)
    return [topic(organizer) for topic in follows]
