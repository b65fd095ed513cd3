"""One bulk refund, read anew at every event by the public id in the address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action, Role, allowed
from kagibag_app.features.bulk_refunds import queries
from kagibag_app.features.bulk_refunds import service as bulk
from kagibag_app.features.bulk_refunds.rules import BulkStatus
from kagibag_app.features.bulk_refunds.views import RunView
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError, NotFound
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction
from kagibag_app.web import live
from kagibag_app.web.admin.bulk_refund import choosing, display
from kagibag_app.web.admin.bulk_refund.rows import (
    Ask,
    Choices,
    ExceptionLine,
    OrderLine,
    Pages,
    RunFace,
    SumLine,
)
from kagibag_app.web.admin.bulk_refunds.rows import PATH, run_path
from kagibag_app.web.admin.choices import Choice
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require, route_arg

_CHANGED = (
    "This bulk refund changed while you were deciding. Nothing was done; look again at what it says now."
)


@dataclass(frozen=True, slots=True)
class Pending:
    """What was asked about: it is done exactly as the dialog says it."""

    version: int = 0
    choices: Choices = field(default_factory=Choices)


class BulkRefundState(Workspace):
    """What the page shows.

    Attributes:
        phase: ``loading``, ``missing`` or ``shown``.
        prepares, decides: What the member's role includes.
        ask: The dialog that is open; ``busy`` while what it asks is done, ``problem`` why it could not be.
        round: Changes when the form must begin anew.
    """

    phase: str = "loading"
    counts: NavCounts = NavCounts()
    face: RunFace = RunFace()
    sums: list[SumLine] = []
    exceptions: list[ExceptionLine] = []
    tabs: list[Choice] = []
    lines: list[OrderLine] = []
    pages: Pages = Pages()
    choices: Choices = Choices()
    ask: Ask = Ask()
    prepares: bool = False
    decides: bool = False
    exports: bool = False
    busy: bool = False
    problem: str = ""
    round: int = 0
    _id: str = ""
    _tab: str = display.FIRST_TAB
    _page: int = 1
    _view: RunView | None = None
    _pending: Pending = Pending()
    _above: tuple[int, int] = (0, 0)

    @rx.event
    @require(Action.VIEW_REFUNDS)
    async def load(self, actor: Actor):
        """Show the run that the address names, and follow it."""
        said = self.router.url.query_parameters
        run, tab, page = route_arg(self, "run"), said.get("show", ""), said.get("page", "")
        if run != self._id:
            self._view, self.ask, self.round = None, Ask(), self.round + 1
        self._id, self._tab = run, tab if tab in display.TABS else display.FIRST_TAB
        self._page = int(page) if page.isascii() and page.isdecimal() and len(page) < 5 and int(page) else 1
        self.busy = False
        await self._read(actor)
        live.watch(self, [topics.bulk_refunds(actor.organizer_id or 0)], BulkRefundState.refresh)

    @rx.event
    @require(Action.VIEW_REFUNDS, person=False)
    async def refresh(self, actor: Actor):
        """Show how far it is; what is chosen stays."""
        if self.router.url.path.rstrip("/") == run_path(self._id):
            await self._read(actor)

    @rx.event
    @require(Action.PREPARE_REFUNDS)
    async def choose(self, actor: Actor, form: dict[str, str]):
        """Keep what is chosen, and say what it means."""
        if self._view is not None:
            self.choices = choosing.read_choices(form, self.choices, self._view)

    @rx.event
    @require(Action.PREPARE_REFUNDS)
    async def look_again(self, actor: Actor):
        """Look anew at what it would do."""
        await self._do(
            actor, lambda tx: bulk.refresh_preview(tx, actor, run=self._id, version=self._version())
        )

    @rx.event
    @require(Action.PREPARE_REFUNDS)
    async def discard(self, actor: Actor):
        """Throw it away before anything was refunded."""
        await self._do(actor, lambda tx: bulk.discard_run(tx, actor, run=self._id, version=self._version()))
        return rx.redirect(PATH)

    @rx.event
    @require(Action.DECIDE_REFUNDS, decides=False)
    async def ask_start(self, actor: Actor, form: dict[str, str]):
        """Ask once before money moves, with what it means."""
        view = self._shown()
        self.choices = choosing.read_choices(form, self.choices, view)
        if view.status is BulkStatus.READY and self.choices.act:
            self._pending = Pending(view.version, self.choices)
            self.ask, self.problem = choosing.start_ask(view, self.choices, self._above), ""

    @rx.event
    @require(Action.DECIDE_REFUNDS, decides=False)
    async def ask_retry(self, actor: Actor):
        """Ask once before what failed is sent again."""
        view = self._shown()
        self._pending, self.ask, self.problem = Pending(view.version), choosing.retry_ask(view), ""

    @rx.event
    @require(Action.DECIDE_REFUNDS, decides=False)
    async def ask_confirm(self, actor: Actor):
        """Ask once before what somebody else approved first is sent."""
        view = self._shown()
        if view.confirmable(actor):
            self._pending, self.problem = Pending(view.version), ""
            self.ask = choosing.confirm_ask(view, actor)

    @rx.event
    @require(Action.VIEW_REFUNDS)
    async def close(self, actor: Actor, open: bool):
        """Close the question without doing anything."""
        if not open and not self.busy:
            self.ask, self.problem = Ask(), ""

    @rx.event
    @require(Action.DECIDE_REFUNDS)
    async def start(self, actor: Actor):
        """Start it as asked."""
        asked = self._pending
        async for answer in self._decide(
            actor, "start", lambda tx: bulk.start_run(
                tx, actor, run=self._id, version=asked.version, choices=choosing.service_choices(asked.choices),
                with_checked_in=asked.choices.with_used,
            ), "Started. You can leave this page",
        ):  # fmt: skip
            yield answer

    @rx.event
    @require(Action.DECIDE_REFUNDS)
    async def retry(self, actor: Actor):
        """Send again what failed."""
        asked = self._pending
        async for answer in self._decide(
            actor, "retry", lambda tx: bulk.retry_failed(tx, actor, run=self._id, version=asked.version),
            "What failed is sent again",
        ):  # fmt: skip
            yield answer

    @rx.event
    @require(Action.DECIDE_REFUNDS)
    async def confirm(self, actor: Actor):
        """Confirm what waits for a second person."""
        asked = self._pending
        async for answer in self._decide(
            actor, "confirm", lambda tx: bulk.confirm_waiting(tx, actor, run=self._id, version=asked.version),
            "Confirmed. It is sent now",
        ):  # fmt: skip
            yield answer

    @rx.event
    @require(Action.PREPARE_REFUNDS)
    async def pause(self, actor: Actor):
        """Begin no further order."""
        await self._do(actor, lambda tx: bulk.pause_run(tx, actor, run=self._id, version=self._version()))

    @rx.event
    @require(Action.DECIDE_REFUNDS)
    async def resume(self, actor: Actor):
        """Go on."""
        await self._do(actor, lambda tx: bulk.resume_run(tx, actor, run=self._id, version=self._version()))

    async def _do(self, actor: Actor, work: Callable[[Transaction], Awaitable[Any]]) -> None:
        """Do it and show the result; who was overtaken reads by whom."""
        try:
            await runtime().store.run(work)
        finally:
            await self._read(actor)

    async def _decide(
        self, actor: Actor, kind: str, work: Callable[[Transaction], Awaitable[Any]], done: str
    ):
        """Do what the open dialog asks, once; say how it ended."""
        if self.busy or self.ask.kind != kind:
            return
        self.busy, self.problem = True, ""
        yield
        try:
            await runtime().store.run(work)
            self.ask = Ask()
            yield notify(done, self.face.words)
        except DomainError as error:
            self.problem = error.message
        finally:
            self.busy = False
        await self._read(actor)

    def _shown(self) -> RunView:
        if self._view is None:
            raise NotFound("bulk refund")
        return self._view

    def _version(self) -> int:
        return self._shown().version

    async def _read(self, actor: Actor) -> None:
        organizer_id = actor.organizer_id or 0
        async with runtime().store.read() as session:
            self.counts = await nav_counts(session, organizer_id)
            organizer = await accounts.system_organizer(session, organizer_id)
            try:
                view = await queries.run_view(session, organizer_id, self._id)
            except NotFound:
                self.face, self.lines, self._view, self.phase = RunFace(), [], None, "missing"
                return
            self._above = (0, 0)
            if view.status is BulkStatus.READY and actor.role != Role.OWNER:
                self._above = await queries.orders_above_limit(
                    session, organizer_id, self._id, actor.user_id or 0
                )
            states = display.TABS[self._tab][1]
            rows = await queries.order_rows(session, organizer_id, self._id, states=states, page=self._page)
        self._show(actor, view, organizer.zone if organizer else "UTC")
        self.lines = display.order_lines(rows)
        self.pages = display.pages(view, self._tab, self._page, len(rows))

    def _show(self, actor: Actor, view: RunView, zone: str) -> None:
        before, self._view = self._view, view
        self.prepares = allowed(actor.role, Action.PREPARE_REFUNDS)
        self.decides = allowed(actor.role, Action.DECIDE_REFUNDS)
        self.exports = allowed(actor.role, Action.EXPORT_ORDERS)
        self.face = display.face(view, actor, zone, runtime().clock.now(), self._above)
        self.sums, self.exceptions = display.sum_lines(view), display.exception_lines(view)
        self.tabs, self.phase = display.tab_rows(view, self._tab), "shown"
        if view.status is BulkStatus.READY:
            fresh = before is None or before.id != view.id
            self.choices = choosing.first_choices(view) if fresh else choosing.judged(self.choices, view)
        # Who was overtaken has read by whom; while an act is under way the change is one's own.
        if self.ask.kind and not self.busy and not self.problem and self._pending.version != view.version:
            self.problem = _CHANGED
