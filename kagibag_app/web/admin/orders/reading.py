"""Reads what the list shows: rows first, counts after; once for all who look at the same."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.events.queries import event_choices
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.views import OrderPage
from kagibag_app.features.promotions.queries import promotion_by_code, promotion_choices
from kagibag_app.kit.actor import Actor
from kagibag_app.web import live
from kagibag_app.web.admin.choices import Choice
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.admin.orders import bar as bars
from kagibag_app.web.admin.orders.bar import Around, Bar, Offered, Sums
from kagibag_app.web.admin.orders.filters import Wanted
from kagibag_app.web.admin.orders.rows import OrderLine, lines
from kagibag_app.web.runtime import runtime


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the list and what stands around it, made once for all who look at the same.

    Attributes:
        offered: What one may choose from. To show the rows only that of it is read which the list's filters name.
        counted: Whether the page has its counts; without them tabs have none and ``sums`` says nothing.
        around: What one may choose instead; ``None`` until everything is read.
    """

    offered: Offered
    page: OrderPage
    lines: list[OrderLine]
    bar: Bar
    tabs: list[Choice]
    outcomes: list[Choice]
    zone: str
    counted: bool
    sums: Sums
    around: Around | None = None
    counts: NavCounts = field(default_factory=NavCounts)

    @property
    def wanted(self) -> Wanted:
        """What was looked for, without what is not the organizer's."""
        return self.offered.wanted


async def found(actor: Actor, wanted: Wanted, zone: str) -> Found:
    """Read a page for its rows alone: counts cost more. Those of a search come along, it has found its orders anyway."""
    async with runtime().store.read() as session:
        known = Offered(wanted)
        if wanted.event or wanted.promotion:
            known = await offered(session, actor.organizer_id or 0, wanted)
        return await _found(session, actor, known, zone)


async def completed(actor: Actor, seen: Found) -> Found:
    """Read the rest of a page: its counts, what one may choose instead, and the navigation's counts."""
    async with runtime().store.read() as session:
        return await _completed(session, actor, seen)


async def shared(actor: Actor, wanted: Wanted, zone: str) -> Found:
    """Read a page with its counts for a reload that nobody asked for, once for all tabs that show the same."""

    async def whole() -> Found:
        async with runtime().store.read() as session:
            known = await offered(session, actor.organizer_id or 0, wanted)
            return await _completed(session, actor, await _found(session, actor, known, zone))

    key = ("orders", actor.organizer_id, allowed(actor.role, Action.VIEW_EMAILS), wanted)
    return await live.share(key, whole)


async def as_now(actor: Actor, ids: list[str], seen: Found) -> dict[str, OrderLine]:
    """Return the orders that are shown but no longer on the page, as they are now, by public id."""
    if not ids:
        return {}

    async def read() -> dict[str, OrderLine]:
        async with runtime().store.read() as session:
            rows = await orders.rows_by_id(
                session, actor.organizer_id or 0, ids, show_emails=allowed(actor.role, Action.VIEW_EMAILS)
            )
        now = runtime().clock.now()
        return {line.id: line for line in lines(rows, seen.wanted, seen.zone, now)}

    # Those who opened the same list at the same time miss the same rows.
    key = ("orders", actor.organizer_id, allowed(actor.role, Action.VIEW_EMAILS), seen.wanted, tuple(ids))
    return await live.share(key, read)


async def promotion_of(actor: Actor, code: str) -> str:
    """Return the public id of the organizer's promotion of a typed code; empty when there is none."""
    async with runtime().store.read() as session:
        known = await promotion_by_code(session, actor.organizer_id or 0, code)
    return known.public_id if known else ""


async def offered(session: AsyncSession, organizer_id: int, wanted: Wanted) -> Offered:
    """Read the filters' choices, and leave out of what is looked for what is none of them."""
    events = await event_choices(session, organizer_id)
    promotions = await promotion_choices(session, organizer_id, also=wanted.promotion)
    missed: list[str] = []
    if wanted.event and all(event.id != wanted.event for event in events):
        missed.append("event")
        wanted = replace(wanted, event="")
    if wanted.promotion and all(promotion.id != wanted.promotion for promotion in promotions):
        missed.append("promotion")
        wanted = replace(wanted, promotion="")
    return Offered(wanted, tuple(missed), events, promotions, complete=True)


async def _found(session: AsyncSession, actor: Actor, known: Offered, zone: str) -> Found:
    wanted = known.wanted
    page = await orders.order_page(
        session,
        actor.organizer_id or 0,
        wanted.order_filter(zone),
        after=wanted.after,
        before=wanted.before,
        show_emails=allowed(actor.role, Action.VIEW_EMAILS),
        counts=bool(wanted.search),
    )
    if page.anchor_lost:
        wanted = wanted.top()
        known = replace(known, wanted=wanted, missed=(*known.missed, "page"))
    now, counted = runtime().clock.now(), bool(page.counts)
    return Found(
        offered=known,
        page=page,
        lines=lines(page.rows, wanted, zone, now),
        bar=bars.bar(known, page, zone),
        tabs=bars.tabs(page, wanted),
        outcomes=bars.outcomes(page, wanted),
        zone=zone,
        counted=counted,
        sums=bars.sums(page) if counted else Sums(),
    )


async def _completed(session: AsyncSession, actor: Actor, seen: Found) -> Found:
    organizer_id, wanted, page = actor.organizer_id or 0, seen.wanted, seen.page
    if not seen.counted:
        counts = await orders.order_counts(
            session,
            organizer_id,
            wanted.order_filter(seen.zone),
            show_emails=allowed(actor.role, Action.VIEW_EMAILS),
        )
        total = next(count for count in counts if count.status == wanted.status)
        page = replace(page, counts=counts, total=total.count, total_capped=total.capped)
    known = seen.offered
    if not known.complete:
        known = replace(await offered(session, organizer_id, wanted), missed=known.missed)
    return replace(
        seen,
        offered=known,
        page=page,
        tabs=bars.tabs(page, wanted),
        outcomes=bars.outcomes(page, wanted),
        counted=True,
        sums=bars.sums(page),
        around=bars.around(known, seen.zone, runtime().clock.now()),
        counts=await nav_counts(session, organizer_id),
    )
