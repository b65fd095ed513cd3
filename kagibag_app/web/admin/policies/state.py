"""Every event's refund policy in one sentence, and the limit that an owner sets for managers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import reflex as rx

from kagibag_app import l10n
from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts import service as account_service
from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules.limits import read_limit
from kagibag_app.features.refunds.views.policies import PolicyRow
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError
from kagibag_app.kit.money import decimal_text
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require

PATH = "/admin/refunds/policies"


@dataclass(frozen=True, slots=True)
class PolicyItem:
    """An event with its policy, ready to read."""

    href: str = ""
    title: str = ""
    day: str = ""
    sentence: str = ""
    automatic: str = ""


@dataclass(frozen=True, slots=True)
class LimitItem:
    """What a manager may give back of an order alone in one currency; ``typed`` is empty for any amount."""

    currency: str = ""
    name: str = ""
    typed: str = ""


class PoliciesState(Workspace):
    """What the screen shows.

    Attributes:
        phase: ``loading`` or ``shown``.
        limits: One a currency; ``sets_limits``: the member may change them, others read ``limit_words``.
        problem: Why the limits were not saved.
    """

    phase: str = "loading"
    items: list[PolicyItem] = []
    limits: list[LimitItem] = []
    limit_words: str = ""
    sets_limits: bool = False
    problem: str = ""
    counts: NavCounts = NavCounts()

    @rx.event
    @require(Action.MANAGE_POLICIES)
    async def load(self, actor: Actor):
        """Show them, and follow what changes them."""
        self.problem = ""
        await self._read(actor)
        organizer = actor.organizer_id or 0
        live.watch(self, [topics.refunds(organizer), topics.disputes(organizer)], PoliciesState.refresh)

    @rx.event
    @require(Action.MANAGE_POLICIES, person=False)
    async def refresh(self, actor: Actor):
        """Show them as they are now."""
        if self.router.url.path.rstrip("/") == PATH:
            await self._read(actor)

    @rx.event
    @require(Action.LIMIT_REFUNDS)
    async def set_limits(self, actor: Actor, form: dict[str, str]):
        """Say what a manager may give back alone from now on."""
        self.problem = ""
        try:
            read = {item.currency: read_limit(form.get(item.name, ""), item.currency) for item in self.limits}
            limits = {currency: minor for currency, minor in read.items() if minor is not None}
            await runtime().store.run(lambda tx: account_service.set_manager_limits(tx, actor, limits=limits))
        except DomainError as error:
            self.problem = error.message
            return None
        await self._read(actor)
        return notify("Limit saved", "It holds for everything that is approved from now on.")

    async def _read(self, actor: Actor) -> None:
        organizer_id = actor.organizer_id or 0
        async with runtime().store.read() as session:
            found = await queries.policies(session, organizer_id)
            limits = await accounts.manager_limits(session, organizer_id)
            organizer = await accounts.system_organizer(session, organizer_id)
            self.counts = await nav_counts(session, organizer_id)
        currencies = (
            {row.currency for row in found} | set(limits) | ({organizer.currency} if organizer else set())
        )
        self.items = [_item(row) for row in found]
        self.limits = [
            LimitItem(c, f"limit_{c}", decimal_text(limits[c], c) if c in limits else "")
            for c in sorted(currencies)
        ]
        self.sets_limits = allowed(actor.role, Action.LIMIT_REFUNDS)
        self.limit_words = _limit_words(limits)
        self.phase = "shown"


def _item(row: PolicyRow) -> PolicyItem:
    days = row.automatic_days
    return PolicyItem(
        f"{PATH}/{row.slug}", row.title, l10n.day(datetime.fromisoformat(row.starts_at), row.zone), row.sentence,
        "" if days is None else f"Decides alone until {days} {'day' if days == 1 else 'days'} before",
    )  # fmt: skip


def _limit_words(limits: dict[str, int]) -> str:
    if not limits:
        return "A manager gives back any amount alone."
    each = " and ".join(l10n.money(minor, currency) for currency, minor in sorted(limits.items()))
    return f"A manager gives back up to {each} of an order alone; more waits for a second person."
