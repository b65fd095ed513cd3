"""Gives the refunds of a run their turns, one account's after the other, whichever process asks."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from kagibag_app.features.refunds.rules.pacing import Pace, usual_pace
from kagibag_app.features.refunds.tables import RefundPace
from kagibag_app.storage import outbox
from kagibag_app.storage.transaction import Transaction

log = structlog.get_logger(__name__)


def lane(account: str) -> str:
    """Return the lane of an account's refunds that were started together."""
    return f"refunds:{account}"


async def take_turn(tx: Transaction, account: str) -> datetime:
    """Take the account's next turn and return its moment (UTC)."""
    row = await _locked(tx, account)
    at, pace = _pace(row).turn(tx.now)
    _keep(row, pace)
    await tx.session.flush()
    return at


async def slow_down(tx: Transaction, account: str) -> None:
    """Halve the account's speed, because Stripe asked for less; turns that were given are put off with it."""
    row = await _locked(tx, account)
    slower = _pace(row).slowed(tx.now)
    if slower is None:
        return
    _keep(row, slower)
    await tx.session.flush()
    await outbox.put_off(tx.session, tx.now, lane=lane(account))
    log.warning("refund.slowed_down", account=account, interval=slower.interval.total_seconds())


async def _locked(tx: Transaction, account: str) -> RefundPace:
    insert = postgresql.insert if tx.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = usual_pace(tx.now)
    await tx.session.execute(
        insert(RefundPace)
        .values(account=account, interval_ms=_milliseconds(fresh.interval), next_at=fresh.next_at)
        .on_conflict_do_nothing(index_elements=["account"])
    )
    return (
        await tx.session.scalars(
            sa.select(RefundPace)
            .where(col(RefundPace.account) == account)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).one()


def _pace(row: RefundPace) -> Pace:
    return Pace(timedelta(milliseconds=row.interval_ms), row.next_at, row.slowed_at)


def _keep(row: RefundPace, pace: Pace) -> None:
    row.interval_ms, row.next_at, row.slowed_at = _milliseconds(pace.interval), pace.next_at, pace.slowed_at


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
