"""Refund policies of an organizer's events, and what a changed one would have decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.orders.tables import LineItem, Order, Ticket
from kagibag_app.features.refunds.queries.attendee import iso
from kagibag_app.features.refunds.rules import (
    RESERVING,
    OrderFacts,
    RefundPolicy,
    RefundSource,
    TicketFacts,
    policy_outcome,
    policy_sentence,
)
from kagibag_app.features.refunds.rules.automatic import why_person_for_order, why_person_for_tickets
from kagibag_app.features.refunds.tables import Refund, RefundAllocation, RefundRequest, RefundRequestTicket
from kagibag_app.features.refunds.views.policies import PolicyRow, PolicyTrial, TrialRow

LOOK_BACK = timedelta(days=365)
MOST = 5000
SHOWN = 20


async def policies(session: AsyncSession, organizer_id: int) -> list[PolicyRow]:
    """Return the organizer's events with their policies, the latest first."""
    found = await session.execute(
        _with_price(organizer_id).order_by(col(Event.starts_at).desc(), col(Event.id).desc())
    )
    return [_row(event, price or 0) for event, price in found]


async def policy_of(session: AsyncSession, organizer_id: int, slug: str) -> PolicyRow | None:
    """Return one event with its policy, or nothing."""
    chosen = await session.execute(_with_price(organizer_id).where(col(Event.slug) == slug))
    found = chosen.one_or_none()
    return _row(found[0], found[1] or 0) if found else None


def _with_price(organizer_id: int) -> sa.Select[Event, int]:
    """Return the organizer's events, each with the price of its dearest ticket."""
    return (
        sa.select(Event, sa.func.max(col(TicketType.price_minor)))
        .outerjoin(TicketType, col(TicketType.event_id) == col(Event.id))
        .where(col(Event.organizer_id) == organizer_id)
        .group_by(col(Event.id))
    )


def _row(event: Event, price: int) -> PolicyRow:
    policy = RefundPolicy.from_document(event.refund_policy)
    return PolicyRow(
        event.slug, event.title, iso(event.starts_at), event.zone, event.status, event.currency,
        policy_sentence(policy, event.starts_at, event.zone, event.currency), policy.automatic_days_before,
        dict(event.refund_policy), price,
    )  # fmt: skip


async def policy_trial(
    session: AsyncSession, organizer_id: int, slug: str, policy: RefundPolicy, *, now: datetime
) -> PolicyTrial | None:
    """Say what a policy would have decided about an event's requests of the last 12 months.

    Tickets and money are taken as they were when each was asked. Disputes are not: what was open then is not known.

    Args:
        now: UTC.
    """
    event = await session.scalar(
        sa.select(Event).where(col(Event.organizer_id) == organizer_id, col(Event.slug) == slug)
    )
    if event is None:
        return None
    wanted = (
        sa.select(col(RefundRequest.id))
        .join(Order, col(Order.id) == col(RefundRequest.order_id))
        .where(
            col(Order.event_id) == event.id,
            col(RefundRequest.made_by_id).is_(None),
            col(RefundRequest.created_at) > now - LOOK_BACK,
        )
        .order_by(col(RefundRequest.id).desc())
        .limit(MOST)
    )
    tickets, automatic = await _tickets(session, wanted), await _at_once(session, wanted)
    about = OrderFacts(event.currency, event.starts_at, event.zone)
    limit = (await accounts.manager_limits(session, organizer_id)).get(event.currency)
    trial, rows, seen = PolicyTrial(event.currency), list[TrialRow](), set[int]()
    found = await session.execute(
        sa.select(RefundRequest, col(Order.number), col(Order.buyer_name))
        .join(Order, col(Order.id) == col(RefundRequest.order_id))
        .where(col(RefundRequest.id).in_(wanted))
        .order_by(col(RefundRequest.id))
    )
    for request, number, buyer in found:
        asked = tickets[request.id]
        outcome = policy_outcome(policy, about, asked, request.created_at)
        person = why_person_for_order(
            policy, about, request.created_at, disputed=False, asked_before=request.order_id in seen
        ) or why_person_for_tickets(
            outcome.amount_minor, event.currency, used=sum(t.checked_in for t in asked), limit_minor=limit
        )
        seen.add(request.order_id)
        rows.append(
            TrialRow(
                request.public_id, number, buyer, iso(request.created_at), request.amount_minor, outcome.amount_minor,
                not person,
            )
        )  # fmt: skip
    return _summed(trial, rows, automatic)


def _summed(trial: PolicyTrial, rows: Sequence[TrialRow], automatic: int) -> PolicyTrial:
    different = sorted(
        (row for row in rows if row.now_minor != row.was_minor),
        key=lambda row: -abs(row.now_minor - row.was_minor),
    )
    return PolicyTrial(
        trial.currency, len(rows), sum(row.at_once for row in rows), automatic, sum(row.was_minor for row in rows),
        sum(row.now_minor for row in rows), len(different), different[:SHOWN],
    )  # fmt: skip


async def _at_once(session: AsyncSession, wanted: sa.Select[Any]) -> int:
    """Count the requests that the policy of their time decided alone."""
    return (
        await session.scalar(
            sa.select(sa.func.count(sa.distinct(col(Refund.request_id)))).where(
                col(Refund.request_id).in_(wanted), col(Refund.source) == RefundSource.POLICY
            )
        )
        or 0
    )


async def _tickets(session: AsyncSession, wanted: sa.Select[Any]) -> dict[int | None, list[TicketFacts]]:
    """Return the tickets of each request as the policy would have seen them when they were asked for."""
    asked = await session.execute(
        sa.select(
            col(RefundRequestTicket.request_id), col(RefundRequest.created_at), col(LineItem.id),
            col(LineItem.net_minor), col(Ticket.checked_in_at),
        )
        .join(RefundRequest, col(RefundRequest.id) == col(RefundRequestTicket.request_id))
        .join(LineItem, col(LineItem.id) == col(RefundRequestTicket.line_item_id))
        .join(Ticket, col(Ticket.id) == col(RefundRequestTicket.ticket_id))
        .where(col(RefundRequestTicket.request_id).in_(wanted))
        .order_by(col(RefundRequestTicket.id))
    )  # fmt: skip
    lines = sa.select(col(RefundRequestTicket.line_item_id)).where(
        col(RefundRequestTicket.request_id).in_(wanted)
    )
    sent = await session.execute(
        sa.select(
            col(RefundAllocation.line_item_id), col(Refund.created_at), col(RefundAllocation.amount_minor)
        )
        .join(Refund, col(Refund.id) == col(RefundAllocation.refund_id))
        .where(col(RefundAllocation.line_item_id).in_(lines), col(Refund.status).in_(RESERVING))
    )
    taken: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for line, at, amount in sent:
        taken[line].append((at, amount))
    found: dict[int | None, list[TicketFacts]] = defaultdict(list)
    for request, at, line, net, used in asked:
        gone = sum(amount for then, amount in taken[line or 0] if then < at)
        found[request].append(TicketFacts(line or 0, net - gone, used is not None and used <= at))
    return found
