"""Reads what the list shows, once for all who look at the same."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.events.queries import event_choices
from kagibag_app.features.events.views import EventChoice
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.orders.views import OrderPage
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import NotFound
from kagibag_app.web import live
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.admin.orders.filters import Wanted
from kagibag_app.web.runtime import runtime


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the list and what stands around it.

    Attributes:
        wanted: What was looked for, without an event that is not the organizer's.
    """

    wanted: Wanted
    page: OrderPage
    events: list[EventChoice]
    zone: str
    counts: NavCounts


async def found(actor: Actor, wanted: Wanted) -> Found:
    """Read the list as it is now."""
    async with runtime().store.read() as session:
        return await _found(session, actor, wanted)


async def shared(actor: Actor, wanted: Wanted) -> Found:
    """Read the list for a reload that nobody asked for, once for all tabs that show the same."""
    key = ("orders", actor.organizer_id, allowed(actor.role, Action.VIEW_EMAILS), wanted)
    return await live.share(key, lambda: found(actor, wanted))


async def orders_by_id(actor: Actor, ids: list[str]) -> dict[str, Order]:
    """Return the organizer's orders that are still there, by public id."""
    rows: dict[str, Order] = {}
    async with runtime().store.read() as session:
        for public_id in ids:
            try:
                rows[public_id] = await orders.organizer_order(session, actor.organizer_id or 0, public_id)
            except NotFound:
                continue
    return rows


async def _found(session: AsyncSession, actor: Actor, wanted: Wanted) -> Found:
    organizer_id = actor.organizer_id or 0
    organizer = await accounts.system_organizer(session, organizer_id)
    zone = organizer.zone if organizer else "UTC"
    events = await event_choices(session, organizer_id)
    if wanted.event and all(event.id != wanted.event for event in events):
        wanted = replace(wanted, event="")
    page = await orders.order_page(
        session,
        organizer_id,
        wanted.order_filter(zone),
        after=wanted.after,
        before=wanted.before,
        show_emails=allowed(actor.role, Action.VIEW_EMAILS),
    )
    return Found(wanted, page, events, zone, await nav_counts(session, organizer_id))
