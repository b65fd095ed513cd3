"""Carries a run out: each order in a transaction of its own, so that a crash at any point leaves one refund or none."""

from __future__ import annotations

from dataclasses import dataclass

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.bulk_refunds import queries
from kagibag_app.features.bulk_refunds.rules import RUN_MOVES, UNSENT_MAX, BulkStatus, OrderState
from kagibag_app.features.bulk_refunds.service.following import follow
from kagibag_app.features.bulk_refunds.service.locking import lock_run, touch
from kagibag_app.features.bulk_refunds.service.telling import tell_finished
from kagibag_app.features.bulk_refunds.tables import BulkOrder, BulkRun
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.queries import system_refund
from kagibag_app.features.refunds.service import BulkChoices
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.kit.actor import SYSTEM, Actor
from kagibag_app.kit.errors import NotFound
from kagibag_app.storage.transaction import Transaction

_NOT_ALLOWED = (
    "{name} may no longer decide about refunds, so it paused by itself. Somebody else can go on with it."
)


@dataclass(frozen=True, slots=True)
class Stock:
    """How a run stands.

    Attributes:
        room: How many orders may be begun now; 0 while it is paused.
        over: There is nothing left to do or to follow.
        waiting: Orders wait for their turn; ``unsent``: refunds of it wait for theirs.
    """

    room: int
    over: bool
    waiting: bool = False
    unsent: int = 0


async def take_stock(tx: Transaction, *, run_id: int, turn: int) -> Stock:
    """Follow a run's refunds and say what may be begun; finish it when all of them are done.

    Args:
        turn: The job's; an older one than the run's has nothing more to do.
    """
    run = await lock_run(tx, run_id)
    if run.turn != turn or run.status not in (BulkStatus.RUNNING, BulkStatus.PAUSED):
        return Stock(0, over=True)
    await follow(tx, run, (OrderState.QUEUED,))
    waiting = await queries.system_next(tx.session, run_id) is not None
    queued = await queries.system_queued(tx.session, run_id)
    if run.status == BulkStatus.PAUSED:
        return Stock(0, over=not queued, waiting=waiting)
    if not waiting and not queued:
        await _finish(tx, run)
        return Stock(0, over=True)
    unsent = await queries.system_unsent(tx.session, run_id)
    return Stock(max(UNSENT_MAX - unsent, 0), over=False, waiting=waiting, unsent=unsent)


async def refund_next(tx: Transaction, *, run_id: int, turn: int, row_id: int) -> bool:
    """Refund one order of a run, or cancel it when it was free.

    Args:
        row_id: The order's row in the run; another process may have been faster, then nothing happens.

    Returns:
        False when no further one is to be begun now: paused, or enough is on its way.

    Raises:
        DomainError: The order can't be refunded now; ``record_refused`` notes it.
    """
    run = await lock_run(tx, run_id)
    if run.turn != turn or run.status != BulkStatus.RUNNING:
        return False
    row = await _waiting(tx, run, row_id)
    if row is None:
        return True
    if await queries.system_is_ahead(tx.session, row.account, tx.now):
        return False
    actor = await accounts.system_member(tx.session, run.organizer_id, run.acting_id)
    if actor is None or not allowed(actor.role, Action.DECIDE_REFUNDS):
        _pause(tx, run, _NOT_ALLOWED.format(name=run.acting))
        return False
    row.code, row.reason, row.moved_at = "", "", tx.now
    try:
        await _refund(tx, actor, run, row)
    except refunds.SecondPersonNeeded as error:
        row.state, row.first_by_id = OrderState.AWAITING_SECOND, actor.user_id
        row.code, row.reason = error.code, error.message
    touch(tx, run)
    return True


async def record_refused(
    tx: Transaction, *, run_id: int, row_id: int, code: str, reason: str, failed: bool
) -> None:
    """Note that an order was not refunded.

    Args:
        reason: One sentence for the member.
        failed: It can be tried again as it is; otherwise it is left out.
    """
    run = await lock_run(tx, run_id)
    row = await _waiting(tx, run, row_id)
    if row is not None:
        again = failed or row.refund_id is not None
        row.state = OrderState.FAILED if again else OrderState.SKIPPED
        row.code, row.reason, row.moved_at = code, reason, tx.now
        touch(tx, run)


async def _refund(tx: Transaction, actor: Actor, run: BulkRun, row: BulkOrder) -> None:
    choices = BulkChoices(run.ends_tickets, run.keeps_seats, run.cancels_orders, run.message)
    if row.refund_id is not None:
        made = await _again(tx, actor, row.refund_id)
    elif row.amount_minor > 0:
        made = await refunds.refund_in_run(
            tx, actor, order_id=row.order_id, at_most_minor=row.amount_minor, run=run.public_id, choices=choices,
            first_by_id=row.first_by_id,
        )  # fmt: skip
    else:
        await refunds.cancel_in_run(tx, actor, order_id=row.order_id, choices=choices)
        row.state = OrderState.CANCELLED
        return
    row.state, row.refund_id, row.amount_minor = OrderState.QUEUED, made.id, made.amount_minor


async def _again(tx: Transaction, actor: Actor, refund_id: int) -> Refund:
    failed = await tx.session.get_one(Refund, refund_id)
    made = await system_refund(tx.session, await refunds.retry_refund(tx, actor, refund_id=failed.public_id))
    if made is None:
        raise NotFound("refund")
    return made


async def _waiting(tx: Transaction, run: BulkRun, row_id: int) -> BulkOrder | None:
    row = await tx.session.get(BulkOrder, row_id, with_for_update=True)
    return row if row is not None and row.run_id == run.id and row.state == OrderState.WAITING else None


def _pause(tx: Transaction, run: BulkRun, note: str) -> None:
    run.status = RUN_MOVES.require(BulkStatus(run.status), BulkStatus.PAUSED)
    run.version, run.note, run.paused_at = run.version + 1, note, tx.now
    touch(tx, run)


async def _finish(tx: Transaction, run: BulkRun) -> None:
    run.status = RUN_MOVES.require(BulkStatus(run.status), BulkStatus.FINISHED)
    run.version, run.finished_at = run.version + 1, tx.now
    await tx.session.flush()
    timeline.audit(
        tx, SYSTEM, kind=AuditKind.BULK_REFUND_FINISHED, organizer_id=run.organizer_id, subject=run.public_id,
        data={"words": run.words},
    )  # fmt: skip
    await tell_finished(tx, run)
    touch(tx, run)
