"""What the queue shows, read in one look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.events import queries as events
from kagibag_app.features.events.views import EventChoice
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.views import QueuePage, RequestDetail
from kagibag_app.kit.actor import Actor
from kagibag_app.web import live
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.admin.refunds.address import Place
from kagibag_app.web.runtime import runtime


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at the queue.

    Attributes:
        here: Where one is; its request is the one under review, empty when there is none.
        detail: That request.
        events: What the list can be narrowed to.
        reviewers: Who has that request open, names by user id.
        zone: The organizer's.
        at: The moment of the look (UTC).
    """

    here: Place
    page: QueuePage
    detail: RequestDetail | None
    events: list[EventChoice]
    reviewers: dict[int, str]
    counts: NavCounts
    zone: str
    at: datetime

    def neighbour(self, step: int) -> str:
        """Return the public id of the request ``step`` (1 or -1) beside this one in the list, empty at its ends.

        A request that has just left the list keeps its place in it: between what stands before and after it.
        """
        if self.detail is None:
            return ""
        own, asked = self.detail.id, self.detail.asked_at
        ids = [row.id for row in self.page.rows]
        if own in ids:
            before, behind = ids[: ids.index(own)], ids[ids.index(own) + 1 :]
        else:
            rising = self.page.oldest_first
            before = [row.id for row in self.page.rows if (row.asked_at < asked) == rising]
            behind = [row.id for row in self.page.rows if (row.asked_at < asked) != rising]
        beside = behind[:1] if step > 0 else before[-1:]
        return beside[0] if beside else ""

    def position(self) -> str:
        """Return ``1 of 7``, empty where the request's place is not known."""
        ids = [row.id for row in self.page.rows]
        if self.here.after or self.here.request not in ids:
            return ""
        total = next(tab.count for tab in self.page.tabs if tab.key == self.page.tab)
        return f"{ids.index(self.here.request) + 1} of {total}"


async def look(actor: Actor, here: Place) -> Seen:
    """Read the queue; without a request in the address the list's first is under review."""
    async with runtime().store.read() as session:
        return await _look(session, actor, here)


async def look_again(actor: Actor, here: Place) -> Seen:
    """Read the queue for a refresh, once for all tabs that show the same."""
    return await live.share(
        ("refunds", actor.organizer_id, _sees_emails(actor), here), lambda: look(actor, here)
    )


async def _look(session: AsyncSession, actor: Actor, here: Place) -> Seen:
    organizer_id, now = actor.organizer_id or 0, runtime().clock.now()
    organizer = await accounts.system_organizer(session, organizer_id)
    page = await queries.queue_page(
        session, organizer_id, tab=here.tab, after=here.after, wanted=here.wanted, now=now
    )
    detail = await _detail(session, actor, here.request, now)
    if detail is None and page.rows:
        detail = await _detail(session, actor, page.rows[0].id, now)
    shown = replace(here, request=detail.id if detail else "")
    counts = await nav_counts(session, organizer_id)
    return Seen(
        shown, page, detail, await events.event_choices(session, organizer_id),
        await queries.reviewers(session, organizer_id, shown.request, now=now) if detail else {},
        counts, organizer.zone if organizer else "UTC", now,
    )  # fmt: skip


async def _detail(session: AsyncSession, actor: Actor, request: str, now: datetime) -> RequestDetail | None:
    if not request:
        return None
    return await queries.request_detail(
        session, actor.organizer_id or 0, request, now=now, show_emails=_sees_emails(actor)
    )


def _sees_emails(actor: Actor) -> bool:
    return allowed(actor.role, Action.VIEW_EMAILS)
