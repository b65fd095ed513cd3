"""The list of bulk refunds, where one begins."""

from __future__ import annotations

import reflex as rx

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.bulk_refunds import queries
from kagibag_app.features.events.queries import event_choices
from kagibag_app.features.orders.rules import OrderFilter
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.bulk_refunds.beginning import begin
from kagibag_app.web.admin.bulk_refunds.rows import PATH, RunLine, event_options, run_line
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require


class BulkRefundsState(Workspace):
    """What the list shows.

    Attributes:
        phase: ``loading`` or ``shown``.
        prepares: The member's role includes beginning one.
        events: Value and words of the events to choose from.
    """

    phase: str = "loading"
    counts: NavCounts = NavCounts()
    prepares: bool = False
    events: list[tuple[str, str]] = []
    lines: list[RunLine] = []

    @rx.event
    @require(Action.VIEW_REFUNDS)
    async def load(self, actor: Actor):
        """Show them, and follow them."""
        self.prepares = allowed(actor.role, Action.PREPARE_REFUNDS)
        await self._read(actor)
        live.watch(self, [topics.bulk_refunds(actor.organizer_id or 0)], BulkRefundsState.refresh)

    @rx.event
    @require(Action.VIEW_REFUNDS, person=False)
    async def refresh(self, actor: Actor):
        """Show what changed."""
        if self.router.url.path.rstrip("/") == PATH:
            await self._read(actor)

    @rx.event
    @require(Action.PREPARE_REFUNDS)
    async def preview(self, actor: Actor, form: dict[str, str]):
        """Look at what refunding an event would do."""
        event = form.get("event", "")
        if not event:
            raise BadInput("Choose an event first.", field="event")
        return await begin(actor, OrderFilter(event=event))

    async def _read(self, actor: Actor) -> None:
        organizer_id, now = actor.organizer_id or 0, runtime().clock.now()
        async with runtime().store.read() as session:
            self.counts = await nav_counts(session, organizer_id)
            organizer = await accounts.system_organizer(session, organizer_id)
            runs = await queries.list_runs(session, organizer_id)
            choices = await event_choices(session, organizer_id) if self.prepares else []
        zone = organizer.zone if organizer else "UTC"
        self.lines = [run_line(row, zone, now) for row in runs]
        self.events, self.phase = event_options(choices), "shown"
