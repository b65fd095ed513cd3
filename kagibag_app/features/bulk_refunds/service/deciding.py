"""What members decide about a run: start, pause, go on, send again what failed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Action, Role
from kagibag_app.features.accounts.service import require
from kagibag_app.features.bulk_refunds import queries
from kagibag_app.features.bulk_refunds.rules import PREVIEW_LIFE, BulkStatus, OrderState
from kagibag_app.features.bulk_refunds.rules.outcomes import CHECKED_IN, FREE_CODE
from kagibag_app.features.bulk_refunds.service.locking import ask_to_run, claim_run, decide
from kagibag_app.features.bulk_refunds.tables import BulkOrder, BulkRun
from kagibag_app.features.refunds.service import BulkChoices
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.kit import text
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError, InvalidTransition
from kagibag_app.storage.transaction import Transaction


async def start_run(
    tx: Transaction, actor: Actor, *, run: str, version: int, choices: BulkChoices, with_checked_in: bool
) -> None:
    """Start a run: from now on its orders are refunded, one after the other.

    Args:
        version: The run's that the member was looking at: what was seen is what is done.
        with_checked_in: Orders with a used ticket are refunded too.

    Raises:
        Forbidden, NotFound, BadInput, RunChanged: See ``claim_run``.
        InvalidTransition: It is not ready.
        DomainError: ``preview_old``, or ``no_orders``: nothing would be refunded.
    """
    said = text.many_lines(choices.message, field="message")
    row = await claim_run(tx, actor, run, version)
    _require(row, BulkStatus.READY)
    if choices.cancels_orders:
        require(actor, Action.CANCEL_ORDERS)
    if row.previewed_at is not None and tx.now - row.previewed_at > PREVIEW_LIFE:
        raise DomainError(
            "This preview is more than an hour old. Look again, then start. Nothing was refunded.",
            code="preview_old",
        )
    decide(tx, actor, row, BulkStatus.RUNNING)
    row.cancels_orders, row.with_checked_in, row.message = choices.cancels_orders, with_checked_in, said
    row.ends_tickets = choices.ends_tickets or choices.cancels_orders
    row.keeps_seats = choices.keeps_seats and row.ends_tickets
    row.started_at = tx.now
    await _choose(tx, row)
    if await queries.system_next(tx.session, row.id) is None:
        raise DomainError("No order would be refunded like this. Nothing was started.", code="no_orders")
    ask_to_run(tx, row)
    _note(
        tx, actor, row, AuditKind.BULK_REFUND_STARTED,
        chosen=row.chosen, cancels_orders=row.cancels_orders, ends_tickets=row.ends_tickets,
        keeps_seats=row.keeps_seats, with_checked_in=with_checked_in,
    )  # fmt: skip


async def pause_run(tx: Transaction, actor: Actor, *, run: str, version: int) -> None:
    """Begin no further order. What is on its way to Stripe arrives.

    Raises:
        Forbidden, NotFound, BadInput, RunChanged: See ``claim_run``.
        InvalidTransition: It does not run.
    """
    row = await claim_run(tx, actor, run, version, Action.PREPARE_REFUNDS)
    decide(tx, actor, row, BulkStatus.PAUSED)
    # What is on its way is still to be followed.
    ask_to_run(tx, row)
    _note(tx, actor, row, AuditKind.BULK_REFUND_PAUSED)


async def resume_run(tx: Transaction, actor: Actor, *, run: str, version: int) -> None:
    """Go on with the orders that wait.

    Raises:
        Forbidden, NotFound, BadInput, RunChanged: See ``claim_run``.
        InvalidTransition: It is not paused.
    """
    row = await claim_run(tx, actor, run, version)
    _require(row, BulkStatus.PAUSED)
    decide(tx, actor, row, BulkStatus.RUNNING)
    ask_to_run(tx, row)
    _note(tx, actor, row, AuditKind.BULK_REFUND_RESUMED)


async def retry_failed(tx: Transaction, actor: Actor, *, run: str, version: int) -> int:
    """Send the refunds of a run that failed again, each as a new refund; nothing else of it is touched.

    Returns:
        How many.

    Raises:
        Forbidden, NotFound, BadInput, RunChanged: See ``claim_run``.
        InvalidTransition: It is neither finished nor paused.
        DomainError: ``nothing_failed``.
    """
    row = await claim_run(tx, actor, run, version)
    failed = list(
        await tx.session.scalars(
            sa.select(BulkOrder)
            .where(col(BulkOrder.run_id) == row.id, col(BulkOrder.state) == OrderState.FAILED)
            .order_by(col(BulkOrder.id))
            .with_for_update()
        )
    )
    if not failed:
        raise DomainError("Nothing of this bulk refund has failed. Nothing was sent.", code="nothing_failed")
    decide(tx, actor, row, BulkStatus.RUNNING)
    row.finished_at = None
    for order in failed:
        order.state, order.moved_at = OrderState.WAITING, tx.now
    await tx.session.flush()
    ask_to_run(tx, row)
    _note(tx, actor, row, AuditKind.BULK_REFUND_RETRIED, orders=len(failed))
    return len(failed)


async def confirm_waiting(tx: Transaction, actor: Actor, *, run: str, version: int) -> int:
    """Confirm, as the second person, the orders of a run that somebody else approved first, and send their refunds.

    Returns:
        How many.

    Raises:
        Forbidden, NotFound, BadInput, RunChanged: See ``claim_run``.
        InvalidTransition: It is neither finished nor paused.
        DomainError: ``nothing_waits``, or ``second_person_needed``: the actor approved all of them first.
    """
    row = await claim_run(tx, actor, run, version)
    waiting = list(
        await tx.session.scalars(
            sa.select(BulkOrder)
            .where(col(BulkOrder.run_id) == row.id, col(BulkOrder.state) == OrderState.AWAITING_SECOND)
            .order_by(col(BulkOrder.id))
            .with_for_update()
        )
    )
    others = [order for order in waiting if actor.role == Role.OWNER or order.first_by_id != actor.user_id]
    if not waiting:
        raise DomainError(
            "No order of it waits for a second person. Nothing was changed.", code="nothing_waits"
        )
    if not others:
        raise DomainError(
            "You approved these first, so an owner or another manager has to confirm them. Nothing was changed.",
            code="second_person_needed",
        )
    decide(tx, actor, row, BulkStatus.RUNNING)
    row.finished_at = None
    for order in others:
        order.state, order.moved_at = OrderState.WAITING, tx.now
    await tx.session.flush()
    ask_to_run(tx, row)
    _note(tx, actor, row, AuditKind.BULK_REFUND_CONFIRMED, orders=len(others))
    return len(others)


async def record_download(tx: Transaction, actor: Actor, *, run: str) -> None:
    """Note that a member took the report of a run.

    Raises:
        Forbidden: The actor's role may not export.
        NotFound: No such run in the actor's organization.
    """
    require(actor, Action.EXPORT_ORDERS)
    row = await queries.organizer_run(tx.session, actor.organizer_id or 0, run)
    _note(tx, actor, row, AuditKind.BULK_REFUND_DOWNLOADED)


async def _choose(tx: Transaction, run: BulkRun) -> None:
    """Let what was chosen decide about the orders that the preview left open."""
    mine = col(BulkOrder.run_id) == run.id
    if run.cancels_orders:
        await tx.session.execute(
            sa.update(BulkOrder)
            .where(mine, col(BulkOrder.code) == FREE_CODE)
            .values(state=OrderState.WAITING, code="", reason="")
        )
    if not run.with_checked_in:
        code, reason = CHECKED_IN
        await tx.session.execute(
            sa.update(BulkOrder)
            .where(mine, col(BulkOrder.state) == OrderState.WAITING, col(BulkOrder.checked_in) > 0)
            .values(state=OrderState.SKIPPED, code=code, reason=reason)
        )


def _require(run: BulkRun, wanted: BulkStatus) -> None:
    """Refuse what only one state may lead to: others may run too, but by another decision."""
    if run.status != wanted:
        raise InvalidTransition("bulk refund", run.status, BulkStatus.RUNNING)


def _note(tx: Transaction, actor: Actor, run: BulkRun, kind: AuditKind, **data: Any) -> None:
    timeline.audit(
        tx, actor, kind=kind, organizer_id=run.organizer_id, subject=run.public_id, data={"words": run.words, **data}
    )  # fmt: skip
