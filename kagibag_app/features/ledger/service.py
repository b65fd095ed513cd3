"""Books what Stripe reports. Nothing here changes or removes an entry."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.ledger.rules import EntryKind, parts
from kagibag_app.features.ledger.tables import LedgerEntry
from kagibag_app.kit.money import Money
from kagibag_app.ports.payments import BalanceLine
from kagibag_app.storage.transaction import Transaction


async def record(
    tx: Transaction,
    *,
    organizer_id: int,
    order_id: int | None,
    account: str,
    line: BalanceLine,
    cause: str,
    presentment: Money | None,
    kind: EntryKind,
) -> bool:
    """Book one balance transaction, its fees in entries of their own. The caller holds the lock of its order.

    Args:
        line: As Stripe reports it; the sum of the entries is its net.
        cause: What moved the money, e.g. ``refund:re_...``.
        presentment: The amount as the buyer saw it, signed like the settlement amount; ``None`` if unknown.
        kind: Why it moved.

    Returns:
        False when it was booked before: nothing was added.
    """
    known = sa.select(col(LedgerEntry.id)).where(
        col(LedgerEntry.account) == account, col(LedgerEntry.balance_transaction) == line.id
    )
    if await tx.session.scalar(known.limit(1)) is not None:
        return False
    entries = parts(
        kind,
        amount_minor=line.amount_minor,
        fee_minor=line.fee_minor,
        application_fee_minor=line.application_fee_minor,
    )
    for name, amount in entries:
        shown = presentment if name is kind else None
        tx.session.add(
            LedgerEntry(
                organizer_id=organizer_id,
                order_id=order_id,
                account=account,
                balance_transaction=line.id,
                kind=name,
                settlement_minor=amount,
                settlement_currency=line.currency,
                presentment_minor=shown.minor if shown else None,
                presentment_currency=shown.currency if shown else "",
                cause=cause,
                at=line.created,
            )
        )
    await tx.session.flush()
    return True
