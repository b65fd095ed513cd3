"""What the job records while it looks at the orders of a run that nobody has started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.bulk_refunds.queries import Seen
from kagibag_app.features.bulk_refunds.rules import RUN_MOVES, BulkStatus, OrderState, plan
from kagibag_app.features.bulk_refunds.service.locking import lock_run, touch
from kagibag_app.features.bulk_refunds.tables import BulkOrder, BulkRun
from kagibag_app.features.orders.rules import OrderFilter
from kagibag_app.features.reports.rules import filter_of
from kagibag_app.ports.payments import Holding
from kagibag_app.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Preview:
    """A look at the orders of a run.

    Attributes:
        turn: Proof that nobody has asked for another look since.
    """

    run_id: int
    turn: int
    organizer_id: int
    chosen: OrderFilter


async def begin_preview(tx: Transaction, *, run_id: int, turn: int) -> Preview | None:
    """Begin from the start, whatever an earlier look left; ``None`` when it is not wanted any more."""
    run = await _wanted(tx, run_id, turn)
    if run is None:
        return None
    await tx.session.execute(sa.delete(BulkOrder).where(col(BulkOrder.run_id) == run_id))
    return Preview(run_id, turn, run.organizer_id, filter_of(run.chosen))


async def add_orders(tx: Transaction, preview: Preview, seen: Sequence[Seen]) -> bool:
    """Add what was seen of some orders; false when the look must stop."""
    run = await _wanted(tx, preview.run_id, preview.turn)
    if run is None:
        return False
    tx.session.add_all(_row(run, order) for order in seen)
    touch(tx, run)
    return True


async def finish_preview(tx: Transaction, preview: Preview, *, held: Mapping[str, Sequence[Holding]]) -> bool:
    """Show the preview; false when it is not wanted any more.

    Args:
        held: What Stripe holds, by account; without the accounts that could not be asked.
    """
    run = await _wanted(tx, preview.run_id, preview.turn)
    if run is None:
        return False
    run.status = RUN_MOVES.require(BulkStatus(run.status), BulkStatus.READY)
    run.balance = {
        account: {part.currency: [part.available_minor, part.pending_minor] for part in parts}
        for account, parts in held.items()
    }
    run.previewed_at, run.version = tx.now, run.version + 1
    touch(tx, run)
    return True


async def _wanted(tx: Transaction, run_id: int, turn: int) -> BulkRun | None:
    run = await lock_run(tx, run_id)
    return run if run.status == BulkStatus.PREPARING and run.turn == turn else None


def _row(run: BulkRun, seen: Seen) -> BulkOrder:
    planned = plan(seen.facts)
    return BulkOrder(
        run_id=run.id, organizer_id=run.organizer_id, order_id=seen.order_id, account=seen.account,
        currency=seen.facts.currency, amount_minor=planned.amount_minor, tickets=seen.facts.tickets,
        checked_in=seen.facts.checked_in, requested=seen.requested, code=planned.code, reason=planned.reason,
        state=OrderState.SKIPPED if planned.code else OrderState.WAITING,
    )  # fmt: skip
