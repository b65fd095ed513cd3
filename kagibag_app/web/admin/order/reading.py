"""Reads everything about one order, in as many statements whatever happened to it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.disputes import queries as disputes
from kagibag_app.features.disputes.views import DisputeRow
from kagibag_app.features.ledger import queries as ledger
from kagibag_app.features.ledger.views import LedgerRow, LedgerSum, sums_of
from kagibag_app.features.messages import queries as messages
from kagibag_app.features.messages.views import MessageRow
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.views import Neighbours, OrderView
from kagibag_app.features.payments import queries as payments
from kagibag_app.features.payments.views import PaymentView
from kagibag_app.features.refunds import queries as refunds
from kagibag_app.features.refunds.views import OrderRequest, RefundRow
from kagibag_app.features.timeline import queries as timeline
from kagibag_app.features.timeline.views import TimelinePage
from kagibag_app.kit.actor import Actor
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.admin.orders.filters import Wanted
from kagibag_app.web.runtime import runtime

# Entries of the timeline that a page begins with, and that each press of "Show older" adds.
FIRST_ENTRIES, MORE_ENTRIES = 40, 100


@dataclass(frozen=True, slots=True)
class Story:
    """One order and what every feature knows of it.

    Attributes:
        key: The order's internal id, for its topic.
        zone: The organizer's.
        refunded: What refunds take of each line, by the line's public id.
        requests: What the buyer asked for, newest first.
        beside: The orders before and after it in the list that one came from.
    """

    key: int
    zone: str
    order: OrderView
    refunded: dict[str, int]
    payments: list[PaymentView]
    requests: list[OrderRequest]
    refunds: list[RefundRow]
    disputes: list[DisputeRow]
    bookings: list[LedgerRow]
    sums: list[LedgerSum]
    mails: tuple[MessageRow, ...]
    timeline: TimelinePage
    beside: Neighbours
    counts: NavCounts


async def story(
    actor: Actor, number: str, *, listed: Wanted | None = None, entries: int = FIRST_ENTRIES
) -> Story:
    """Read one order.

    Args:
        number: As typed.
        listed: The list that one came from; all orders if none is named.
        entries: Entries of the timeline.

    Raises:
        NotFound: The organizer has none of that number.
    """
    async with runtime().store.read() as session:
        return await read_story(session, actor, number, listed=listed, entries=entries)


async def read_story(
    session: AsyncSession,
    actor: Actor,
    number: str,
    *,
    listed: Wanted | None = None,
    entries: int = FIRST_ENTRIES,
) -> Story:
    """Read one order in a read that is open already; see ``story``."""
    listed = listed or Wanted()
    organizer_id, show_emails = actor.organizer_id or 0, allowed(actor.role, Action.VIEW_EMAILS)
    found = await orders.whole_order(session, organizer_id, number, show_emails=show_emails)
    money = await refunds.refunds_of_order(session, organizer_id, found.key, show_emails=show_emails)
    bookings = await ledger.for_order(session, organizer_id, found.key)
    return Story(
        key=found.key,
        zone=found.zone,
        order=found.order,
        refunded={found.line_ids[line]: minor for line, minor in money.taken.items()},
        payments=await payments.payments_of_order(session, organizer_id, found.key),
        requests=money.requests,
        refunds=money.refunds,
        disputes=await disputes.for_order(session, organizer_id, found.key),
        bookings=bookings,
        sums=sums_of(bookings),
        mails=await messages.of_order(session, organizer_id, found.key, show_emails=show_emails),
        timeline=await timeline.for_order(
            session, organizer_id, order_id=found.key, limit=entries, show_emails=show_emails
        ),
        beside=await orders.neighbours(
            session, organizer_id, listed.order_filter(found.zone), found.order.id, show_emails=show_emails
        ),
        counts=await nav_counts(session, organizer_id),
    )
