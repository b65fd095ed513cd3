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
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.admin.orders import bar as bars
from kagibag_app.web.admin.orders.bar import Around, Choice, Offered, Sums
from kagibag_app.web.admin.orders.filters import Wanted
from kagibag_app.web.admin.orders.rows import OrderLine, line
from kagibag_app.web.runtime import runtime


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the list and what stands around it.

    Attributes:
        wanted: What was looked for, without what is not the organizer's.
        missed: What of the address named nothing.
        lines: The page's rows, ready to show, as is all that follows: made once for all who look at the same.
        counted: Whether the page has its counts; without them tabs have none and ``sums`` says nothing.
    """

    wanted: Wanted
    missed: tuple[str, ...]
    page: OrderPage
    lines: list[OrderLine]
    around: Around
    tabs: list[Choice]
    outcomes: list[Choice]
    zone: str
    sums: Sums = field(default_factory=Sums)
    counted: bool = False
    counts: NavCounts = field(default_factory=NavCounts)


async def found(actor: Actor, wanted: Wanted, zone: str) -> Found:
    """Read a page without its counts, which cost more than its rows; a search counts what it found anyway."""
    async with runtime().store.read() as session:
        return await _found(session, actor, wanted, zone, counts=bool(wanted.search))


async def counted(actor: Actor, seen: Found) -> Found:
    """Read the counts of a page and of the navigation."""
    async with runtime().store.read() as session:
        return await _counted(session, actor, seen)


async def shared(actor: Actor, wanted: Wanted, zone: str) -> Found:
    """Read a page with its counts for a reload that nobody asked for, once for all tabs that show the same."""

    async def whole() -> Found:
        async with runtime().store.read() as session:
            return await _counted(session, actor, await _found(session, actor, wanted, zone, counts=True))

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
        return {row.id: line(row, seen.wanted, seen.zone, now) for row in rows}

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
    return Offered(wanted, tuple(missed), events, promotions)


async def _found(session: AsyncSession, actor: Actor, wanted: Wanted, zone: str, *, counts: bool) -> Found:
    organizer_id = actor.organizer_id or 0
    choices = await offered(session, organizer_id, wanted)
    wanted, missed = choices.wanted, choices.missed
    page = await orders.order_page(
        session,
        organizer_id,
        wanted.order_filter(zone),
        after=wanted.after,
        before=wanted.before,
        show_emails=allowed(actor.role, Action.VIEW_EMAILS),
        counts=counts,
    )
    if page.anchor_lost:
        wanted, missed = wanted.top(), (*missed, "page")
    now = runtime().clock.now()
    return Found(
        wanted=wanted,
        missed=missed,
        page=page,
        lines=[line(row, wanted, zone, now) for row in page.rows],
        around=bars.around(replace(choices, wanted=wanted), page, zone, now),
        tabs=bars.tabs(page, wanted),
        outcomes=bars.outcomes(page, wanted),
        zone=zone,
        counted=counts,
    )


async def _counted(session: AsyncSession, actor: Actor, seen: Found) -> Found:
    organizer_id, page = actor.organizer_id or 0, seen.page
    if not seen.counted:
        counts = await orders.order_counts(
            session,
            organizer_id,
            seen.wanted.order_filter(seen.zone),
            show_emails=allowed(actor.role, Action.VIEW_EMAILS),
        )
        total = next(count for count in counts if count.status == seen.wanted.status)
        page = replace(page, counts=counts, total=total.count, total_capped=total.capped)
    return replace(
        seen,
        page=page,
        tabs=bars.tabs(page, seen.wanted),
        outcomes=bars.outcomes(page, seen.wanted),
        sums=bars.sums(page),
        counted=True,
        counts=await nav_counts(session, organizer_id),
    )
