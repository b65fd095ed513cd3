"""Reads of the ledger. Sums are per currency, never across."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.ledger.tables import LedgerEntry
from kagibag_app.features.ledger.views import LedgerRow, LedgerSum, Movement
from kagibag_app.storage.columns import table_of

EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))

_T = table_of(LedgerEntry)
_KEYS = (_T.c.kind, _T.c.settlement_currency, _T.c.presentment_currency)
_OF_ORDER = (
    sa.select(
        _T.c.at, _T.c.kind, _T.c.balance_transaction, _T.c.cause, _T.c.settlement_minor, _T.c.settlement_currency,
        _T.c.presentment_minor, _T.c.presentment_currency,
    )
    .where(_T.c.organizer_id == sa.bindparam("organizer"), _T.c.order_id == sa.bindparam("order"))
    .order_by(_T.c.at, _T.c.id)
)  # fmt: skip


async def for_order(session: AsyncSession, organizer_id: int, order_id: int) -> list[LedgerRow]:
    """Return an order's entries as they were booked, oldest first. ``views.sums_of`` adds them up."""
    rows = await session.execute(_OF_ORDER, {"organizer": organizer_id, "order": order_id})
    return [LedgerRow(*row) for row in rows]


async def movements(
    session: AsyncSession, organizer_id: int, *, bounds: Sequence[datetime] = EVER
) -> list[Movement]:
    """Return what was booked for an organizer in stretches of time, added up by stretch, kind and currencies.

    Args:
        bounds: Moments (UTC), rising: the n-th stretch lasts from the n-th to just before the next one.
    """
    # Each stretch on its own: what is grouped at once stays small, which takes half as long as a group for each stretch.
    stretches = sa.union_all(
        *(
            sa.select(
                sa.literal(number), *_KEYS,
                sa.func.sum(_T.c.settlement_minor), sa.func.sum(_T.c.presentment_minor), sa.func.count(),
            )
            .where(_T.c.organizer_id == organizer_id, _T.c.at >= begin, _T.c.at < end)
            .group_by(*_KEYS)
            for number, (begin, end) in enumerate(pairwise(bounds))
        )
    )  # fmt: skip
    return [
        Movement(stretch, kind, settled, shown, int(settled_minor), int(shown_minor or 0), count)
        for stretch, kind, settled, shown, settled_minor, shown_minor, count in await session.execute(
            stretches
        )
    ]


async def organizer_balance(session: AsyncSession, organizer_id: int) -> list[LedgerSum]:
    """Return what all of an organizer's orders have brought in, one sum per settlement currency."""
    return await _sums(session, col(LedgerEntry.organizer_id) == organizer_id)


async def system_account_balance(session: AsyncSession, account: str) -> list[LedgerSum]:
    """Return the sum of everything booked for a Stripe account, per settlement currency."""
    return await _sums(session, col(LedgerEntry.account) == account)


async def system_by_balance_transaction(session: AsyncSession, account: str) -> dict[str, int]:
    """Return, for each balance transaction of an account, the sum of its entries: Stripe's net amount."""
    rows = await session.execute(
        sa.select(col(LedgerEntry.balance_transaction), sa.func.sum(col(LedgerEntry.settlement_minor)))
        .where(col(LedgerEntry.account) == account)
        .group_by(col(LedgerEntry.balance_transaction))
    )
    return {row[0]: int(row[1]) for row in rows}


async def _sums(session: AsyncSession, *conditions: sa.ColumnElement[bool]) -> list[LedgerSum]:
    rows = await session.execute(
        sa.select(col(LedgerEntry.settlement_currency), sa.func.sum(col(LedgerEntry.settlement_minor)))
        .where(*conditions)
        .group_by(col(LedgerEntry.settlement_currency))
        .order_by(col(LedgerEntry.settlement_currency))
    )
    return [LedgerSum(row[0], int(row[1])) for row in rows]
