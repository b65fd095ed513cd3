"""One refund request with everything needed to decide it, and the refunds of an order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.events.tables import Event
from kagibag_app.features.ledger.rules import EntryKind as LedgerKind
from kagibag_app.features.ledger.tables import LedgerEntry
from kagibag_app.features.orders.rules import DisputeState, TicketStatus
from kagibag_app.features.orders.tables import AppliedPromotion, Order
from kagibag_app.features.payments.rules import method_text
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.queries import facts
from kagibag_app.features.refunds.queries.attendee import iso
from kagibag_app.features.refunds.queries.facts import TicketLine
from kagibag_app.features.refunds.queries.queue import neighbours
from kagibag_app.features.refunds.rules import RESERVING, RefundSource, RefundStatus, RequestStatus
from kagibag_app.features.refunds.rules.asking import why_no_refund
from kagibag_app.features.refunds.tables import Refund, RefundNote, RefundRequest
from kagibag_app.features.refunds.views import (
    SOURCES,
    BuyerHistory,
    Flag,
    MoneyBar,
    NoteRow,
    RefundRow,
    RequestDetail,
    RequestTicket,
    waits,
)

_ORDER_REFUNDS = (RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION, RefundStatus.SUCCEEDED)


async def request_detail(
    session: AsyncSession, organizer_id: int, request_id: str, *, now: datetime, show_emails: bool = True
) -> RequestDetail | None:
    """Return a request of the organizer, or nothing.

    Args:
        now: Decides whether the event is over (UTC).
        show_emails: False masks the buyer's address.
    """
    request = await facts.system_request(session, request_id)
    if request is None or request.organizer_id != organizer_id:
        return None
    order = await session.get_one(Order, request.order_id)
    event = await session.get_one(Event, order.event_id)
    payment = await facts.refundable_payment(session, order.id or 0)
    lines = await facts.ticket_lines(session, order.id or 0)
    rows = await _refunds(session, order.id or 0)
    own = [r for r in rows if r.request_id == request.id]
    tickets = await _tickets(session, request, lines)
    blocked = why_no_refund(
        source=order.source, status=order.status, total_minor=order.total_minor, captured=payment is not None,
        open_chargeback=payment is not None and payment.open_chargeback,
    )  # fmt: skip
    left = payment.captured_minor - payment.committed_minor if payment else 0
    limit = max(min(sum(t.refundable_minor for t in tickets if t.asked), left), 0)
    suggested = min(request.amount_minor, limit)
    fee, fee_currency = await _stripe_fee(session, order.id or 0)
    before, behind, place, total = await neighbours(session, organizer_id, request)
    undecided = waits(request.status)
    bars = _bars(payment, rows, suggested if undecided else 0)
    promotion = await session.scalar(
        sa.select(col(AppliedPromotion.code)).where(col(AppliedPromotion.order_id) == order.id).limit(1)
    )
    return RequestDetail(
        id=request.public_id,
        version=request.version,
        status=request.status,
        amount_minor=request.amount_minor,
        approved_minor=request.approved_minor or 0,
        suggested_minor=suggested,
        limit_minor=limit,
        currency=request.currency,
        may_decide=undecided and blocked is None and limit > 0,
        blocked=blocked[1] if blocked else "",
        may_retry=request.status == RequestStatus.FAILED and blocked is None,
        category=request.reason_category,
        reason=request.reason_text,
        reply=request.reply_text,
        asked_at=iso(request.created_at),
        decided_at=iso(request.decided_at),
        decided_by=request.decided_by,
        answer=request.decision_message,
        rule=str(request.outcome.get("rule", "")),
        later_rules=str(request.outcome.get("later", "")),
        order_id=order.public_id,
        order_number=order.number,
        order_status=order.status,
        placed_at=iso(order.placed_at),
        discount_code=promotion or "",
        total_minor=order.total_minor,
        method=method_text(payment.card_brand, payment.card_last4) if payment else "",
        dispute_state=order.dispute_state,
        event_title=event.title,
        event_starts_at=iso(event.starts_at),
        event_zone=event.zone,
        buyer_name=order.buyer_name,
        checked_in=sum(t.ticket.status == TicketStatus.CHECKED_IN for t in lines),
        captured_minor=payment.captured_minor if payment else 0,
        left_minor=bars[-1].amount_minor if bars else 0,
        fee_minor=fee,
        fee_currency=fee_currency,
        failure=next((r.failure_message for r in own if r.failure_message), "")
        if request.status == RequestStatus.FAILED
        else "",
        buyer=await _buyer(session, order, show_emails=show_emails),
        previous_id=before,
        next_id=behind,
        position=place,
        of=total,
        warnings=await _warnings(session, request, event, payment, tickets, now),
        tickets=tickets,
        bars=bars,
        refunds=_rows(own),
        notes=await _notes(session, request),
    )


async def refunds_of_order(session: AsyncSession, organizer_id: int, order_id: int) -> list[RefundRow]:
    """Return an order's refunds, newest first."""
    return _rows([r for r in await _refunds(session, order_id) if r.organizer_id == organizer_id])


async def _refunds(session: AsyncSession, order_id: int) -> Sequence[Refund]:
    return (
        await session.scalars(sa.select(Refund).where(col(Refund.order_id) == order_id).order_by(col(Refund.id).desc()))
    ).all()


def _rows(refunds: Sequence[Refund]) -> list[RefundRow]:
    replaced = {r.retry_of for r in refunds}
    return [
        RefundRow(
            id=r.public_id, status=r.status, raw_status=r.raw_status, source=r.source,
            source_label=SOURCES.get(RefundSource(r.source), r.source), amount_minor=r.amount_minor,
            currency=r.currency, stripe_id=r.stripe_refund_id or "", bank_reference=r.bank_reference,
            failure=r.failure_message, failure_code=r.failure_code, note=_note(r), tries=r.tries, flagged=r.flagged,
            may_retry=r.status == RefundStatus.FAILED and r.request_id is None and r.id not in replaced,
            requested_by=r.requested_by, created_at=iso(r.created_at), accepted_at=iso(r.accepted_at),
            settled_at=iso(r.settled_at), next_try_at=iso(r.next_try_at),
        )
        for r in refunds
    ]  # fmt: skip


def _note(refund: Refund) -> str:
    if refund.status == RefundStatus.UNKNOWN:
        return "Stripe did not answer clearly. It is asked again by itself; the money can't go back twice."
    if refund.status == RefundStatus.CREATED and refund.tries:
        return "Stripe was busy or out of reach. It is sent again by itself."
    if refund.pending_reason == "insufficient_funds":
        return "Stripe waits for funds on your balance."
    return ""


async def _tickets(
    session: AsyncSession, request: RefundRequest, lines: Sequence[TicketLine]
) -> list[RequestTicket]:
    asked = {t.ticket_id for t in await facts.request_tickets(session, request.id or 0)}
    shares = {s["line_item_id"]: s for s in request.outcome.get("shares", [])}
    made: list[RequestTicket] = []
    for line in lines:
        share = shares.get(line.line.id, {}) if line.ticket.id in asked else {}
        made.append(
            RequestTicket(
                id=line.ticket.public_id, code=line.ticket.code, type_name=line.line.type_name,
                status=line.ticket.status, asked=line.ticket.id in asked, paid_minor=line.line.net_minor,
                kept_minor=share.get("kept_minor", 0), refund_minor=share.get("amount_minor", 0),
                sent_minor=line.line.net_minor - line.refundable_minor, refundable_minor=line.refundable_minor,
            )
        )  # fmt: skip
    return made


def _bars(payment: Payment | None, refunds: Sequence[Refund], asked_minor: int) -> list[MoneyBar]:
    """Return how the payment's money adds up: captured, what went back, this request, what stays."""
    if payment is None:
        return []
    left = payment.captured_minor
    bars = [MoneyBar("Captured", left, 0, left, at=iso(payment.captured_at))]
    for refund in reversed(refunds):
        if refund.payment_id != payment.id or refund.status not in RESERVING:
            continue
        sent = refund.status in _ORDER_REFUNDS
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


async def _stripe_fee(session: AsyncSession, order_id: int) -> tuple[int, str]:
    rows = (
        await session.execute(
            sa.select(col(LedgerEntry.settlement_currency), sa.func.sum(col(LedgerEntry.settlement_minor)))
            .where(col(LedgerEntry.order_id) == order_id, col(LedgerEntry.kind) == LedgerKind.STRIPE_FEE)
            .group_by(col(LedgerEntry.settlement_currency))
        )
    ).all()
    # Sums over two currencies are never shown.
    return (-int(rows[0][1]), str(rows[0][0])) if len(rows) == 1 else (0, "")


async def _buyer(session: AsyncSession, order: Order, *, show_emails: bool) -> BuyerHistory:
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
                sa.func.coalesce(sa.func.sum(sa.case((col(Order.dispute_state) != DisputeState.NONE, 1), else_=0)), 0),
            ).where(mine)
        )
    ).one()
    email = order.buyer_email if show_emails else _masked(order.buyer_email)
    return BuyerHistory(
        email, int(count), iso(since), int(paid), int(refunds), int(refunded), int(disputes), order.currency
    )


def _masked(email: str) -> str:
    name, _, host = email.partition("@")
    return f"{name[:1]}•••@{host}"


async def _warnings(
    session: AsyncSession,
    request: RefundRequest,
    event: Event,
    payment: Payment | None,
    tickets: Sequence[RequestTicket],
    now: datetime,
) -> list[Flag]:
    found: list[Flag] = []
    if payment is not None and payment.open_chargeback:
        found.append(Flag("disputed", "The bank holds this money.", "The payment is disputed; nothing can be refunded."))
    used = sum(t.asked and t.status == TicketStatus.CHECKED_IN for t in tickets)
    if used:
        found.append(Flag("checked_in", "Already used at the door.", f"{used} of the tickets was checked in."))
    if now >= event.starts_at:
        found.append(Flag("event_over", "The event has begun.", "The policy gives nothing back any more."))
    earlier = await session.scalar(
        sa.select(sa.func.count())
        .select_from(RefundRequest)
        .where(col(RefundRequest.order_id) == request.order_id, col(RefundRequest.id) < request.id)
    )
    if earlier:
        found.append(Flag("second_request", "Second request on this order.", f"{earlier} before this one."))
    return found


async def _notes(session: AsyncSession, request: RefundRequest) -> list[NoteRow]:
    rows = await session.scalars(
        sa.select(RefundNote).where(col(RefundNote.request_id) == request.id).order_by(col(RefundNote.id).desc())
    )
    return [NoteRow(r.author, r.text, iso(r.at)) for r in rows]
