"""One event's refund policy while it is being changed: what it says, gives and would have given."""

from __future__ import annotations

from datetime import datetime

import reflex as rx

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.refunds import queries, service
from kagibag_app.features.refunds.rules import RefundPolicy, policy_sentence
from kagibag_app.features.refunds.views.policies import PolicyRow
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError, NotFound
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.admin.policies.state import PATH
from kagibag_app.web.admin.policy import display
from kagibag_app.web.admin.policy.display import ExampleRow, PolicyForm, TrialFace
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require, route_arg


class PolicyState(Workspace):
    """What the screen shows.

    Attributes:
        phase: ``loading``, ``shown`` or ``missing``.
        sentence, example, trial: What the policy in the form says, gives and would have given.
        changed: It is another one than is stored.
        problem: Why the form can't be read or was not saved.
    """

    phase: str = "loading"
    title: str = ""
    form: PolicyForm = PolicyForm()
    sentence: str = ""
    example_title: str = ""
    example: list[ExampleRow] = []
    trial: TrialFace = TrialFace()
    changed: bool = False
    problem: str = ""
    counts: NavCounts = NavCounts()
    _row: PolicyRow | None = None
    _limit: int | None = None
    _round: int = 0

    @rx.event
    @require(Action.MANAGE_POLICIES)
    async def load(self, actor: Actor):
        """Show the policy that is stored."""
        await self._read(actor)
        organizer = actor.organizer_id or 0
        live.watch(self, [topics.refunds(organizer), topics.disputes(organizer)], PolicyState.refresh)

    @rx.event
    @require(Action.MANAGE_POLICIES, person=False)
    async def refresh(self, actor: Actor):
        """Show what waits elsewhere; what is being changed here stays."""
        if self.router.url.path.startswith(f"{PATH}/"):
            async with runtime().store.read() as session:
                self.counts = await nav_counts(session, actor.organizer_id or 0)

    @rx.event
    @require(Action.MANAGE_POLICIES)
    async def keep(self, actor: Actor, form: dict[str, str]):
        """Say what the form means, and what it would have decided."""
        await self._try(actor, form)

    @rx.event
    @require(Action.MANAGE_POLICIES)
    async def save(self, actor: Actor, form: dict[str, str]):
        """Let new orders have this policy."""
        row, policy = self._row, await self._try(actor, form)
        if row is None or policy is None:
            return None
        try:
            await runtime().store.run(
                lambda tx: service.change_policy(tx, actor, slug=row.slug, before=row.document, policy=policy)
            )
        except DomainError as error:
            self.problem = error.message
            return None
        await self._read(actor)
        return notify("Policy saved", "Orders placed from now on have it. Earlier orders keep theirs.")

    async def _read(self, actor: Actor) -> None:
        organizer_id = actor.organizer_id or 0
        async with runtime().store.read() as session:
            self._row = await queries.policy_of(session, organizer_id, route_arg(self, "slug"))
            limits = await accounts.manager_limits(session, organizer_id)
            self.counts = await nav_counts(session, organizer_id)
        row, self.problem = self._row, ""
        if row is None:
            self.phase, self.title = "missing", ""
            return
        policy = RefundPolicy.from_document(row.document)
        self._limit, self._round = limits.get(row.currency), self._round + 1
        self.form = display.policy_form(policy, row.currency, f"{row.slug}-{self._round}")
        self.title, self.phase = row.title, "shown"
        await self._say(actor, row, policy)

    async def _try(self, actor: Actor, form: dict[str, str]) -> RefundPolicy | None:
        row = self._row
        if row is None:
            raise NotFound("event")
        try:
            policy = display.read_policy(form, row.currency)
        except DomainError as error:
            self.problem, self.changed = error.message, False
            return None
        self.problem = ""
        await self._say(actor, row, policy)
        return policy

    async def _say(self, actor: Actor, row: PolicyRow, policy: RefundPolicy) -> None:
        starts_at = datetime.fromisoformat(row.starts_at)
        self.sentence = policy_sentence(policy, starts_at, row.zone, row.currency)
        self.example_title, self.example = display.example(policy, row, self._limit)
        self.changed = policy != RefundPolicy.from_document(row.document)
        async with runtime().store.read() as session:
            trial = await queries.policy_trial(
                session, actor.organizer_id or 0, row.slug, policy, now=runtime().clock.now()
            )
        self.trial = display.trial_face(trial, row.zone) if trial else TrialFace()
