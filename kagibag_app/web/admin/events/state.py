"""The list of events, live, and the form of a new one."""

from __future__ import annotations

import reflex as rx

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.events import queries, service
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.admin.events.rows import (
    PATH,
    EventItem,
    currency_options,
    event_item,
    event_path,
    read_event,
    zone_options,
)
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require

# So many of each part are shown: a seller's calendar, not an archive.
SHOWN = 100


class EventsState(Workspace):
    """What the screen shows.

    Attributes:
        phase: ``loading`` or ``shown``.
        coming, past: The events, the nearest first.
        creating: The form of a new event is open; ``errors`` says by field what is wrong with it.
        zones, currencies: What the form offers, filled while it is open; ``zone`` and ``currency`` are the organization's.
    """

    phase: str = "loading"
    coming: list[EventItem] = []
    past: list[EventItem] = []
    manages: bool = False
    creating: bool = False
    errors: dict[str, str] = {}
    zones: list[tuple[str, str]] = []
    currencies: list[tuple[str, str]] = []
    zone: str = ""
    currency: str = ""
    counts: NavCounts = NavCounts()

    @rx.event
    @require(Action.VIEW_EVENTS)
    async def load(self, actor: Actor):
        """Show them, and follow what they sell."""
        self.creating, self.errors = False, {}
        self.manages = allowed(actor.role, Action.MANAGE_EVENTS)
        await self._read(actor)
        organizer = actor.organizer_id or 0
        followed = [topics.events(organizer), topics.refunds(organizer), topics.disputes(organizer)]
        live.watch(self, followed, EventsState.refresh)

    @rx.event
    @require(Action.VIEW_EVENTS, person=False)
    async def refresh(self, actor: Actor):
        """Show what changed."""
        if self.router.url.path.rstrip("/") == PATH:
            await self._read(actor)

    @rx.event
    @require(Action.MANAGE_EVENTS)
    async def start(self, actor: Actor):
        """Open the form of a new event."""
        async with runtime().store.read() as session:
            organizer = await accounts.system_organizer(session, actor.organizer_id or 0)
        self.zones, self.currencies = zone_options(), currency_options()
        self.zone, self.currency = (organizer.zone, organizer.currency) if organizer else ("UTC", "USD")
        self.creating, self.errors = True, {}

    @rx.event
    @require(Action.VIEW_EVENTS)
    async def stop(self, actor: Actor, open: bool):
        """Close the form; nothing is added."""
        self.creating = open and self.manages

    @rx.event
    @require(Action.MANAGE_EVENTS)
    async def create(self, actor: Actor, form: dict[str, str]):
        """Add a draft and go where it is completed."""
        try:
            said = read_event(form)
            organizer_id = actor.organizer_id or 0
            event = await runtime().store.run(
                lambda tx: service.create_event(tx, actor, organizer_id=organizer_id, **said.fields)
            )
        except BadInput as error:
            self.errors = {error.field or "other": error.message}
            return None
        self.creating = False
        words = " ".join(said.remarks) or "Nobody sees it before you publish it. Add its ticket types now."
        return [notify("Draft added", words), rx.redirect(event_path(event.slug))]

    async def _read(self, actor: Actor) -> None:
        organizer_id, now = actor.organizer_id or 0, runtime().clock.now()
        async with runtime().store.read() as session:
            coming = await queries.event_lines(session, organizer_id, now=now, limit=SHOWN)
            past = await queries.event_lines(session, organizer_id, now=now, past=True, limit=SHOWN)
            self.counts = await nav_counts(session, organizer_id)
        self.coming, self.past = [event_item(line) for line in coming], [event_item(line) for line in past]
        self.phase = "shown"
