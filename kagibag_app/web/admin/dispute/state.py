"""One dispute, read anew at every event by the public id in the address."""

from __future__ import annotations

import reflex as rx

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.disputes import queries as disputes
from kagibag_app.features.disputes.views import DisputeView
from kagibag_app.features.payments.rules import dashboard_link
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import NotFound
from kagibag_app.live import topics
from kagibag_app.settings import StripeMode
from kagibag_app.web import live
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.admin.dispute.display import face, stakes, step_rows, tracker
from kagibag_app.web.admin.dispute.rows import DisputeFace, StepRow
from kagibag_app.web.admin.disputes.rows import PATH
from kagibag_app.web.components.steps import Step
from kagibag_app.web.components.waterfall import Bar
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require, route_arg


class DisputeState(Workspace):
    """What the page shows.

    Attributes:
        phase: ``loading``, ``missing`` or ``shown``.
    """

    phase: str = "loading"
    counts: NavCounts = NavCounts()
    dispute: DisputeFace = DisputeFace()
    tracker: list[Step] = []
    bars: list[Bar] = []
    events: list[StepRow] = []
    _id: str = ""

    @rx.event
    @require(Action.VIEW_DISPUTES)
    async def load(self, actor: Actor):
        """Show the dispute that the address names, and follow it."""
        self._id = route_arg(self, "dispute")
        await self._read(actor)
        organizer = actor.organizer_id or 0
        live.watch(self, [topics.disputes(organizer), topics.refunds(organizer)], DisputeState.refresh)

    @rx.event
    @require(Action.VIEW_DISPUTES, person=False)
    async def refresh(self, actor: Actor):
        """Show it as it is now; also counts the deadline down."""
        if self.router.url.path.rstrip("/") == f"{PATH}/{self._id}":
            await self._read(actor)

    async def _read(self, actor: Actor) -> None:
        organizer_id = actor.organizer_id or 0
        async with runtime().store.read() as session:
            self.counts = await nav_counts(session, organizer_id)
            organizer = await accounts.system_organizer(session, organizer_id)
            try:
                view = await disputes.dispute_view(session, organizer_id, self._id)
            except NotFound:
                self.dispute, self.phase = DisputeFace(), "missing"
                return
        self._show(view, organizer.zone if organizer else "UTC")

    def _show(self, view: DisputeView, zone: str) -> None:
        settings, now = runtime().settings, runtime().clock.now()
        sandbox = settings.stripe_mode is StripeMode.SANDBOX
        live_mode = settings.stripe_mode is StripeMode.LIVE
        href = settings.sandbox_url if sandbox else dashboard_link(view.dashboard_path, live=live_mode)
        self.dispute = face(view, zone, now, stripe_href=href, sandbox=sandbox)
        self.tracker, self.bars, self.events = tracker(view, zone, now), stakes(view), step_rows(view, zone)
        self.phase = "shown"
