"""The counters of ticket types. Rows are locked in id order, and every change says what must still hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.events.rules import sold_out_sentence
from kagibag_app.features.events.tables import TicketType
from kagibag_app.kit.errors import DomainError
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction


async def lock_ticket_types(tx: Transaction, ids: Iterable[int]) -> dict[int, TicketType]:
    """Lock ticket types in id order, so that two carts can't wait for each other; returns them as they are now."""
    rows = await tx.session.scalars(
        sa.select(TicketType)
        .where(col(TicketType.id).in_(sorted(set(ids))))
        .order_by(col(TicketType.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


async def hold(tx: Transaction, *, wanted: Mapping[int, int]) -> None:
    """Hold seats for an unpaid order.

    Args:
        wanted: Ticket type id to how many, each at least 1.

    Raises:
        DomainError: ``sold_out``; the sentence names what is left. Nothing is held then: the caller's
            transaction must not be committed.
    """
    types = await lock_ticket_types(tx, wanted)
    for type_id, count in sorted(wanted.items()):
        row = types[type_id]
        left = row.capacity - row.sold - row.held
        if not await _shift(tx, row, held=count):
            raise DomainError(sold_out_sentence(row.name, left), code="sold_out")


async def release_held(tx: Transaction, *, counts: Mapping[int, int]) -> None:
    """Put held seats back on sale."""
    await _shift_all(tx, counts, held=-1)


async def sell_held(tx: Transaction, *, counts: Mapping[int, int]) -> None:
    """Turn held seats into sold ones."""
    await _shift_all(tx, counts, held=-1, sold=1)


async def release_sold(tx: Transaction, *, counts: Mapping[int, int]) -> None:
    """Put sold seats back on sale."""
    await _shift_all(tx, counts, sold=-1)


async def take_sold(tx: Transaction, *, counts: Mapping[int, int]) -> bool:
    """Take free seats directly as sold, all of them or none.

    Returns:
        False when one ticket type has not enough left; nothing was taken then.
    """
    types = await lock_ticket_types(tx, counts)
    if any(types[i].capacity - types[i].sold - types[i].held < count for i, count in counts.items()):
        return False
    await _shift_all(tx, counts, sold=1)
    return True


async def _shift_all(tx: Transaction, counts: Mapping[int, int], *, held: int = 0, sold: int = 0) -> None:
    types = await lock_ticket_types(tx, counts)
    for type_id, count in sorted(counts.items()):
        if not await _shift(tx, types[type_id], held=held * count, sold=sold * count):
            raise RuntimeError(f"the counters of ticket type {type_id} don't cover {count} seats")


async def _shift(tx: Transaction, row: TicketType, *, held: int = 0, sold: int = 0) -> bool:
    new_held, new_sold = col(TicketType.held) + held, col(TicketType.sold) + sold
    changed = await tx.session.scalar(
        sa.update(TicketType)
        .where(
            col(TicketType.id) == row.id,
            new_held >= 0,
            new_sold >= 0,
            new_held + new_sold <= col(TicketType.capacity),
        )
        .values(held=new_held, sold=new_sold)
        .returning(col(TicketType.id))
    )
    if changed is None:
        return False
    tx.touch(topics.event(row.event_id))
    tx.touch(topics.events(row.organizer_id))
    return True
