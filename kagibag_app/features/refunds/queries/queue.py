"""The organizer's queue of refund requests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.refunds.queries.attendee import iso
from kagibag_app.features.refunds.queries.narrowing import conditions, warned
from kagibag_app.features.refunds.rules import RequestStatus
from kagibag_app.features.refunds.rules.queue import QueueFilter, RequestWarning
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.features.refunds.views import Flag, QueuePage, QueueRow, QueueTab
from kagibag_app.storage.columns import table_of

PAGE = 50
_Q = RequestStatus

FLAGS = {
    RequestWarning.DISPUTED: "Disputed",
    RequestWarning.CHECKED_IN: "Checked in",
    RequestWarning.EVENT_OVER: "Event began",
    RequestWarning.SECOND_REQUEST: "Asked before",
}
# The others matter only to who still has to decide.
_ALWAYS = frozenset({RequestWarning.DISPUTED, RequestWarning.CHECKED_IN})

TABS: dict[str, tuple[str, frozenset[RequestStatus]]] = {
    "needs_decision": ("Needs decision", frozenset({_Q.OPEN})),
    "second": ("Second person", frozenset({_Q.AWAITING_SECOND})),
    "failed": ("Failed", frozenset({_Q.FAILED})),
    "in_progress": ("In progress", frozenset({_Q.APPROVED})),
    "refunded": ("Refunded", frozenset({_Q.FULFILLED})),
    "declined": ("Declined", frozenset({_Q.DECLINED})),
    "all": ("All", frozenset(RequestStatus)),
}
FIRST_TAB = "needs_decision"
# Where somebody waits, whoever has waited longest comes first; what is over is read from its newest.
OLDEST_FIRST = frozenset({"needs_decision", "second", "failed", "in_progress"})
WAITING = frozenset({_Q.OPEN, _Q.AWAITING_SECOND})


async def queue_page(
    session: AsyncSession,
    organizer_id: int,
    *,
    tab: str = FIRST_TAB,
    after: str = "",
    limit: int = PAGE,
    wanted: QueueFilter | None = None,
    now: datetime,
) -> QueuePage:
    """Return a page of the queue: who has waited longest first where somebody waits, else the newest.

    Args:
        tab: A key of ``TABS``; an unknown one shows the first.
        after: ``next_cursor`` of the page before; empty for the first page, an unknown one too.
        limit: Rows, 1 to 100.
        wanted: Narrows the rows and the counts of the tabs, not what needs a decision in all.
        now: Decides ages and whether an event is over (UTC).
    """
    chosen = tab if tab in TABS else FIRST_TAB
    limit = min(max(limit, 1), 100)
    narrowed = sa.and_(
        col(RefundRequest.organizer_id) == organizer_id, *conditions(wanted or QueueFilter(), now)
    )
    counts = await _counts(session, narrowed)
    rows = await _rows(session, organizer_id, narrowed, chosen, after, limit + 1)
    waiting, oldest = (
        await session.execute(
            sa.select(sa.func.count(), sa.func.min(col(RefundRequest.created_at))).where(
                col(RefundRequest.organizer_id) == organizer_id, col(RefundRequest.status).in_(WAITING)
            )
        )
    ).one()
    return QueuePage(
        tab=chosen,
        tabs=[
            QueueTab(key, label, sum(counts.get(s, 0) for s in states))
            for key, (label, states) in TABS.items()
        ],
        rows=await _views(session, rows[:limit], now),
        oldest_first=chosen in OLDEST_FIRST,
        needs_decision=waiting,
        oldest_at=iso(oldest),
        next_cursor=rows[limit - 1].public_id if len(rows) > limit else "",
    )


async def needs_decision(session: AsyncSession, organizer_id: int) -> int:
    """Return how many requests wait for a decision."""
    return await session.scalar(sa.select(decisions_wanted(organizer_id))) or 0


def decisions_wanted(organizer_id: int | sa.BindParameter[int]) -> sa.ScalarSelect[int]:
    """Return the same count as a part of another statement: the navigation has several counts, in one."""
    requests = table_of(RefundRequest)
    return (
        sa.select(sa.func.count())
        .select_from(requests)
        .where(requests.c.organizer_id == organizer_id, requests.c.status.in_(sorted(WAITING)))
        .scalar_subquery()
    )


async def request_version(session: AsyncSession, organizer_id: int, request_id: str) -> int | None:
    """Return a request's version, which a decision has to name."""
    return await session.scalar(
        sa.select(col(RefundRequest.version)).where(
            col(RefundRequest.organizer_id) == organizer_id, col(RefundRequest.public_id) == request_id
        )
    )


async def _counts(session: AsyncSession, narrowed: sa.ColumnElement[bool]) -> dict[str, int]:
    rows = await session.execute(
        sa.select(col(RefundRequest.status), sa.func.count())
        .where(narrowed)
        .group_by(col(RefundRequest.status))
    )
    return {status: int(count) for status, count in rows}


async def _rows(
    session: AsyncSession,
    organizer_id: int,
    narrowed: sa.ColumnElement[bool],
    tab: str,
    after: str,
    limit: int,
) -> Sequence[RefundRequest]:
    key, rising = col(RefundRequest.id), tab in OLDEST_FIRST
    query = sa.select(RefundRequest).where(narrowed, col(RefundRequest.status).in_(TABS[tab][1]))
    if after:
        anchor = await session.scalar(
            sa.select(key).where(
                col(RefundRequest.organizer_id) == organizer_id, col(RefundRequest.public_id) == after
            )
        )
        if anchor is not None:
            query = query.where(key > anchor if rising else key < anchor)
    return (await session.scalars(query.order_by(key if rising else key.desc()).limit(limit))).all()


async def _views(session: AsyncSession, rows: Sequence[RefundRequest], now: datetime) -> list[QueueRow]:
    ids, orders = [r.id or 0 for r in rows], {r.order_id for r in rows}
    about = {
        order.id: (order, title)
        for order, title in await session.execute(
            sa.select(Order, col(Event.title))
            .join(Event, col(Event.id) == col(Order.event_id))
            .where(col(Order.id).in_(orders))
        )
    }
    flags = await _flags(session, ids, orders, now)
    return [
        QueueRow(
            id=r.public_id, status=r.status, buyer_name=about[r.order_id][0].buyer_name,
            event_title=about[r.order_id][1], order_number=about[r.order_id][0].number,
            amount_minor=r.amount_minor if r.approved_minor is None else r.approved_minor, currency=r.currency,
            asked_at=iso(r.created_at), flags=flags.get(r.id or 0, []), version=r.version,
        )
        for r in rows
    ]  # fmt: skip


async def _flags(
    session: AsyncSession, ids: Sequence[int], orders: set[int], now: datetime
) -> dict[int, list[Flag]]:
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
    columns = [warned(warning, now).label(warning) for warning in FLAGS]
    warnings = await session.execute(
        sa.select(col(RefundRequest.id), col(RefundRequest.status), *columns).where(
            col(RefundRequest.id).in_(ids), col(RefundRequest.order_id).in_(orders)
        )
    )
    for number, status, *held in warnings:
        for (warning, label), holds in zip(FLAGS.items(), held, strict=True):
            if holds and (status in WAITING or warning in _ALWAYS):
                found.setdefault(number or 0, []).append(Flag(warning, label))
    return found
