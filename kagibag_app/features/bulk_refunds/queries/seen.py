"""What is known of many orders' money: for a preview, in six statements however many they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.bulk_refunds.rules import Facts
from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.orders.tables import LineItem, Order, Ticket
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.queries import surplus_payments
from kagibag_app.features.refunds.rules import ACCEPTED, IN_FLIGHT, RESERVING, RequestStatus
from kagibag_app.features.refunds.tables import Refund, RefundAllocation, RefundRequest

_WAITING_REQUESTS = (RequestStatus.OPEN, RequestStatus.AWAITING_SECOND, RequestStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Seen:
    """An order with what decides about its refund.

    Attributes:
        account: The Stripe account that took its money; empty when none was taken.
        requested: A buyer's request waits for a decision.
    """

    order_id: int
    account: str
    requested: bool
    facts: Facts


async def orders_seen(session: AsyncSession, organizer_id: int, order_ids: Sequence[int]) -> list[Seen]:
    """Return those of the orders that are the organizer's, in the order of their keys."""
    orders = await session.execute(
        sa.select(
            col(Order.id), col(Order.source), col(Order.status), col(Order.currency), col(Order.total_minor),
            col(Order.dispute_state),
        )
        .where(col(Order.organizer_id) == organizer_id, col(Order.id).in_(order_ids))
        .order_by(col(Order.id))
    )  # fmt: skip
    rows = orders.all()
    mine = [row.id for row in rows]
    payments, left = await _payments(session, mine), await _left(session, mine)
    tickets, moving = await _tickets(session, mine), await _moving(session, mine)
    requested = set(
        await session.scalars(
            sa.select(col(RefundRequest.order_id)).where(
                col(RefundRequest.order_id).in_(mine), col(RefundRequest.status).in_(_WAITING_REQUESTS)
            )
        )
    )
    return [
        _seen(row, payments.get(row.id), left.get(row.id, 0), tickets.get(row.id, (0, 0)), moving, requested)
        for row in rows
    ]


def _seen(
    row: Any, payment: Any, left: int, tickets: tuple[int, int], moving: set[int], requested: set[int]
) -> Seen:
    facts = Facts(
        source=row.source, status=row.status, currency=row.currency, total_minor=row.total_minor,
        dispute_state=row.dispute_state, captured=payment is not None,
        open_chargeback=payment is not None and payment.open_chargeback,
        room_minor=payment.captured_minor - payment.committed_minor if payment is not None else 0,
        lines_left_minor=left, on_its_way=row.id in moving, tickets=tickets[0], checked_in=tickets[1],
    )  # fmt: skip
    return Seen(row.id, payment.account if payment is not None else "", row.id in requested, facts)


async def _payments(session: AsyncSession, orders: Sequence[int]) -> dict[int, Any]:
    """Return the captured payment that paid each order, the one with most left if there are several."""
    rows = await session.execute(
        sa.select(
            col(Payment.order_id), col(Payment.account), col(Payment.captured_minor), col(Payment.committed_minor),
            col(Payment.open_chargeback),
        )
        .where(
            col(Payment.order_id).in_(orders), col(Payment.captured_minor) > 0,
            col(Payment.id).not_in(surplus_payments()),
        )
        .order_by(col(Payment.captured_minor) - col(Payment.committed_minor), col(Payment.id).desc())
    )  # fmt: skip
    return {row.order_id: row for row in rows}


async def _left(session: AsyncSession, orders: Sequence[int]) -> dict[int, int]:
    """Return what is left of the lines of each order."""
    taken = (
        sa.select(
            col(RefundAllocation.line_item_id).label("line_id"),
            sa.func.sum(col(RefundAllocation.amount_minor)).label("amount"),
        )
        .join(Refund, col(Refund.id) == col(RefundAllocation.refund_id))
        .where(col(Refund.order_id).in_(orders), col(Refund.status).in_(RESERVING))
        .group_by(col(RefundAllocation.line_item_id))
        .subquery()
    )
    rest = col(LineItem.net_minor) - sa.func.coalesce(taken.c.amount, 0)
    rows = await session.execute(
        sa.select(col(LineItem.order_id), sa.func.sum(sa.case((rest > 0, rest), else_=0)))
        .outerjoin(taken, taken.c.line_id == col(LineItem.id))
        .where(col(LineItem.order_id).in_(orders))
        .group_by(col(LineItem.order_id))
    )
    return {order: int(amount) for order, amount in rows}


async def _tickets(session: AsyncSession, orders: Sequence[int]) -> dict[int, tuple[int, int]]:
    used = sa.case((col(Ticket.status) == TicketStatus.CHECKED_IN, 1), else_=0)
    rows = await session.execute(
        sa.select(col(Ticket.order_id), sa.func.count(), sa.func.sum(used))
        .where(col(Ticket.order_id).in_(orders), col(Ticket.status) != TicketStatus.VOID)
        .group_by(col(Ticket.order_id))
    )
    return {order: (int(count), int(checked_in)) for order, count, checked_in in rows}


async def _moving(session: AsyncSession, orders: Sequence[int]) -> set[int]:
    return set(
        await session.scalars(
            sa.select(col(Refund.order_id)).where(
                col(Refund.order_id).in_(orders),
                col(Refund.status).in_(IN_FLIGHT - ACCEPTED),
                col(Refund.payment_id).not_in(surplus_payments()),
            )
        )
    )
