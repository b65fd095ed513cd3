"""What decisions about an order's money rest on, in three statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.orders.rules import DisputeState
from kagibag_app.features.orders.tables import LineItem, Order, Ticket
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.queries.facts import surplus_payments
from kagibag_app.features.refunds.rules import ACCEPTED, IN_FLIGHT, RESERVING, RefundPolicy, RequestStatus
from kagibag_app.features.refunds.rules.asking import why_no_refund, why_not_chosen, why_nothing_left
from kagibag_app.features.refunds.rules.cancelling import (
    CancelOutcome,
    Obstacle,
    cancel_outcome,
    why_no_cancel,
)
from kagibag_app.features.refunds.tables import Refund, RefundAllocation, RefundRequest, RefundRequestTicket
from kagibag_app.kit.money import currency as currency_of

_TO_BE_CLOSED = (RequestStatus.OPEN, RequestStatus.AWAITING_SECOND, RequestStatus.FAILED)
_UNACCEPTED = IN_FLIGHT - ACCEPTED


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """A line, its ticket once it has one, what is left of it (minor units), and whether a request waits for it."""

    line: LineItem
    ticket: Ticket | None
    refundable_minor: int
    requested: bool

    @property
    def why_not(self) -> str:
        """Why its ticket can't be refunded whole; empty when it can."""
        in_progress = self.ticket is not None and self.ticket.refund_in_progress
        return why_not_chosen(in_progress=in_progress, refundable_minor=self.refundable_minor)


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """What decisions about an order's money rest on.

    Attributes:
        payment: The captured payment that paid it, the one with most left if there are several.
        page_open: Somebody may still pay at Stripe.
        on_its_way: Its refunds that Stripe has not accepted yet.
    """

    order: Order
    payment: Payment | None
    page_open: bool
    lines: list[MoneyLine]
    on_its_way: Sequence[Refund]

    @property
    def left(self) -> dict[int, int]:
        """What is left of each line, in line order (minor units)."""
        return {line.line.id: line.refundable_minor for line in self.lines}

    @property
    def left_minor(self) -> int:
        """What can still be refunded at most; nothing once the bank took the money back."""
        if self.payment is None or self.order.dispute_state == DisputeState.LOST:
            return 0
        room = self.payment.captured_minor - self.payment.committed_minor
        left = max(min(sum(self.left.values()), room), 0)
        # Less than a step can't be sent: it decides nothing.
        return left - left % currency_of(self.order.currency).step

    @property
    def no_refund(self) -> Obstacle | None:
        """Code and sentence of what forbids a member to refund anything."""
        order, payment = self.order, self.payment
        return why_no_refund(
            source=order.source, status=order.status, total_minor=order.total_minor, captured=payment is not None,
            open_chargeback=payment is not None and payment.open_chargeback,
        ) or why_nothing_left(
            dispute_state=order.dispute_state, left_minor=self.left_minor, on_its_way=bool(self.on_its_way)
        )  # fmt: skip

    @property
    def no_cancel(self) -> Obstacle | None:
        """Code and sentence of what forbids a member to cancel the order."""
        return why_no_cancel(
            status=self.order.status,
            asked=self.order.cancel_asked_at is not None,
            open_chargeback=self.payment is not None and self.payment.open_chargeback,
            on_its_way=bool(self.on_its_way),
            cancels=any(refund.cancels_order for refund in self.on_its_way),
        )

    @property
    def cancel_outcome(self) -> CancelOutcome:
        """What comes of cancelling it, if nothing forbids that."""
        return cancel_outcome(status=self.order.status, page_open=self.page_open, left_minor=self.left_minor)

    @property
    def puts_back(self) -> bool:
        """Whether the seats of ended tickets go back on sale."""
        return RefundPolicy.from_document(self.order.refund_policy).put_back_on_sale


async def order_money(session: AsyncSession, organizer_id: int, order_id: int) -> OrderMoney | None:
    """Return what is known of an order's money; nothing when the organizer has no such order."""
    rows = (
        await session.execute(
            sa.select(Order, Payment, col(Payment.id).in_(surplus_payments()).label("surplus"))
            .outerjoin(Payment, col(Payment.order_id) == col(Order.id))
            .where(col(Order.id) == order_id, col(Order.organizer_id) == organizer_id)
            .order_by(col(Payment.id))
        )
    ).all()
    if not rows:
        return None
    paid = [p for _, p, surplus in rows if p is not None and p.captured_minor > 0 and not surplus]
    unaccepted = await session.scalars(
        sa.select(Refund)
        .where(col(Refund.order_id) == order_id, col(Refund.status).in_(_UNACCEPTED))
        .where(col(Refund.payment_id).not_in(surplus_payments()))
        .order_by(col(Refund.id))
    )
    return OrderMoney(
        order=rows[0][0],
        payment=max(paid, key=lambda p: p.captured_minor - p.committed_minor, default=None),
        page_open=any(p is not None and p.is_open for _, p, _ in rows),
        lines=await _lines(session, order_id),
        on_its_way=unaccepted.all(),
    )


async def _lines(session: AsyncSession, order_id: int) -> list[MoneyLine]:
    taken = (
        sa.select(
            col(RefundAllocation.line_item_id).label("line_id"),
            sa.func.sum(col(RefundAllocation.amount_minor)).label("amount"),
        )
        .join(Refund, col(Refund.id) == col(RefundAllocation.refund_id))
        .where(col(Refund.order_id) == order_id, col(Refund.status).in_(RESERVING))
        .group_by(col(RefundAllocation.line_item_id))
        .subquery()
    )
    waiting = (
        sa.select(col(RefundRequestTicket.ticket_id))
        .join(RefundRequest, col(RefundRequest.id) == col(RefundRequestTicket.request_id))
        .where(
            col(RefundRequest.order_id) == order_id,
            col(RefundRequest.status).in_(_TO_BE_CLOSED),
            col(RefundRequestTicket.active),
        )
    )
    rows = await session.execute(
        sa.select(
            LineItem, Ticket, sa.func.coalesce(taken.c.amount, 0), col(Ticket.id).in_(waiting).label("waits")
        )
        .outerjoin(Ticket, col(Ticket.line_item_id) == col(LineItem.id))
        .outerjoin(taken, taken.c.line_id == col(LineItem.id))
        .where(col(LineItem.order_id) == order_id)
        .order_by(col(LineItem.position), col(LineItem.id))
    )
    return [
        MoneyLine(line, ticket, max(line.net_minor - int(amount), 0), bool(waits))
        for line, ticket, amount, waits in rows
    ]
