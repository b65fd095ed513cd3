"""A member's saved views: names for what the list's address says."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders import service
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput
from kagibag_app.web.admin.orders import filters
from kagibag_app.web.admin.orders.filters import Wanted, read_query
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require


@dataclass(frozen=True, slots=True)
class View:
    """A saved view: where it leads, and whether it is what the list shows."""

    id: str
    name: str
    href: str
    current: bool = False


class SavedViewsState(Workspace):
    """What the menu of saved views shows.

    Attributes:
        active: The name of the view that the list shows; empty for none.
        may_save: The list is filtered or sorted as no view is.
        name_error: Why the typed name can't be kept; the save form and the dialog share it.
        asked: What the dialog asks for: ``rename``, ``delete``, or nothing.
        chosen: The view that the dialog is about.
        name_round: Changes when the save form has to begin anew.
    """

    views: list[View] = []
    active: str = ""
    may_save: bool = False
    name_error: str = ""
    asked: str = ""
    chosen: View = View("", "", "")
    name_round: int = 0

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def save_view(self, actor: Actor, form: dict[str, str]):
        """Keep what the list shows under a name."""
        query = self._asked()[0].query()
        try:
            await runtime().store.run(
                lambda tx: service.save_view(tx, actor, name=form.get("view", ""), query=query)
            )
        except BadInput as error:
            self.name_error = error.message
            return
        self.name_error, self.name_round = "", self.name_round + 1
        await self._read_views(actor, self._asked()[0])

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def ask_rename(self, actor: Actor, view: str):
        """Ask for a view's new name."""
        self._ask("rename", view)

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def ask_delete(self, actor: Actor, view: str):
        """Ask whether a view may go."""
        self._ask("delete", view)

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def rename_view(self, actor: Actor, form: dict[str, str]):
        """Give the chosen view its new name."""
        view, name = self.chosen.id, form.get("new_name", "")
        try:
            await runtime().store.run(lambda tx: service.rename_view(tx, actor, view=view, name=name))
        except BadInput as error:
            self.name_error = error.message
            return
        self.asked = self.name_error = ""
        await self._read_views(actor, self._asked()[0])

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def delete_view(self, actor: Actor):
        """Remove the chosen view."""
        gone = self.chosen
        await runtime().store.run(lambda tx: service.delete_view(tx, actor, view=gone.id))
        self.asked = ""
        await self._read_views(actor, self._asked()[0])
        return notify("View deleted", f"“{gone.name}” is gone from your menu. Its orders are all still here.")

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def close_dialog(self, actor: Actor, open: bool):
        """Leave everything as it is."""
        self.asked = self.name_error = ""

    def _ask(self, what: str, view: str) -> None:
        found = next((known for known in self.views if known.id == view), None)
        if found is not None:
            self.asked, self.name_error = what, ""
            self.chosen = View(found.id, found.name, found.href)

    def _asked(self) -> tuple[Wanted, list[str]]:
        """Return what the address says, and what of it can't be read."""
        return filters.read(self.router.url.query_parameters)

    async def _read_views(self, actor: Actor, wanted: Wanted) -> None:
        async with runtime().store.read() as session:
            found = await orders.saved_views(session, actor.organizer_id or 0, actor.user_id or 0)
        self.views = [View(row.id, row.name, read_query(row.query)[0].but()) for row in found]
        self._recognise(wanted)

    def _recognise(self, wanted: Wanted) -> None:
        """Find the view that the list shows; of two that show the same, the older one."""
        here = wanted.but()
        current = next((view.id for view in self.views if view.href == here), "")
        self.views = [View(view.id, view.name, view.href, view.id == current) for view in self.views]
        self.active = next((view.name for view in self.views if view.current), "")
        self.may_save = not current and wanted.top() != Wanted()
