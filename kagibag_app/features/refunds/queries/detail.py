"""One refund request with everything needed to decide it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders import queries as order_queries
from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.rules import method_text
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.queries import facts
from kagibag_app.features.refunds.queries.attendee import iso
from kagibag_app.features.refunds.queries.facts import TicketLine
from kagibag_app.features.refunds.queries.money import (
    all_refunds,
    buyer_history,
    kept_fees,
    money_bars,
    refund_rows,
)
from kagibag_app.features.refunds.rules import RESERVING, RequestStatus
from kagibag_app.features.refunds.rules.asking import NOTHING_OF_THESE, why_no_refund
from kagibag_app.features.refunds.rules.automatic import NEVER
from kagibag_app.features.refunds.tables import Refund, RefundNote, RefundRequest
from kagibag_app.features.refunds.views import (
    FirstApproval,
    Flag,
    NoteRow,
    RequestDetail,
    RequestTicket,
    waits,
)
from kagibag_app.kit.text import masked


async def request_detail(
    session: AsyncSession, organizer_id: int, request_id: str, *, now: datetime, show_emails: bool = True
) -> RequestDetail | None:
    """Return a request of the organizer, or nothing.

    Args:
        now: Decides whether the event is over (UTC).
        show_emails: False masks every address, also where somebody wrote one.
    """
    shown = _as_written if show_emails else masked
    request = await facts.system_request(session, request_id)
    if request is None or request.organizer_id != organizer_id:
        return None
    order = await session.get_one(Order, request.order_id)
    event = await session.get_one(Event, order.event_id)
    payment = await facts.refundable_payment(session, order.id or 0)
    lines = await facts.ticket_lines(session, order.id or 0)
    tickets = await _tickets(session, request, lines)
    refunds = await all_refunds(session, order.id or 0)
    return RequestDetail(
        **_request_fields(request, shown),
        **_order_fields(order, event, lines),
        **_money_fields(request, order, payment, tickets, refunds),
        ends=len(await facts.request_tickets(session, request.id or 0)),
        alone_minor=(await accounts.manager_limits(session, organizer_id)).get(order.currency),
        given=_given(refunds),
        discount_code=await _discount_code(session, order),
        fees=await kept_fees(session, order.id or 0),
        buyer=await buyer_history(session, order, show_emails=show_emails),
        warnings=await _warnings(session, request, event, payment, tickets, now),
        tickets=tickets,
        notes=await _notes(session, request, shown),
    )


def _as_written(text: str) -> str:
    return text


def _request_fields(request: RefundRequest, shown: Callable[[str], str]) -> dict[str, Any]:
    return {
        "id": request.public_id,
        "version": request.version,
        "status": request.status,
        "amount_minor": request.amount_minor,
        "approved_minor": request.approved_minor or 0,
        "currency": request.currency,
        "category": request.reason_category,
        "reason": shown(request.reason_text),
        "reply": shown(request.reply_text),
        "asked_at": iso(request.created_at),
        "decided_at": iso(request.decided_at),
        "decided_by": request.decided_by,
        "answer": shown(request.decision_message),
        "rule": str(request.outcome.get("rule", "")),
        "later_rules": str(request.outcome.get("later", "")),
        "person": _person(request),
        "made_by": request.made_by,
        "cancels_order": request.cancels_order,
        "first": _first(request, shown),
    }


def _first(request: RefundRequest, shown: Callable[[str], str]) -> FirstApproval | None:
    kept = request.proposal
    if not kept:
        return None
    return FirstApproval(
        kept["by_id"],
        kept["by"],
        kept["at"],
        kept["amount_minor"],
        shown(kept["message"]),
        kept["keep_tickets"],
    )


def _given(refunds: Sequence[Refund]) -> dict[int, int]:
    given: Counter[int] = Counter()
    for refund in refunds:
        if refund.alone_by_id is not None and refund.status in RESERVING:
            given[refund.alone_by_id] += refund.amount_minor
    return dict(given)


def _person(request: RefundRequest) -> str:
    why = str(request.outcome.get("person", ""))
    return "" if why == NEVER else why


def _order_fields(order: Order, event: Event, lines: Sequence[TicketLine]) -> dict[str, Any]:
    return {
        "order_id": order.public_id,
        "order_number": order.number,
        "order_status": order.status,
        "placed_at": iso(order.placed_at),
        "total_minor": order.total_minor,
        "dispute_state": order.dispute_state,
        "event_title": event.title,
        "event_starts_at": iso(event.starts_at),
        "event_zone": event.zone,
        "buyer_name": order.buyer_name,
        "checked_in": sum(t.ticket.status == TicketStatus.CHECKED_IN for t in lines),
    }


def _money_fields(
    request: RefundRequest,
    order: Order,
    payment: Payment | None,
    tickets: Sequence[RequestTicket],
    refunds: Sequence[Refund],
) -> dict[str, Any]:
    """Return what can be decided about the request and where the payment's money is."""
    blocked = why_no_refund(
        source=order.source, status=order.status, total_minor=order.total_minor, captured=payment is not None,
        open_chargeback=payment is not None and payment.open_chargeback,
    )  # fmt: skip
    left = payment.captured_minor - payment.committed_minor if payment else 0
    limit = max(min(sum(t.refundable_minor for t in tickets if t.asked), left), 0)
    usual = int(request.proposal.get("amount_minor", request.amount_minor))
    suggested, undecided = min(usual, limit), waits(request.status)
    bars = money_bars(payment, refunds, suggested if undecided else 0)
    own = [r for r in refunds if r.request_id == request.id]
    failed = request.status == RequestStatus.FAILED
    return {
        "suggested_minor": suggested,
        "limit_minor": limit,
        "may_decide": undecided and blocked is None and limit > 0,
        "blocked": blocked[1] if blocked else NOTHING_OF_THESE if undecided and limit <= 0 else "",
        "may_retry": failed and blocked is None,
        "method": method_text(payment.card_brand, payment.card_last4) if payment else "",
        "captured_minor": payment.captured_minor if payment else 0,
        "left_minor": bars[-1].amount_minor if bars else 0,
        "failure": next((r.failure_message for r in own if r.failure_message), "") if failed else "",
        "bars": bars,
        "refunds": refund_rows(own),
    }


async def _discount_code(session: AsyncSession, order: Order) -> str:
    applied = await order_queries.applied_of(session, order.id or 0)
    return applied.code if applied else ""


async def _tickets(
    session: AsyncSession, request: RefundRequest, lines: Sequence[TicketLine]
) -> list[RequestTicket]:
    named = {t.ticket_id for t in await facts.request_tickets(session, request.id or 0)}
    shares = {s["line_item_id"]: s for s in request.outcome.get("shares", [])}
    decided = await facts.last_refund(session, request.id or 0)
    sent = await facts.allocations_of(session, decided.id or 0) if decided else None
    made: list[RequestTicket] = []
    for line in lines:
        # What a member began may be an amount: then it is about lines, whose tickets stay.
        asked = line.line.id in shares if request.made_by_id is not None else line.ticket.id in named
        share = shares.get(line.line.id, {}) if asked else {}
        if share and sent is not None and sent.get(line.line.id or 0, 0) != share["amount_minor"]:
            # The organizer chose another amount than the policy: what was decided is shown.
            share = {"amount_minor": sent.get(line.line.id or 0, 0)}
        made.append(
            RequestTicket(
                id=line.ticket.public_id, code=line.ticket.code, type_name=line.line.type_name,
                status=line.ticket.status, asked=asked, paid_minor=line.line.net_minor,
                kept_minor=share.get("kept_minor", 0), refund_minor=share.get("amount_minor", 0),
                sent_minor=line.line.net_minor - line.refundable_minor, refundable_minor=line.refundable_minor,
            )
        )  # fmt: skip
    return made


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
        found.append(
            Flag(
                "disputed", "The bank holds this money.", "The payment is disputed; nothing can be refunded."
            )
        )
    used = sum(t.asked and t.status == TicketStatus.CHECKED_IN for t in tickets)
    if used:
        found.append(
            Flag(
                "checked_in",
                "Already used at the door.",
                f"{used} of the tickets {'was' if used == 1 else 'were'} checked in.",
            )
        )
    if now >= event.starts_at:
        found.append(Flag("event_over", "The event has begun.", "The policy gives nothing back any more."))
    earlier = await session.scalar(
        sa.select(sa.func.count())
        .select_from(RefundRequest)
        .where(
            col(RefundRequest.order_id) == request.order_id,
            col(RefundRequest.id) < request.id,
            col(RefundRequest.made_by_id).is_(None),
        )
    )
    if earlier and request.made_by_id is None:
        found.append(Flag("second_request", "Second request on this order.", f"{earlier} before this one."))
    return found


async def _notes(session: AsyncSession, request: RefundRequest, shown: Callable[[str], str]) -> list[NoteRow]:
    rows = await session.scalars(
        sa.select(RefundNote)
        .where(col(RefundNote.request_id) == request.id)
        .order_by(col(RefundNote.id).desc())
    )
    return [NoteRow(r.author, shown(r.text), iso(r.at)) for r in rows]
