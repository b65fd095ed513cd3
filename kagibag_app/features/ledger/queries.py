"""Reads of the ledger. Sums are per currency, never across."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.ledger.tables import LedgerEntry
from kagibag_app.features.ledger.views import LedgerRow, LedgerSum


async def for_order(session: AsyncSession, organizer_id: int, order_id: int) -> list[LedgerRow]:
    """Return an order's entries as they were booked, oldest first."""
    rows = await session.scalars(
        sa.select(LedgerEntry)
        .where(col(LedgerEntry.organizer_id) == organizer_id, col(LedgerEntry.order_id) == order_id)
        .order_by(col(LedgerEntry.at), col(LedgerEntry.id))
    )
    return [
        LedgerRow(
            at=row.at,
            kind=row.kind,
            balance_transaction=row.balance_transaction,
            cause=row.cause,
            settlement_minor=row.settlement_minor,
            settlement_currency=row.settlement_currency,
            presentment_minor=row.presentment_minor,
            presentment_currency=row.presentment_currency,
        )
        for row in rows
    ]


async def order_balance(session: AsyncSession, organizer_id: int, order_id: int) -> list[LedgerSum]:
    """Return what an order has brought in at Stripe, one sum per settlement currency."""
    return await _sums(
        session, col(LedgerEntry.organizer_id) == organizer_id, col(LedgerEntry.order_id) == order_id
    )


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
