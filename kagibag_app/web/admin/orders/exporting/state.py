"""The export of what the list shows: asked for, followed, cancelled, taken."""

from __future__ import annotations

from typing import Any, cast

import reflex as rx

from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.reports import service as reports
from kagibag_app.features.reports.rules import ExportFormat
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.orders import filters
from kagibag_app.web.admin.orders.exporting.reading import listed, own_exports
from kagibag_app.web.admin.orders.exporting.rows import ExportItem, orders_text
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require

UNDER_WAY = ("queued", "running")


class ExportState(Workspace):
    """What the dialog shows.

    Attributes:
        may_export: The member's role includes exports; without it there is no button.
        shown: The dialog is open.
        count: How many orders the list shows, in words; ``words`` which ones.
        nothing: There is none.
        refine: The search found more orders than it looks at.
        format: The chosen ``ExportFormat``.
        exports: The member's last ones, the newest first.
        error: Why the last thing that was asked for did not happen.
    """

    may_export: bool = False
    shown: bool = False
    count: str = ""
    words: str = ""
    nothing: bool = False
    refine: bool = False
    format: str = ExportFormat.CSV.value
    exports: list[ExportItem] = []
    busy: bool = False
    error: str = ""

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def load(self, actor: Actor):
        """Offer the export to those who may, and follow what is under way."""
        # An open dialog speaks of the list that was shown before.
        self.may_export, self.shown = allowed(actor.role, Action.EXPORT_ORDERS), False
        if self.may_export:
            self.exports = await own_exports(actor)
            live.watch(
                self, [topics.exports(actor.organizer_id or 0, actor.user_id or 0)], ExportState.refresh
            )

    @rx.event
    @require(Action.VIEW_ORDERS, person=False)
    async def refresh(self, actor: Actor):
        """Show how far it is; tell when one is over while nobody looks."""
        if not self.may_export:
            return None
        before = {item.id for item in self.exports if item.shown in UNDER_WAY}
        self.exports = await own_exports(actor)
        over = [item for item in self.exports if item.id in before and item.shown not in UNDER_WAY]
        return [] if self.shown else [_told(item) for item in over if item.shown != "cancelled"]

    @rx.event
    @require(Action.EXPORT_ORDERS)
    async def show(self, actor: Actor):
        """Open the dialog for what the list shows now."""
        seen = await listed(actor, filters.read(self.router.url.query_parameters)[0])
        self.count, self.words, self.nothing = orders_text(seen.count), seen.words, seen.count == 0
        self.refine = seen.refine
        self.exports, self.error, self.shown = await own_exports(actor), "", True

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def close(self, actor: Actor, open: bool):
        """Close the dialog; what is under way goes on."""
        self.shown = open

    @rx.event
    @require(Action.EXPORT_ORDERS)
    async def choose(self, actor: Actor, format: str):
        """Choose the kind of file."""
        self.format = ExportFormat.read(format).value

    @rx.event
    @require(Action.EXPORT_ORDERS)
    async def start(self, actor: Actor):
        """Ask for the file of what the list shows."""
        if self.busy:
            return
        self.busy = True
        yield
        try:
            seen = await listed(actor, filters.read(self.router.url.query_parameters)[0])
            await self._do(
                actor, lambda tx: reports.start_export(tx, actor, chosen=seen.chosen, format=self.format)
            )
        finally:
            self.busy = False

    @rx.event
    @require(Action.EXPORT_ORDERS)
    async def again(self, actor: Actor, export: str):
        """Ask once more for what came to nothing or has expired."""
        await self._do(actor, lambda tx: reports.repeat_export(tx, actor, export=export))

    @rx.event
    @require(Action.EXPORT_ORDERS)
    async def cancel(self, actor: Actor, export: str):
        """Stop one that is under way."""
        await self._do(actor, lambda tx: reports.cancel_export(tx, actor, export=export))

    async def _do(self, actor: Actor, work: Any) -> None:
        """Do it and show the result; say in the dialog why not."""
        self.error = ""
        try:
            await runtime().store.run(work)
        except DomainError as error:
            self.error = error.message
        self.exports = await own_exports(actor)


def _told(item: ExportItem) -> Any:
    """Return the toast of an export that is over; its button opens the dialog, where the file is."""
    opens = ("Open", cast("rx.event.EventSpec", ExportState.show()))
    if item.shown == "finished":
        return notify("Your export is ready", f"{item.title}: {item.words}.", lead=opens)
    return notify("Your export failed", item.reason, tone="error", lead=opens)
