"""Refunds on the buyer's order page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.orders.rules import DisputeState, TicketStatus
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.refunds.queries import facts
from kagibag_app.features.refunds.queries.facts import TicketLine
from kagibag_app.features.refunds.rules import (
    REQUEST_MOVES,
    SETTLED,
    RefundPolicy,
    RefundSource,
    RefundStatus,
    RequestStatus,
    attendee_sentence,
    policy_outcome,
    policy_sentence,
    ticket_sentence,
)
from kagibag_app.features.refunds.rules.asking import why_no_refund
from kagibag_app.features.refunds.rules.automatic import why_person_for_order
from kagibag_app.features.refunds.rules.tracker import STEP_LABELS, StepKey, step_states
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.features.refunds.views import (
    AttendeeRefunds,
    RefundCard,
    RefundOptions,
    TicketOption,
    TrackerStep,
)

# Banks show a refund after 5 to 10 business days. Source: docs.stripe.com/refunds, "Refund destinations".
AT_BANK_WITHIN = timedelta(days=14)


async def attendee_refunds(
    session: AsyncSession, organizer_id: int, order_id: int, *, now: datetime
) -> AttendeeRefunds | None:
    """Return what the buyer may ask for and what has been asked, newest first.

    Args:
        now: The moment that the policy is asked about (UTC).
    """
    order = await session.get(Order, order_id)
    if order is None or order.organizer_id != organizer_id:
        return None
    lines = await facts.ticket_lines(session, order_id)
    return AttendeeRefunds(await _options(session, order, lines, now), await _cards(session, order, lines))


async def _options(
    session: AsyncSession, order: Order, lines: Sequence[TicketLine], now: datetime
) -> RefundOptions:
    policy, about = RefundPolicy.from_document(order.refund_policy), await facts.order_facts(session, order)
    payment = await facts.refundable_payment(session, order.id or 0)
    obstacle = why_no_refund(
        source=order.source, status=order.status, total_minor=order.total_minor, captured=payment is not None,
        open_chargeback=payment is not None and payment.open_chargeback,
    )  # fmt: skip
    held = await facts.tickets_in_active_requests(session, [t.ticket.id or 0 for t in lines])
    outcome = policy_outcome(policy, about, [facts.ticket_facts(t) for t in lines], now)
    tickets: list[TicketOption] = []
    for line, share in zip(lines, outcome.shares, strict=True):
        used = line.ticket.status == TicketStatus.CHECKED_IN
        why = "a refund was asked for." if line.ticket.id in held else facts.why_not(line, policy)
        tickets.append(
            TicketOption(
                id=line.ticket.public_id, code=line.ticket.code, type_name=line.line.type_name,
                status=line.ticket.status, paid_minor=line.refundable_minor, kept_minor=share.kept_minor,
                amount_minor=share.amount_minor, selectable=not obstacle and not why, why_not=why, used=used,
                sentence=ticket_sentence(
                    policy, about, outcome, share, paid_minor=line.refundable_minor, used=used
                ),
            )
        )  # fmt: skip
    may = any(t.selectable for t in tickets)
    return RefundOptions(
        may_ask=may,
        why_not=obstacle[1] if obstacle else "" if may else "No ticket is left to give back.",
        policy=policy_sentence(policy, about.starts_at, about.zone, order.currency),
        rule=attendee_sentence(policy, about, outcome),
        currency=order.currency,
        person=why_person_for_order(
            policy, about, now, disputed=order.dispute_state == DisputeState.OPEN,
            asked_before=await facts.asked_before(session, order.id or 0),
        ),
        alone_minor=(await accounts.manager_limits(session, order.organizer_id)).get(order.currency),
        tickets=tickets,
    )  # fmt: skip


async def _cards(session: AsyncSession, order: Order, lines: Sequence[TicketLine]) -> list[RefundCard]:
    requests = (
        await session.scalars(
            sa.select(RefundRequest)
            .where(col(RefundRequest.order_id) == order.id, col(RefundRequest.made_by_id).is_(None))
            .order_by(col(RefundRequest.id))
        )
    ).all()
    refunds = (
        await session.scalars(
            sa.select(Refund).where(col(Refund.order_id) == order.id).order_by(col(Refund.id))
        )
    ).all()
    newest = {r.request_id: r for r in refunds if r.request_id is not None}
    by_ticket = {t.ticket.id: t for t in lines}
    dated: list[tuple[datetime, RefundCard]] = []
    for request in requests:
        asked = [by_ticket[t.ticket_id] for t in await facts.request_tickets(session, request.id or 0)]
        dated.append((request.created_at, _request_card(request, newest.get(request.id or 0), asked)))
    replaced = {r.retry_of for r in refunds}
    asked_for = {request.id for request in requests}
    alone = [r for r in refunds if r.request_id not in asked_for and r.id not in replaced]
    dated += [(r.created_at, _refund_card(r)) for r in alone if r.status != RefundStatus.CANCELED]
    return [card for _, card in sorted(dated, key=lambda pair: pair[0], reverse=True)]


def _request_card(request: RefundRequest, refund: Refund | None, asked: Sequence[TicketLine]) -> RefundCard:
    status = RequestStatus(request.status)
    return RefundCard(
        id=request.public_id,
        asked_for=True,
        title=_title(asked),
        status=status,
        amount_minor=request.amount_minor if request.approved_minor is None else request.approved_minor,
        currency=request.currency,
        sentence=str(request.outcome.get("sentence", "")),
        trouble=_trouble(refund) if status in (RequestStatus.FAILED, RequestStatus.APPROVED) else "",
        category=request.reason_category,
        reason=request.reason_text,
        answer=request.decision_message,
        reply=request.reply_text,
        bank_reference=refund.bank_reference if refund else "",
        due=_due(refund),
        may_withdraw=REQUEST_MOVES.allows(status, RequestStatus.WITHDRAWN),
        may_reply=status == RequestStatus.DECLINED and request.replied_at is None,
        tickets=[t.ticket.code for t in asked],
        steps=_steps(request, refund),
    )


def _refund_card(refund: Refund) -> RefundCard:
    late = refund.source == RefundSource.LATE_PAYMENT
    return RefundCard(
        id=refund.public_id,
        asked_for=False,
        title="Your second payment goes back" if late else "Refund",
        status=refund.status,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        sentence="This payment came too late for the order, so all of it goes back to you." if late else "",
        trouble=_trouble(refund),
        category="",
        reason="",
        answer="",
        reply="",
        bank_reference=refund.bank_reference,
        due=_due(refund),
        may_withdraw=False,
        may_reply=False,
        steps=[s for s in _steps(None, refund) if s.key in (StepKey.SENT, StepKey.AT_BANK)],
    )


def _steps(request: RefundRequest | None, refund: Refund | None) -> list[TrackerStep]:
    status = RequestStatus(request.status) if request else RequestStatus.APPROVED
    states = step_states(status, RefundStatus(refund.status) if refund else None)
    times = {
        StepKey.REQUESTED: request.created_at if request else None,
        StepKey.APPROVED: request.decided_at if request else None,
        StepKey.SENT: refund.accepted_at if refund else None,
    }
    labels = STEP_LABELS | _ENDS.get(status, {})
    reference = refund.bank_reference if refund else ""
    return [
        TrackerStep(
            key=key, label=labels[key], state=state, at=iso(times.get(key)),
            detail=f"Reference {reference}" if key == StepKey.AT_BANK and reference else "",
        )
        for key, state in states.items()
    ]  # fmt: skip


_ENDS = {
    RequestStatus.DECLINED: {StepKey.APPROVED: "Declined"},
    RequestStatus.WITHDRAWN: {StepKey.APPROVED: "Withdrawn"},
    RequestStatus.SUPERSEDED: {StepKey.APPROVED: "Settled another way"},
}


def _trouble(refund: Refund | None) -> str:
    if refund is None or refund.status not in (RefundStatus.FAILED, RefundStatus.CANCELED):
        return ""
    return "The money could not be sent. The organizer has been told and will send it again; you need do nothing."


def _title(asked: Sequence[TicketLine]) -> str:
    names = Counter(t.line.type_name for t in asked)
    parts = [name if count == 1 else f"{count} × {name}" for name, count in names.items()]
    return f"Refund for {', '.join(parts)}"


def _due(refund: Refund | None) -> str:
    if refund is None or refund.accepted_at is None or refund.status in (SETTLED - {RefundStatus.SUCCEEDED}):
        return ""
    return iso(refund.accepted_at + AT_BANK_WITHIN)


def iso(at: datetime | None) -> str:
    """Return a time as ISO 8601 text, empty for none."""
    return at.isoformat() if at else ""
