"""Reads what the export's dialog shows: which orders the list's address means, and the member's last exports."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.rules import OrderFilter
from kagibag_app.features.reports import queries as reports
from kagibag_app.kit.actor import Actor
from kagibag_app.web.admin.orders.exporting.rows import ExportItem, export_item
from kagibag_app.web.admin.orders.filters import Wanted
from kagibag_app.web.admin.orders.reading import offered
from kagibag_app.web.api.downloads import export_path
from kagibag_app.web.runtime import runtime


@dataclass(frozen=True, slots=True)
class Listed:
    """What the list shows: its filter, in words, and how many orders.

    Attributes:
        refine: The search found more orders than it looks at, as the list says too.
    """

    chosen: OrderFilter
    words: str
    count: int
    refine: bool


async def listed(actor: Actor, wanted: Wanted) -> Listed:
    """Return what the list shows at an address; what is not the organizer's is left out there as well."""
    organizer_id = actor.organizer_id or 0
    async with runtime().store.read() as session:
        organizer = await accounts.system_organizer(session, organizer_id)
        chosen = (await offered(session, organizer_id, wanted)).wanted.order_filter(
            organizer.zone if organizer else "UTC"
        )
        asked = await reports.asked(session, organizer_id, chosen)
        count = await orders.count_orders(session, organizer_id, chosen)
        refine = bool(chosen.search) and await _too_many(session, organizer_id, chosen)
        return Listed(chosen, asked.words, count, refine)


async def _too_many(session: AsyncSession, organizer_id: int, chosen: OrderFilter) -> bool:
    return (await orders.order_page(session, organizer_id, chosen, limit=1, counts=False)).refine


async def own_exports(actor: Actor) -> list[ExportItem]:
    """Return the member's last exports."""
    organizer_id, now = actor.organizer_id or 0, runtime().clock.now()
    async with runtime().store.read() as session:
        organizer = await accounts.system_organizer(session, organizer_id)
        zone = organizer.zone if organizer else "UTC"
        found = await reports.last_exports(session, organizer_id, actor.user_id or 0)
    return [export_item(view, zone=zone, now=now, path=export_path(view.id)) for view in found]
