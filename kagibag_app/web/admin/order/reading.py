"""Reads everything about one order."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.disputes import queries as disputes
from kagibag_app.features.disputes.views import DisputeRow
from kagibag_app.features.ledger import queries as ledger
from kagibag_app.features.ledger.views import LedgerRow, LedgerSum
from kagibag_app.features.messages import queries as messages
from kagibag_app.features.messages.views import MessageRow
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.views import OrderView
from kagibag_app.features.payments import queries as payments
from kagibag_app.features.payments.views import PaymentView
from kagibag_app.features.refunds import queries as refunds
from kagibag_app.features.refunds.views import RefundCard, RefundRow
from kagibag_app.features.timeline import queries as timeline
from kagibag_app.features.timeline.views import TimelineRow
from kagibag_app.kit.actor import Actor
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.runtime import runtime


@dataclass(frozen=True, slots=True)
class Story:
    """One order and what every feature knows of it.

    Attributes:
        key: The order's internal id, for its topic.
        refunded: What refunds take of each line, by the line's public id.
        requests: What the buyer asked for, newest first.
    """

    key: int
    zone: str
    order: OrderView
    refunded: dict[str, int]
    payments: list[PaymentView]
    requests: list[RefundCard]
    refunds: list[RefundRow]
    disputes: list[DisputeRow]
    bookings: list[LedgerRow]
    sums: list[LedgerSum]
    mails: tuple[MessageRow, ...]
    timeline: list[TimelineRow]
    counts: NavCounts


async def story(actor: Actor, number: str) -> Story:
    """Read one order.

    Raises:
        NotFound: The organizer has none of that number.
    """
    async with runtime().store.read() as session:
        return await _story(session, actor, number)


async def _story(session: AsyncSession, actor: Actor, number: str) -> Story:
    organizer_id = actor.organizer_id or 0
    row = await orders.organizer_order(session, organizer_id, number)
    organizer = await accounts.system_organizer(session, organizer_id)
    zone = organizer.zone if organizer else "UTC"
    asked = await refunds.attendee_refunds(session, organizer_id, row.id, now=runtime().clock.now())
    taken = await refunds.allocated(session, row.id)
    return Story(
        key=row.id,
        zone=zone,
        order=await orders.order_view(session, row, show_emails=allowed(actor.role, Action.VIEW_EMAILS)),
        refunded={line.public_id: taken.get(line.id, 0) for line in await orders.lines_of(session, row.id)},
        payments=await payments.payments_of_order(session, organizer_id, row.id),
        requests=[card for card in asked.cards if card.asked_for] if asked else [],
        refunds=await refunds.refunds_of_order(session, organizer_id, row.id),
        disputes=await disputes.for_order(session, organizer_id, row.id),
        bookings=await ledger.for_order(session, organizer_id, row.id),
        sums=await ledger.order_balance(session, organizer_id, row.id),
        mails=await messages.of_order(session, organizer_id, row.id),
        timeline=await timeline.for_order(session, organizer_id, order_id=row.id, zone=zone),
        counts=await nav_counts(session, organizer_id),
    )
