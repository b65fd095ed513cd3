"""Reads of disputes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.disputes.rules import (
    PAGE_SIZE,
    STATUS_LABELS,
    UNANSWERED,
    UNDECIDED,
    DisputeFilter,
    DisputeStatus,
    reason_label,
    reason_sentence,
)
from kagibag_app.features.disputes.tables import Dispute, DisputeEvent
from kagibag_app.features.disputes.views import DisputeEventView, DisputePage, DisputeRow, DisputeView
from kagibag_app.features.events.tables import Event
from kagibag_app.features.ledger.rules import EntryKind
from kagibag_app.features.ledger.tables import LedgerEntry
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.rules import method_text
from kagibag_app.features.payments.tables import Payment
from kagibag_app.kit.errors import NotFound
from kagibag_app.storage.columns import table_of

_OPEN = col(Dispute.status).in_(UNDECIDED)
_FILTERS: dict[DisputeFilter, sa.ColumnElement[bool]] = {
    DisputeFilter.OPEN: _OPEN,
    DisputeFilter.WON: col(Dispute.status) == DisputeStatus.WON,
    DisputeFilter.LOST: col(Dispute.status) == DisputeStatus.LOST,
    DisputeFilter.ALL: sa.true(),
}
_FEES = (EntryKind.DISPUTE_FEE, EntryKind.DISPUTE_FEE_REVERSAL)

_D, _O, _E = table_of(Dispute), table_of(Order), table_of(Event)
_OF_ORDER = (
    sa.select(*_D.c, _O.c.public_id.label("order_public_id"), _O.c.number, _O.c.buyer_name, _E.c.title)
    .join_from(_D, _O, _O.c.id == _D.c.order_id)
    .join(_E, _E.c.id == _O.c.event_id)
    .where(_D.c.organizer_id == sa.bindparam("organizer"), _D.c.order_id == sa.bindparam("order"))
    .order_by(_D.c.opened_at.desc(), _D.c.id.desc())
)


async def dispute_page(
    session: AsyncSession,
    organizer_id: int,
    *,
    show: DisputeFilter = DisputeFilter.OPEN,
    after: str = "",
    limit: int = PAGE_SIZE,
) -> DisputePage:
    """Return a page of disputes: open ones first, the nearest deadline on top, then the newest decided ones.

    Args:
        show: Which of them.
        after: ``DisputePage.after`` of the page before; unknown: the first page.
        limit: Rows, at most ``PAGE_SIZE``.
    """
    size = max(1, min(limit, PAGE_SIZE))
    query = _rows().where(col(Dispute.organizer_id) == organizer_id, _FILTERS[show])
    anchor = await _find(session, organizer_id, after) if after else None
    if anchor is not None:
        query = query.where(_behind(anchor))
    found = (await session.execute(query.order_by(*_order()).limit(size + 1))).all()
    rows = tuple(_row(*row) for row in found[:size])
    more = len(found) > size
    return DisputePage(rows, rows[-1].public_id if more else "", await counts(session, organizer_id))


async def counts(session: AsyncSession, organizer_id: int) -> dict[str, int]:
    """Return how many disputes each filter shows."""
    columns = [sa.func.count(sa.case((condition, 1))) for condition in _FILTERS.values()]
    found = (
        await session.execute(sa.select(*columns).where(col(Dispute.organizer_id) == organizer_id))
    ).one()
    return dict(zip((str(name) for name in _FILTERS), found, strict=True))


async def needs_response(session: AsyncSession, organizer_id: int) -> int:
    """Count the disputes and inquiries that wait for an answer; what a bank reviews needs nothing."""
    return await session.scalar(sa.select(responses_wanted(organizer_id))) or 0


def responses_wanted(organizer_id: int | sa.BindParameter[int]) -> sa.ScalarSelect[int]:
    """Return the same count as a part of another statement: the navigation has several counts, in one."""
    return (
        sa.select(sa.func.count())
        .select_from(_D)
        .where(_D.c.organizer_id == organizer_id, _D.c.status.in_(sorted(UNANSWERED)))
        .scalar_subquery()
    )


async def for_order(session: AsyncSession, organizer_id: int, order_id: int) -> list[DisputeRow]:
    """Return an order's disputes, newest first."""
    found = await session.execute(_OF_ORDER, {"organizer": organizer_id, "order": order_id})
    return [
        _row(row, _OrderShown(row.order_public_id, row.number, row.buyer_name), row.title) for row in found
    ]


async def dispute_view(session: AsyncSession, organizer_id: int, public_id: str) -> DisputeView:
    """Return one dispute with its steps and what is at stake.

    Raises:
        NotFound: No such dispute of this organizer.
    """
    found = (
        await session.execute(
            _rows()
            .add_columns(Payment)
            .join(Payment, col(Payment.id) == col(Dispute.payment_id))
            .where(col(Dispute.organizer_id) == organizer_id, col(Dispute.public_id) == public_id)
        )
    ).first()
    if found is None:
        raise NotFound("dispute")
    dispute, order, title, payment = found
    movements = await _movements(session, dispute)
    return _view(dispute, _row(dispute, order, title), payment, movements, await _events(session, dispute))


async def system_statuses(session: AsyncSession, order_id: int) -> list[str]:
    """Return the status of every dispute of an order."""
    return list(
        await session.scalars(sa.select(col(Dispute.status)).where(col(Dispute.order_id) == order_id))
    )


async def system_by_stripe(session: AsyncSession, account: str, stripe_id: str) -> Dispute | None:
    """Lock and return the dispute with Stripe's id."""
    return await session.scalar(
        sa.select(Dispute)
        .where(col(Dispute.account) == account, col(Dispute.stripe_id) == stripe_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def system_has_open_chargeback(session: AsyncSession, payment_id: int, statuses: Iterable[str]) -> bool:
    """Say whether any dispute of a payment has one of these statuses."""
    found = sa.select(col(Dispute.id)).where(
        col(Dispute.payment_id) == payment_id, col(Dispute.status).in_(list(statuses))
    )
    return await session.scalar(found.limit(1)) is not None


async def system_event_keys(session: AsyncSession, dispute_id: int) -> set[str]:
    """Return the keys of the steps that are known."""
    keys = sa.select(col(DisputeEvent.dedupe_key)).where(col(DisputeEvent.dispute_id) == dispute_id)
    return set(await session.scalars(keys))


def _rows() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(Dispute, Order, col(Event.title))
        .join(Order, col(Order.id) == col(Dispute.order_id))
        .join(Event, col(Event.id) == col(Order.event_id))
    )


def _order() -> list[sa.ColumnElement[Any]]:
    due, opened, row = col(Dispute.evidence_due_at), col(Dispute.opened_at), col(Dispute.id)
    return [
        sa.case((_OPEN, 0), else_=1),
        sa.case((sa.and_(_OPEN, due.is_not(None)), 0), else_=1),
        sa.case((_OPEN, due)),
        sa.case((_OPEN, row)),
        opened.desc(),
        row.desc(),
    ]


def _behind(anchor: Dispute) -> sa.ColumnElement[bool]:
    due, opened, row = col(Dispute.evidence_due_at), col(Dispute.opened_at), col(Dispute.id)
    if anchor.status not in UNDECIDED:
        older = sa.or_(opened < anchor.opened_at, sa.and_(opened == anchor.opened_at, row < anchor.id))
        return sa.and_(sa.not_(_OPEN), older)
    if anchor.evidence_due_at is None:
        later = sa.and_(due.is_(None), row > anchor.id)
    else:
        same = sa.and_(due == anchor.evidence_due_at, row > anchor.id)
        later = sa.or_(due.is_(None), due > anchor.evidence_due_at, same)
    return sa.or_(sa.not_(_OPEN), sa.and_(_OPEN, later))


async def _find(session: AsyncSession, organizer_id: int, public_id: str) -> Dispute | None:
    return await session.scalar(
        sa.select(Dispute).where(
            col(Dispute.organizer_id) == organizer_id, col(Dispute.public_id) == public_id
        )
    )


async def _events(session: AsyncSession, dispute: Dispute) -> tuple[DisputeEventView, ...]:
    rows = await session.scalars(
        sa.select(DisputeEvent)
        .where(col(DisputeEvent.dispute_id) == dispute.id)
        .order_by(col(DisputeEvent.at), col(DisputeEvent.id))
    )
    return tuple(DisputeEventView(kind=row.kind, at=row.at, data=row.data) for row in rows)


async def _movements(session: AsyncSession, dispute: Dispute) -> list[LedgerEntry]:
    rows = await session.scalars(
        sa.select(LedgerEntry).where(
            col(LedgerEntry.account) == dispute.account,
            col(LedgerEntry.cause) == f"dispute:{dispute.stripe_id}",
        )
    )
    return list(rows)


class _OrderShown(NamedTuple):
    """What a row says of its order."""

    public_id: str
    number: str
    buyer_name: str


def _row(dispute: Any, order: Order | _OrderShown, title: str) -> DisputeRow:
    return DisputeRow(
        public_id=dispute.public_id,
        order_public_id=order.public_id,
        order_number=order.number,
        buyer_name=order.buyer_name,
        event_title=title,
        kind=dispute.kind,
        status=dispute.status,
        status_label=STATUS_LABELS[dispute.status],
        reason=dispute.reason,
        reason_label=reason_label(dispute.reason),
        amount_minor=dispute.amount_minor,
        currency=dispute.currency,
        due_at=dispute.evidence_due_at,
        past_due=dispute.past_due,
        open=dispute.status in UNDECIDED,
        opened_at=dispute.opened_at,
        closed_at=dispute.closed_at,
    )


def _view(
    dispute: Dispute,
    row: DisputeRow,
    payment: Payment,
    movements: list[LedgerEntry],
    events: tuple[DisputeEventView, ...],
) -> DisputeView:
    fee = -sum(entry.settlement_minor for entry in movements if entry.kind in _FEES)
    withdrawn = -sum(entry.settlement_minor for entry in movements if entry.kind not in _FEES)
    settled = next((entry.settlement_currency for entry in movements), dispute.currency)
    left = payment.captured_minor - payment.committed_minor - fee
    comparable = settled == dispute.currency
    return DisputeView(
        row=row,
        stripe_id=dispute.stripe_id,
        raw_status=dispute.raw_status,
        network_reason_code=dispute.network_reason_code,
        reason_sentence=reason_sentence(dispute.reason),
        submission_count=dispute.submission_count,
        has_evidence=dispute.has_evidence,
        is_charge_refundable=dispute.is_charge_refundable,
        method=method_text(payment.card_brand, payment.card_last4),
        captured_minor=payment.captured_minor,
        refunded_minor=payment.committed_minor,
        withdrawn_minor=withdrawn,
        fee_minor=fee,
        settlement_currency=settled,
        if_lost_minor=left - dispute.amount_minor if comparable else None,
        if_won_minor=left if comparable else None,
        dashboard_path=f"disputes/{dispute.stripe_id}",
        events=events,
    )
