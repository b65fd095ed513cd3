"""What decisions about refunds rest on: rows and sums, read inside the deciding transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders.rules import OrderStatus, TicketStatus
from kagibag_app.features.orders.tables import LineItem, Order, Ticket
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.rules import (
    ACCEPTED,
    ACTIVE_REQUESTS,
    IN_FLIGHT,
    REFUNDED,
    RESERVING,
    OrderFacts,
    RefundPolicy,
    RefundSource,
    RefundStatus,
    TicketFacts,
)
from kagibag_app.features.refunds.rules.asking import why_not_ticket
from kagibag_app.features.refunds.tables import (
    Refund,
    RefundAllocation,
    RefundRequest,
    RefundRequestTicket,
    RefundTicket,
)


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A ticket with its line item and what of the line is still refundable (minor units)."""

    ticket: Ticket
    line: LineItem
    refundable_minor: int


async def order_facts(session: AsyncSession, order: Order) -> OrderFacts:
    """Return what the policy asks of an order."""
    event = await session.get_one(Event, order.event_id)
    return OrderFacts(order.currency, event.starts_at, event.zone)


async def system_request(session: AsyncSession, public_id: str) -> RefundRequest | None:
    """Return a request by its public id, whoever's it is; the service compares the organizer."""
    return await session.scalar(sa.select(RefundRequest).where(col(RefundRequest.public_id) == public_id))


async def system_refund(session: AsyncSession, public_id: str) -> Refund | None:
    """Return a refund by its public id."""
    return await session.scalar(sa.select(Refund).where(col(Refund.public_id) == public_id))


async def system_refund_at_stripe(session: AsyncSession, stripe_id: str, account: str) -> Refund | None:
    """Return the refund that has this id at Stripe."""
    return await session.scalar(
        sa.select(Refund).where(col(Refund.account) == account, col(Refund.stripe_refund_id) == stripe_id)
    )


async def system_payment_of(
    session: AsyncSession, *, payment_intent_id: str, charge_id: str, account: str
) -> Payment | None:
    """Return the payment that a refund at Stripe belongs to."""
    named = [
        column == value
        for column, value in (
            (col(Payment.payment_intent_id), payment_intent_id),
            (col(Payment.charge_id), charge_id),
        )
        if value
    ]
    if not named:
        return None
    return await session.scalar(sa.select(Payment).where(col(Payment.account) == account, sa.or_(*named)))


def surplus_payments() -> Any:
    """Select payments whose money came too late or twice: it never belonged to the order."""
    return sa.select(col(Refund.payment_id)).where(col(Refund.source) == RefundSource.LATE_PAYMENT)


async def is_surplus(session: AsyncSession, payment_id: int) -> bool:
    """Say whether a payment's money is given back because it came too late or twice."""
    found = await session.scalar(surplus_payments().where(col(Refund.payment_id) == payment_id).limit(1))
    return found is not None


async def refundable_payment(session: AsyncSession, order_id: int) -> Payment | None:
    """Return the captured payment that paid the order, the one with most left if there are several."""
    return await session.scalar(
        sa.select(Payment)
        .where(
            col(Payment.order_id) == order_id,
            col(Payment.captured_minor) > 0,
            col(Payment.id).not_in(surplus_payments()),
        )
        .order_by((col(Payment.captured_minor) - col(Payment.committed_minor)).desc(), col(Payment.id))
        .limit(1)
    )


async def allocated(
    session: AsyncSession, order_id: int, *, statuses: Collection[RefundStatus] = RESERVING
) -> dict[int, int]:
    """Return what refunds take of each line item (minor units).

    Args:
        statuses: Of these refunds only; all that hold their amount when omitted.
    """
    rows = await session.execute(
        sa.select(col(RefundAllocation.line_item_id), sa.func.sum(col(RefundAllocation.amount_minor)))
        .join(Refund, col(Refund.id) == col(RefundAllocation.refund_id))
        .where(col(Refund.order_id) == order_id, col(Refund.status).in_(statuses))
        .group_by(col(RefundAllocation.line_item_id))
    )
    return {line: int(amount) for line, amount in rows}


async def refundable_lines(session: AsyncSession, order_id: int) -> dict[int, int]:
    """Return what is still refundable of each line item, in line order (minor units)."""
    taken = await allocated(session, order_id)
    lines = await session.execute(
        sa.select(col(LineItem.id), col(LineItem.net_minor))
        .where(col(LineItem.order_id) == order_id)
        .order_by(col(LineItem.position), col(LineItem.id))
    )
    return {line: max(net - taken.get(line, 0), 0) for line, net in lines}


async def ticket_lines(session: AsyncSession, order_id: int) -> list[TicketLine]:
    """Return an order's tickets with their lines, in line order."""
    left = await refundable_lines(session, order_id)
    rows = await session.execute(
        sa.select(Ticket, LineItem)
        .join(LineItem, col(LineItem.id) == col(Ticket.line_item_id))
        .where(col(Ticket.order_id) == order_id)
        .order_by(col(LineItem.position), col(LineItem.id))
    )
    return [TicketLine(ticket, line, left[line.id or 0]) for ticket, line in rows]


def ticket_facts(line: TicketLine) -> TicketFacts:
    """Return what the policy asks of a ticket."""
    return TicketFacts(
        line.line.id or 0, line.refundable_minor, line.ticket.status == TicketStatus.CHECKED_IN
    )


def why_not(line: TicketLine, policy: RefundPolicy) -> str:
    """Return why a ticket can't be asked back, or nothing."""
    return why_not_ticket(
        status=line.ticket.status, in_progress=line.ticket.refund_in_progress,
        refundable_minor=line.refundable_minor, checked_in_qualify=policy.checked_in_qualify,
    )  # fmt: skip


async def tickets_in_active_requests(
    session: AsyncSession, ticket_ids: Collection[int]
) -> dict[int, RefundRequest]:
    """Return which of these tickets a request holds already, with that request."""
    rows = await session.execute(
        sa.select(col(RefundRequestTicket.ticket_id), RefundRequest)
        .join(RefundRequest, col(RefundRequest.id) == col(RefundRequestTicket.request_id))
        .where(col(RefundRequestTicket.ticket_id).in_(ticket_ids), col(RefundRequestTicket.active))
    )
    return {row.ticket_id: row.RefundRequest for row in rows}


async def asked_before(session: AsyncSession, order_id: int) -> bool:
    """Say whether the buyer asked for money of an order before, whatever became of that."""
    found = await session.scalar(
        sa.select(col(RefundRequest.id))
        .where(col(RefundRequest.order_id) == order_id, col(RefundRequest.made_by_id).is_(None))
        .limit(1)
    )
    return found is not None


async def given_alone(session: AsyncSession, organizer_id: int, order_id: int, user_id: int) -> int:
    """Return what a member let go of an order without a second person, minor units."""
    given = await session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(col(Refund.amount_minor)), 0)).where(
            col(Refund.organizer_id) == organizer_id, col(Refund.order_id) == order_id,
            col(Refund.alone_by_id) == user_id, col(Refund.status).in_(RESERVING),
        )
    )  # fmt: skip
    return int(given or 0)


async def request_tickets(session: AsyncSession, request_id: int) -> Sequence[RefundRequestTicket]:
    """Return a request's tickets in the order they were asked for."""
    return (
        await session.scalars(
            sa.select(RefundRequestTicket)
            .where(col(RefundRequestTicket.request_id) == request_id)
            .order_by(col(RefundRequestTicket.id))
        )
    ).all()


async def named_tickets(session: AsyncSession, refund_id: int) -> list[Ticket]:
    """Return the tickets that a refund without a request names as those it ends."""
    rows = await session.scalars(
        sa.select(Ticket)
        .join(RefundTicket, col(RefundTicket.ticket_id) == col(Ticket.id))
        .where(col(RefundTicket.refund_id) == refund_id)
        .order_by(col(Ticket.id))
    )
    return list(rows)


async def returned_tickets(session: AsyncSession, order_id: int) -> set[int]:
    """Return the tickets that a request or a member named and whose refund Stripe has accepted and not lost since."""
    lasting = sa.and_(
        col(Refund.order_id) == order_id, col(Refund.status).in_(ACCEPTED), ~col(Refund.keeps_tickets)
    )
    asked = (
        sa.select(col(RefundRequestTicket.ticket_id))
        .join(Refund, col(Refund.request_id) == col(RefundRequestTicket.request_id))
        .where(lasting)
    )
    named = (
        sa.select(col(RefundTicket.ticket_id))
        .join(Refund, col(Refund.id) == col(RefundTicket.refund_id))
        .where(lasting)
    )
    return set(await session.scalars(sa.union(asked, named)))


async def revivable_lines(session: AsyncSession, order: Order) -> list[TicketLine]:
    """Return the tickets that a refund had ended and whose money came back: somebody may make them valid again."""
    if order.status != OrderStatus.PAID:
        return []
    returned = await returned_tickets(session, order.id)
    return [
        line
        for line in await ticket_lines(session, order.id)
        if line.ticket.status == TicketStatus.VOID
        and line.ticket.void_reason == REFUNDED
        and not line.ticket.refund_in_progress
        and line.refundable_minor > 0
        and line.ticket.id not in returned
    ]


async def active_requests(session: AsyncSession, order_id: int) -> Sequence[RefundRequest]:
    """Return an order's requests that hold their tickets."""
    return (
        await session.scalars(
            sa.select(RefundRequest)
            .where(col(RefundRequest.order_id) == order_id, col(RefundRequest.status).in_(ACTIVE_REQUESTS))
            .order_by(col(RefundRequest.id))
        )
    ).all()


async def last_refund(session: AsyncSession, request_id: int) -> Refund | None:
    """Return the newest refund made for a request."""
    return await session.scalar(
        sa.select(Refund).where(col(Refund.request_id) == request_id).order_by(col(Refund.id).desc()).limit(1)
    )


async def allocations_of(session: AsyncSession, refund_id: int) -> dict[int, int]:
    """Return how a refund is shared over line items (minor units)."""
    rows = await session.execute(
        sa.select(col(RefundAllocation.line_item_id), col(RefundAllocation.amount_minor))
        .where(col(RefundAllocation.refund_id) == refund_id)
        .order_by(col(RefundAllocation.id))
    )
    return {line: int(amount) for line, amount in rows}


async def predecessors(session: AsyncSession, refund: Refund) -> list[Refund]:
    """Return the refunds that this one was made to replace, newest first."""
    chain: list[Refund] = []
    before = refund.retry_of
    while before is not None:
        row = await session.get_one(Refund, before)
        chain.append(row)
        before = row.retry_of
    return chain


async def unsent_refunds(session: AsyncSession, payment_id: int) -> Sequence[Refund]:
    """Return a payment's refunds of which nothing can be at Stripe yet, newest first."""
    return (
        await session.scalars(
            sa.select(Refund)
            .where(col(Refund.payment_id) == payment_id, col(Refund.status) == RefundStatus.CREATED)
            .order_by(col(Refund.id).desc())
        )
    ).all()


async def another_is_submitting(session: AsyncSession, refund: Refund) -> bool:
    """Say whether another refund of the same payment is at Stripe's door right now."""
    found = await session.scalar(
        sa.select(col(Refund.id))
        .where(
            col(Refund.payment_id) == refund.payment_id,
            col(Refund.id) != refund.id,
            col(Refund.status) == RefundStatus.SUBMITTING,
        )
        .limit(1)
    )
    return found is not None


async def order_sums(session: AsyncSession, order_id: int) -> tuple[int, bool]:
    """Return the sum of an order's succeeded refunds (minor units) and whether others are on their way."""
    own = sa.and_(col(Refund.order_id) == order_id, col(Refund.payment_id).not_in(surplus_payments()))
    succeeded = await session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(col(Refund.amount_minor)), 0)).where(
            own, col(Refund.status) == RefundStatus.SUCCEEDED
        )
    )
    moving = await session.scalar(
        sa.select(col(Refund.id)).where(own, col(Refund.status).in_(IN_FLIGHT)).limit(1)
    )
    return int(succeeded or 0), moving is not None


async def request_of(session: AsyncSession, refund: Refund) -> RefundRequest | None:
    """Return the request a refund answers."""
    return None if refund.request_id is None else await session.get(RefundRequest, refund.request_id)
