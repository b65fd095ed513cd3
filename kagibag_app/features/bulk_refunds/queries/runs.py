"""Runs as members see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.accounts.queries import manager_limits
from kagibag_app.features.accounts.tables import User
from kagibag_app.features.bulk_refunds.rules import BulkStatus, OrderState, cover_of
from kagibag_app.features.bulk_refunds.rules.outcomes import FREE_CODE
from kagibag_app.features.bulk_refunds.tables import BulkOrder, BulkRun
from kagibag_app.features.bulk_refunds.views import Exceptions, FirstApproved, RunRow, RunView, Sum
from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders.rules import OrderFilter
from kagibag_app.features.refunds.rules import RESERVING, RefundStatus
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.reports.rules import filter_of
from kagibag_app.kit.errors import NotFound

LISTED = 50
_SETTLED = (OrderState.REFUNDED, OrderState.CANCELLED)
_WAITS = col(BulkOrder.state) == OrderState.WAITING
_MOVING = (OrderState.WAITING, OrderState.AWAITING_SECOND, OrderState.QUEUED, *_SETTLED)


async def organizer_run(session: AsyncSession, organizer_id: int, public_id: object) -> BulkRun:
    """Return one of the organizer's runs.

    Raises:
        NotFound: There is none of this id there.
    """
    found = None
    if isinstance(public_id, str):
        found = await session.scalar(
            sa.select(BulkRun).where(
                col(BulkRun.organizer_id) == organizer_id, col(BulkRun.public_id) == public_id
            )
        )
    if found is None:
        raise NotFound("bulk refund")
    return found


async def run_view(session: AsyncSession, organizer_id: int, public_id: object) -> RunView:
    """Return a run with its sums.

    Raises:
        NotFound: There is none of this id there.
    """
    run = await organizer_run(session, organizer_id, public_id)
    sums = await _sums(session, [run.id])
    used = await _sums(session, [run.id], col(BulkOrder.checked_in) > 0, _WAITS)
    requested, free = await _noted(session, run.id)
    return RunView(
        id=run.public_id, status=BulkStatus(run.status), version=run.version, words=run.words,
        event=await _whole_event(session, run), ends_tickets=run.ends_tickets, keeps_seats=run.keeps_seats,
        cancels_orders=run.cancels_orders, with_checked_in=run.with_checked_in, message=run.message,
        made_by=run.made_by, acting=run.acting, note=run.note, made_at=run.made_at,
        previewed_at=run.previewed_at, started_at=run.started_at, paused_at=run.paused_at,
        finished_at=run.finished_at, sums=sums.get(run.id, []), used=used.get(run.id, []), requested=requested,
        free=free, exceptions=await _exceptions(session, run.id),
        covers=cover_of(await _needed(session, run.id), _held(run.balance)),
        firsts=await _firsts(session, run.id), doubtful=await _doubtful(session, run.id),
    )  # fmt: skip


async def list_runs(session: AsyncSession, organizer_id: int, *, limit: int = LISTED) -> list[RunRow]:
    """Return the organizer's runs, the newest first, without those that were thrown away."""
    runs = (
        await session.scalars(
            sa.select(BulkRun)
            .where(
                col(BulkRun.organizer_id) == organizer_id, col(BulkRun.status) != BulkStatus.DISCARDED
            )
            .order_by(col(BulkRun.id).desc())
            .limit(min(max(limit, 1), LISTED))
        )
    ).all()  # fmt: skip
    sums = await _sums(session, [run.id for run in runs])
    return [_row(run, sums.get(run.id, [])) for run in runs]


def _row(run: BulkRun, sums: Sequence[Sum]) -> RunRow:
    def orders(*states: OrderState) -> int:
        return sum(part.orders for part in sums if part.state in states)

    amounts: dict[str, int] = {}
    for part in sums:
        if part.state in _MOVING and part.amount_minor:
            amounts[part.currency] = amounts.get(part.currency, 0) + part.amount_minor
    return RunRow(
        run.public_id, BulkStatus(run.status), run.words, run.acting, run.made_at,
        orders=orders(*_MOVING, OrderState.FAILED), done=orders(*_SETTLED), failed=orders(OrderState.FAILED),
        awaiting_second=orders(OrderState.AWAITING_SECOND), amounts=dict(sorted(amounts.items())),
    )  # fmt: skip


async def _sums(
    session: AsyncSession, run_ids: Sequence[int], *those: sa.ColumnElement[bool]
) -> dict[int, list[Sum]]:
    rows = await session.execute(
        sa.select(
            col(BulkOrder.run_id), col(BulkOrder.state), col(BulkOrder.currency), sa.func.count(),
            sa.func.sum(col(BulkOrder.tickets)), sa.func.sum(col(BulkOrder.amount_minor)),
        )
        .where(col(BulkOrder.run_id).in_(run_ids), *those)
        .group_by(col(BulkOrder.run_id), col(BulkOrder.state), col(BulkOrder.currency))
        .order_by(col(BulkOrder.run_id), col(BulkOrder.state), col(BulkOrder.currency))
    )  # fmt: skip
    found: dict[int, list[Sum]] = {}
    for run, state, currency, orders, tickets, amount in rows:
        found.setdefault(run, []).append(Sum(OrderState(state), currency, orders, int(tickets), int(amount)))
    return found  # fmt: skip


async def _exceptions(session: AsyncSession, run_id: int) -> list[Exceptions]:
    count = sa.func.count()
    rows = await session.execute(
        sa.select(col(BulkOrder.code), sa.func.min(col(BulkOrder.reason)), count)
        .where(col(BulkOrder.run_id) == run_id, col(BulkOrder.state) == OrderState.SKIPPED)
        .group_by(col(BulkOrder.code))
        .order_by(count.desc(), col(BulkOrder.code))
    )
    return [Exceptions(code, reason, orders) for code, reason, orders in rows]


async def _noted(session: AsyncSession, run_id: int) -> tuple[int, int]:
    left_out = col(BulkOrder.state) == OrderState.SKIPPED
    asked, free = (
        sa.and_(~left_out, col(BulkOrder.requested)),
        sa.and_(left_out, col(BulkOrder.code) == FREE_CODE),
    )
    row = await session.execute(sa.select(_count(asked), _count(free)).where(col(BulkOrder.run_id) == run_id))
    requested, costless = row.one()
    return int(requested), int(costless)


def _count(those: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((those, 1), else_=0)), 0)


async def _needed(session: AsyncSession, run_id: int) -> dict[str, int]:
    rows = await session.execute(
        sa.select(col(BulkOrder.currency), sa.func.sum(col(BulkOrder.amount_minor)))
        .where(
            col(BulkOrder.run_id) == run_id,
            col(BulkOrder.state) != OrderState.SKIPPED,
            col(BulkOrder.amount_minor) > 0,
        )
        .group_by(col(BulkOrder.currency))
    )
    return {currency: int(amount) for currency, amount in rows}


async def _firsts(session: AsyncSession, run_id: int) -> list[FirstApproved]:
    who = (col(BulkOrder.first_by_id), col(User.name), col(BulkOrder.currency))
    rows = await session.execute(
        sa.select(*who, sa.func.count(), sa.func.sum(col(BulkOrder.amount_minor)))
        .outerjoin(User, col(User.id) == col(BulkOrder.first_by_id))
        .where(col(BulkOrder.run_id) == run_id, col(BulkOrder.state) == OrderState.AWAITING_SECOND)
        .group_by(*who)
        .order_by(*who)
    )
    return [
        FirstApproved(user or 0, name or "", currency, count, int(sent))
        for user, name, currency, count, sent in rows
    ]


async def orders_above_limit(
    session: AsyncSession, organizer_id: int, public_id: object, user_id: int
) -> tuple[int, int]:
    """Return how many orders that wait are more than a manager may give back alone, and how many of those were used.

    Args:
        user_id: The manager's: what they let go of an order before counts together with it.

    Raises:
        NotFound: There is no such run there.
    """
    run = await organizer_run(session, organizer_id, public_id)
    limits = await manager_limits(session, organizer_id)
    given = (
        sa.select(sa.func.coalesce(sa.func.sum(col(Refund.amount_minor)), 0))
        .where(
            col(Refund.order_id) == col(BulkOrder.order_id), col(Refund.alone_by_id) == user_id,
            col(Refund.status).in_(RESERVING),
        )
        .scalar_subquery()
    )  # fmt: skip
    above = [
        sa.and_(col(BulkOrder.currency) == currency, col(BulkOrder.amount_minor) + given > limit)
        for currency, limit in limits.items()
    ]
    row = await session.execute(
        sa.select(sa.func.count(), _count(col(BulkOrder.checked_in) > 0)).where(
            col(BulkOrder.run_id) == run.id, _WAITS, sa.or_(sa.false(), *above)
        )
    )
    every, used = row.one()
    return int(every), int(used)


def _held(balance: Mapping[str, Mapping[str, Sequence[int]]]) -> dict[str, tuple[int, int]]:
    """Add up what the accounts hold; those of one organizer don't pay for each other, but hardly any has two."""
    found: dict[str, tuple[int, int]] = {}
    for account in balance.values():
        for currency, (available, pending) in account.items():
            before = found.get(currency, (0, 0))
            found[currency] = before[0] + available, before[1] + pending
    return found


async def _doubtful(session: AsyncSession, run_id: int) -> int:
    return (
        await session.scalar(
            sa.select(sa.func.count())
            .select_from(BulkOrder)
            .join(Refund, col(Refund.id) == col(BulkOrder.refund_id))
            .where(
                col(BulkOrder.run_id) == run_id, col(BulkOrder.state) == OrderState.QUEUED,
                col(Refund.status) == RefundStatus.UNKNOWN,
            )
        )
        or 0
    )  # fmt: skip


async def _whole_event(session: AsyncSession, run: BulkRun) -> str:
    chosen = filter_of(run.chosen)
    if not chosen.event or chosen != OrderFilter(event=chosen.event):
        return ""
    found = await session.scalar(
        sa.select(col(Event.title)).where(
            col(Event.organizer_id) == run.organizer_id, col(Event.public_id) == chosen.event
        )
    )
    return found or ""
