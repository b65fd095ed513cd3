"""The money of an order's refunds: the rows, where it is, what Stripe keeps, and the buyer's history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.ledger.rules import EntryKind as LedgerKind
from kagibag_app.features.ledger.tables import LedgerEntry
from kagibag_app.features.orders.rules import DisputeState
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.queries.attendee import iso
from kagibag_app.features.refunds.rules import (
    ACCEPTED,
    IN_FLIGHT,
    RESERVING,
    SETTLED,
    RefundSource,
    RefundStatus,
)
from kagibag_app.features.refunds.rules.failures import WAITING_FOR_FUNDS, WAITS_FOR_FUNDS
from kagibag_app.features.refunds.rules.outside import RETURN_WAYS, ReturnWay, may_return_outside
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.refunds.views import SOURCES, BuyerHistory, KeptFees, MoneyBar, RefundRow
from kagibag_app.kit.text import mask_email

_FEES = (LedgerKind.STRIPE_FEE, LedgerKind.APPLICATION_FEE, LedgerKind.APPLICATION_FEE_REFUND)
_CAME_BACK = SETTLED - ACCEPTED


async def all_refunds(session: AsyncSession, order_id: int) -> Sequence[Refund]:
    """Return every refund of an order, newest first."""
    return (
        await session.scalars(
            sa.select(Refund).where(col(Refund.order_id) == order_id).order_by(col(Refund.id).desc())
        )
    ).all()


def refund_rows(refunds: Sequence[Any]) -> list[RefundRow]:
    """Return refunds as members see them; their rows may be mapped or plain."""
    replaced = {r.retry_of for r in refunds}
    newest = {r.request_id: r.id for r in sorted(refunds, key=lambda r: r.id)}
    return [
        RefundRow(
            id=r.public_id, status=r.status, raw_status=r.raw_status, source=r.source,
            source_label=SOURCES[RefundSource(r.source)], amount_minor=r.amount_minor,
            currency=r.currency, stripe_id=r.stripe_refund_id or "", bank_reference=r.bank_reference,
            failure=r.failure_message, failure_code=r.failure_code, note=_note(r), tries=r.tries, flagged=r.flagged,
            may_retry=r.status == RefundStatus.FAILED and r.request_id is None and r.id not in replaced,
            may_return=r.id not in replaced
            and (r.request_id is None or r.id == newest[r.request_id])
            and may_return_outside(r.status, at_stripe=bool(r.stripe_refund_id)),
            may_revive=r.status in _CAME_BACK and r.accepted_at is not None and r.id not in replaced,
            needs_allocation=r.needs_allocation,
            requested_by=r.requested_by, created_at=iso(r.created_at), accepted_at=iso(r.accepted_at),
            settled_at=iso(r.settled_at), next_try_at=iso(r.next_try_at),
        )
        for r in refunds
    ]  # fmt: skip


def _note(refund: Any) -> str:
    if refund.status == RefundStatus.UNKNOWN:
        return "Stripe did not answer clearly. It is asked again by itself; the money can't go back twice."
    if refund.status == RefundStatus.CREATED and refund.tries:
        return "Stripe was busy or out of reach. It is sent again by itself."
    if refund.pending_reason == WAITS_FOR_FUNDS and refund.status in IN_FLIGHT:
        return WAITING_FOR_FUNDS
    if refund.returned_by:
        return f"Returned by {RETURN_WAYS[ReturnWay(refund.returned_by)]}, outside Stripe."
    if refund.needs_allocation:
        return "Made at Stripe. Say which tickets it was about; until then it is shared over all of them."
    return ""


def money_bars(payment: Payment | None, refunds: Sequence[Refund], asked_minor: int) -> list[MoneyBar]:
    """Return how the payment's money adds up: captured, what went back, this request, what stays."""
    if payment is None:
        return []
    left = payment.captured_minor
    bars = [MoneyBar("Captured", left, 0, left, at=iso(payment.captured_at))]
    for refund in reversed(refunds):
        if refund.payment_id != payment.id or refund.status not in RESERVING:
            continue
        sent = refund.status in ACCEPTED
        left -= refund.amount_minor
        bars.append(
            MoneyBar(
                "Refunded" if sent else "On its way", -refund.amount_minor, left, refund.amount_minor, "out",
                iso(refund.accepted_at if sent else refund.created_at),
            )
        )  # fmt: skip
    if asked_minor:
        left -= asked_minor
        bars.append(MoneyBar("This refund", -asked_minor, left, asked_minor, "now"))
    bars.append(MoneyBar("Stays with you", left, 0, left, "sum"))
    return bars


async def kept_fees(session: AsyncSession, order_id: int) -> KeptFees:
    """Return what stays away when an order's money goes back; nothing when unknown or in several currencies.

    Stripe keeps its fee of a refunded payment, and so does the platform: its share is not asked back.
    """
    rows = (
        await session.execute(
            sa.select(
                col(LedgerEntry.settlement_currency),
                col(LedgerEntry.kind),
                sa.func.sum(col(LedgerEntry.settlement_minor)),
            )
            .where(col(LedgerEntry.order_id) == order_id, col(LedgerEntry.kind).in_(_FEES))
            .group_by(col(LedgerEntry.settlement_currency), col(LedgerEntry.kind))
        )
    ).all()
    if len({currency for currency, _, _ in rows}) != 1:
        return KeptFees()
    sums = {kind: -int(minor) for _, kind, minor in rows}
    platform = sums.get(LedgerKind.APPLICATION_FEE, 0) + sums.get(LedgerKind.APPLICATION_FEE_REFUND, 0)
    return KeptFees(rows[0][0], sums.get(LedgerKind.STRIPE_FEE, 0), platform)


async def buyer_history(session: AsyncSession, order: Order, *, show_emails: bool) -> BuyerHistory:
    """Return what the same address bought and got back from this organizer."""
    mine = sa.and_(
        col(Order.organizer_id) == order.organizer_id, col(Order.email_key) == order.email_key,
        col(Order.paid_at).is_not(None),
    )  # fmt: skip
    same_money = sa.case((col(Order.currency) == order.currency, 1), else_=0)
    count, since, paid, refunded, refunds, disputes = (
        await session.execute(
            sa.select(
                sa.func.count(),
                sa.func.min(col(Order.placed_at)),
                sa.func.coalesce(sa.func.sum(col(Order.total_minor) * same_money), 0),
                sa.func.coalesce(sa.func.sum(col(Order.refunded_minor) * same_money), 0),
                sa.func.coalesce(sa.func.sum(sa.case((col(Order.refunded_minor) > 0, 1), else_=0)), 0),
                sa.func.coalesce(
                    sa.func.sum(sa.case((col(Order.dispute_state) != DisputeState.NONE, 1), else_=0)), 0
                ),
            ).where(mine)
        )
    ).one()
    email = order.buyer_email if show_emails else mask_email(order.buyer_email)
    return BuyerHistory(
        email, int(count), iso(since), int(paid), int(refunds), int(refunded), int(disputes), order.currency
    )
