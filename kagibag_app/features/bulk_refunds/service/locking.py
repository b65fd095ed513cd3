"""A run, locked before its orders and every row of theirs; decisions about it, one after the other."""

from __future__ import annotations

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.accounts.service import require
from kagibag_app.features.bulk_refunds import queries
from kagibag_app.features.bulk_refunds.rules import BULK_REFUND, RUN_MOVES, BulkStatus
from kagibag_app.features.bulk_refunds.tables import BulkRun
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, DomainError, NotFound
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction

_IS = {
    BulkStatus.PREPARING: "being prepared",
    BulkStatus.READY: "not started yet",
    BulkStatus.RUNNING: "running",
    BulkStatus.PAUSED: "paused",
    BulkStatus.FINISHED: "finished",
    BulkStatus.DISCARDED: "thrown away",
}


class RunChanged(DomainError):
    """Somebody else decided about the run first."""

    code = "already_decided"


async def lock_run(tx: Transaction, run_id: int) -> BulkRun:
    """Lock a run and return it as it is now.

    Raises:
        NotFound: There is no such run.
    """
    run = await tx.session.get(BulkRun, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise NotFound("bulk refund")
    return run


async def claim_run(
    tx: Transaction,
    actor: Actor,
    public_id: object,
    version: object,
    action: Action = Action.DECIDE_REFUNDS,
) -> BulkRun:
    """Lock a run of the actor's organizer that nobody has decided about since the actor looked at it.

    Args:
        public_id, version: Claims from outside.
        action: What the actor's role must include.

    Raises:
        Forbidden: It does not.
        NotFound: No such run in the actor's organization.
        BadInput: No version.
        RunChanged: It was decided about meanwhile.
    """
    require(actor, action)
    known = await queries.organizer_run(tx.session, actor.organizer_id or 0, public_id)
    run = await lock_run(tx, known.id)
    if type(version) is not int:
        raise BadInput("Reload the page, then decide again. Nothing was changed.", field="version")
    if version != run.version:
        raise RunChanged(
            f"This bulk refund was changed meanwhile, last by {run.acting}: it is {_IS[BulkStatus(run.status)]} now. "
            "Nothing was changed by you; look again."
        )
    return run


def decide(tx: Transaction, actor: Actor, run: BulkRun, target: BulkStatus) -> None:
    """Move a locked run by a person's decision; what an earlier job still does ends.

    Raises:
        InvalidTransition: The move is not in the table.
    """
    run.status = RUN_MOVES.require(BulkStatus(run.status), target)
    run.version, run.turn, run.note = run.version + 1, run.turn + 1, ""
    run.acting_id, run.acting = actor.user_id or 0, actor.name
    run.paused_at = tx.now if target is BulkStatus.PAUSED else None
    touch(tx, run)


def ask_to_run(tx: Transaction, run: BulkRun) -> None:
    """Ask for the job that carries a run out."""
    tx.enqueue(
        BULK_REFUND,
        f"{BULK_REFUND}:{run.public_id}:{run.turn}",
        lane=f"{BULK_REFUND}:{run.public_id}",
        run_id=run.id,
        turn=run.turn,
    )


def touch(tx: Transaction, run: BulkRun) -> None:
    """Tell the pages that show it."""
    tx.touch(topics.bulk_refunds(run.organizer_id))
