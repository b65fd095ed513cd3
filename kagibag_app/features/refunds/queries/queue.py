"""The organizer's queue of refund requests."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.queries.attendee import iso
from kagibag_app.features.refunds.rules import RequestStatus
from kagibag_app.features.refunds.tables import Refund, RefundRequest, RefundRequestTicket
from kagibag_app.features.refunds.views import Flag, QueuePage, QueueRow, QueueTab
from kagibag_app.storage.columns import table_of

PAGE = 50
_Q = RequestStatus

TABS: dict[str, tuple[str, frozenset[RequestStatus]]] = {
    "needs_decision": ("Needs decision", frozenset({_Q.OPEN, _Q.AWAITING_SECOND})),
    "failed": ("Failed", frozenset({_Q.FAILED})),
    "in_progress": ("In progress", frozenset({_Q.APPROVED})),
    "refunded": ("Refunded", frozenset({_Q.FULFILLED})),
    "declined": ("Declined", frozenset({_Q.DECLINED})),
    "all": ("All", frozenset(RequestStatus)),
}
FIRST_TAB = "needs_decision"


async def queue_page(
    session: AsyncSession, organizer_id: int, *, tab: str = FIRST_TAB, after: str = "", limit: int = PAGE
) -> QueuePage:
    """Return a page of the queue, newest first.

    Args:
        tab: A key of ``TABS``; an unknown one shows the first.
        after: ``next_cursor`` of the page before; empty for the first page, an unknown one too.
        limit: Rows, 1 to 100.
    """
    chosen = tab if tab in TABS else FIRST_TAB
    limit = min(max(limit, 1), 100)
    counts = await _counts(session, organizer_id)
    rows = await _rows(session, organizer_id, chosen, after, limit + 1)
    waiting = TABS[FIRST_TAB][1]
    oldest = await session.scalar(
        sa.select(sa.func.min(col(RefundRequest.created_at))).where(
            col(RefundRequest.organizer_id) == organizer_id, col(RefundRequest.status).in_(waiting)
        )
    )
    return QueuePage(
        tab=chosen,
        tabs=[
            QueueTab(key, label, sum(counts.get(s, 0) for s in states))
            for key, (label, states) in TABS.items()
        ],
        rows=await _views(session, rows[:limit]),
        needs_decision=sum(counts.get(s, 0) for s in waiting),
        oldest_at=iso(oldest),
        next_cursor=rows[limit - 1].public_id if len(rows) > limit else "",
    )


async def needs_decision(session: AsyncSession, organizer_id: int) -> int:
    """Return how many requests wait for a decision."""
    return await session.scalar(sa.select(decisions_wanted(organizer_id))) or 0


def decisions_wanted(organizer_id: int | sa.BindParameter[int]) -> sa.ScalarSelect[int]:
    """Return the same count as a part of another statement: the navigation has several counts, in one."""
    requests = table_of(RefundRequest)
    waiting = sa.or_(*(requests.c.status == status for status in sorted(TABS[FIRST_TAB][1])))
    return (
        sa.select(sa.func.count())
        .select_from(requests)
        .where(requests.c.organizer_id == organizer_id, waiting)
        .scalar_subquery()
    )


async def request_version(session: AsyncSession, organizer_id: int, request_id: str) -> int | None:
    """Return a request's version, which a decision has to name."""
    return await session.scalar(
        sa.select(col(RefundRequest.version)).where(
            col(RefundRequest.organizer_id) == organizer_id, col(RefundRequest.public_id) == request_id
        )
    )


async def neighbours(
    session: AsyncSession, organizer_id: int, request: RefundRequest
) -> tuple[str, str, int, int]:
    """Return the requests before and after one in its tab, its place from 1, and how many there are."""
    states = next(states for _, states in TABS.values() if request.status in states)
    same = sa.and_(col(RefundRequest.organizer_id) == organizer_id, col(RefundRequest.status).in_(states))
    newer, older = col(RefundRequest.id) > request.id, col(RefundRequest.id) < request.id
    before = await session.scalar(
        sa.select(col(RefundRequest.public_id)).where(same, newer).order_by(col(RefundRequest.id)).limit(1)
    )
    behind = await session.scalar(
        sa.select(col(RefundRequest.public_id))
        .where(same, older)
        .order_by(col(RefundRequest.id).desc())
        .limit(1)
    )
    place = await session.scalar(sa.select(sa.func.count()).select_from(RefundRequest).where(same, newer))
    total = await session.scalar(sa.select(sa.func.count()).select_from(RefundRequest).where(same))
    return before or "", behind or "", (place or 0) + 1, total or 0


async def _counts(session: AsyncSession, organizer_id: int) -> dict[str, int]:
    rows = await session.execute(
        sa.select(col(RefundRequest.status), sa.func.count())
        .where(col(RefundRequest.organizer_id) == organizer_id)
        .group_by(col(RefundRequest.status))
    )
    return {status: int(count) for status, count in rows}


async def _rows(
    session: AsyncSession, organizer_id: int, tab: str, after: str, limit: int
) -> Sequence[RefundRequest]:
    query = sa.select(RefundRequest).where(
        col(RefundRequest.organizer_id) == organizer_id, col(RefundRequest.status).in_(TABS[tab][1])
    )
    if after:
        anchor = await session.scalar(
            sa.select(col(RefundRequest.id)).where(
                col(RefundRequest.organizer_id) == organizer_id, col(RefundRequest.public_id) == after
            )
        )
        if anchor is not None:
            query = query.where(col(RefundRequest.id) < anchor)
    return (await session.scalars(query.order_by(col(RefundRequest.id).desc()).limit(limit))).all()


async def _views(session: AsyncSession, rows: Sequence[RefundRequest]) -> list[QueueRow]:
    ids, orders = [r.id or 0 for r in rows], {r.order_id for r in rows}
    about = {
        order.id: (order, title)
        for order, title in await session.execute(
            sa.select(Order, col(Event.title))
            .join(Event, col(Event.id) == col(Order.event_id))
            .where(col(Order.id).in_(orders))
        )
    }
    flags = await _flags(session, ids, orders)
    return [
        QueueRow(
            id=r.public_id, status=r.status, buyer_name=about[r.order_id][0].buyer_name,
            event_title=about[r.order_id][1], order_number=about[r.order_id][0].number,
            amount_minor=r.amount_minor if r.approved_minor is None else r.approved_minor, currency=r.currency,
            asked_at=iso(r.created_at), flags=flags.get(r.id or 0, []),
        )
        for r in rows
    ]  # fmt: skip


async def _flags(session: AsyncSession, ids: Sequence[int], orders: set[int]) -> dict[int, list[Flag]]:
    """Return what to look at first, in a fixed number of queries whatever the page's length."""
    found: dict[int, list[Flag]] = {}
    failed = await session.execute(
        sa.select(col(Refund.request_id), col(Refund.failure_message))
        .join(RefundRequest, col(RefundRequest.id) == col(Refund.request_id))
        .where(
            col(Refund.request_id).in_(ids),
            col(RefundRequest.status) == _Q.FAILED,
            col(Refund.failure_message) != "",
        )
        .order_by(col(Refund.id))
    )
    newest = {int(request): why for request, why in failed if request is not None}
    for request, why in newest.items():
        found.setdefault(request, []).append(Flag("failed", "Refund failed", why))
    disputed = await session.scalars(
        sa.select(col(RefundRequestTicket.request_id))
        .join(RefundRequest, col(RefundRequest.id) == col(RefundRequestTicket.request_id))
        .join(Payment, col(Payment.order_id) == col(RefundRequest.order_id))
        .where(
            col(RefundRequest.id).in_(ids), col(Payment.order_id).in_(orders), col(Payment.open_chargeback)
        )
        .distinct()
    )
    for request in disputed:
        found.setdefault(request, []).append(Flag("disputed", "Disputed"))
    used = await session.scalars(
        sa.select(col(RefundRequestTicket.request_id))
        .join(Ticket, col(Ticket.id) == col(RefundRequestTicket.ticket_id))
        .where(col(RefundRequestTicket.request_id).in_(ids), col(Ticket.status) == TicketStatus.CHECKED_IN)
        .distinct()
    )
    for request in used:
        found.setdefault(request, []).append(Flag("checked_in", "Checked in"))
    return found
