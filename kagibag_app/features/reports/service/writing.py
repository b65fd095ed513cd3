"""What the job records while it writes an export. Each run has a name; one that was overtaken changes nothing more."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.orders.rules import OrderFilter
from kagibag_app.features.reports.rules import (
    EXPORT_MOVES,
    FILE_LIFE,
    KEPT_FILES,
    LEFTOVERS_AFTER,
    OPEN,
    TRIES,
    ExportFormat,
    ExportStatus,
    filter_of,
)
from kagibag_app.features.reports.service.asking import NOT_ALLOWED, throw_away
from kagibag_app.features.reports.tables import Export
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.live import topics
from kagibag_app.storage import files
from kagibag_app.storage.transaction import Transaction

GAVE_UP = "The file could not be written, although it was tried several times. Nothing of it was kept."


@dataclass(frozen=True, slots=True)
class Begun:
    """A run of an export: what to write, for whom, and the run's name."""

    export_id: int
    run: str
    organizer_id: int
    chosen: OrderFilter
    format: ExportFormat
    zone: str


async def begin_export(tx: Transaction, *, export_id: int, attempts: int) -> Begun | None:
    """Begin a run from the start; what an earlier one left is thrown away.

    Args:
        attempts: Runs so far, this one included. A run that ends its worker counts too.

    Returns:
        ``None`` when there is nothing to write: cancelled, finished, tried too often, or the member may no longer
        export.
    """
    row = await tx.session.get(Export, export_id, with_for_update=True)
    if row is None or row.status not in OPEN:
        return None
    await throw_away(tx, row)
    member = await accounts.system_member(tx.session, row.organizer_id, row.user_id)
    if member is None or not allowed(member.role, Action.EXPORT_ORDERS):
        _fail(tx, row, NOT_ALLOWED)
        return None
    if attempts > TRIES:
        _fail(tx, row, GAVE_UP)
        return None
    # Where the one who ran it before was lost, it runs already and begins anew.
    if row.status != ExportStatus.RUNNING:
        row.status = EXPORT_MOVES.require(ExportStatus(row.status), ExportStatus.RUNNING)
    row.run, row.started_at = secrets.token_hex(8), tx.now
    row.rows_done, row.rows_total = 0, None
    _touch(tx, row)
    return Begun(row.id, row.run, row.organizer_id, filter_of(row.chosen), ExportFormat(row.format), row.zone)


async def note_progress(tx: Transaction, begun: Begun, *, rows_done: int, rows_total: int) -> bool:
    """Note how far a run is; false when it must stop, because it was cancelled or overtaken."""
    row = await _running(tx, begun)
    if row is None:
        return False
    row.rows_done, row.rows_total = rows_done, rows_total
    _touch(tx, row)
    return True


async def begin_file(tx: Transaction, begun: Begun) -> int | None:
    """Begin to store what a run has written and return the stored file's key; ``None`` when the run must stop."""
    row = await _running(tx, begun)
    if row is None:
        return None
    stored = await files.begin_file(
        tx.session,
        tx.now,
        organizer_id=row.organizer_id,
        user_id=row.user_id,
        name=row.name,
        media_type=begun.format.media_type,
        expires_at=tx.now + LEFTOVERS_AFTER,
    )
    row.file = stored.public_id
    return stored.id


async def store_chunks(
    tx: Transaction, begun: Begun, *, file_id: int, first: int, contents: Sequence[bytes]
) -> bool:
    """Store the next pieces; false when the run must stop."""
    if await _running(tx, begun) is None:
        return False
    await files.add_chunks(tx.session, file_id, first, contents)
    return True


async def finish_export(
    tx: Transaction, begun: Begun, *, file_id: int, rows: int, size: int, sha256: str
) -> bool:
    """Give the finished file to its member; false when the run was cancelled or overtaken."""
    row = await _running(tx, begun)
    if row is None:
        return False
    row.status = EXPORT_MOVES.require(ExportStatus(row.status), ExportStatus.FINISHED)
    row.rows_done = row.rows_total = rows
    row.run, row.finished_at = "", tx.now
    await files.complete_file(
        tx.session, tx.now, file_id, size=size, sha256=sha256, expires_at=tx.now + FILE_LIFE
    )
    await _keep_the_newest(tx, row)
    member = await accounts.system_member(tx.session, row.organizer_id, row.user_id)
    timeline.audit(
        tx,
        member or SYSTEM,
        kind=AuditKind.ORDERS_EXPORTED,
        organizer_id=row.organizer_id,
        subject=row.public_id,
        data={"format": row.format, "orders": rows, "chosen": row.chosen, "words": row.words},
    )
    _touch(tx, row)
    return True


async def fail_export(tx: Transaction, begun: Begun, *, reason: str) -> None:
    """End a run that came to nothing.

    Args:
        reason: One sentence for the member.
    """
    row = await _running(tx, begun)
    if row is not None:
        await throw_away(tx, row)
        _fail(tx, row, reason)


async def forget_exports(tx: Transaction, before: datetime) -> int:
    """Remove the rows of exports that were asked for before a moment (UTC) and are over; returns how many."""
    gone = await tx.session.execute(
        sa.delete(Export).where(col(Export.created_at) < before, col(Export.status).not_in(OPEN))
    )
    return gone.rowcount  # type: ignore[attr-defined]


async def _running(tx: Transaction, begun: Begun) -> Export | None:
    return await tx.session.scalar(
        sa.select(Export)
        .where(
            col(Export.id) == begun.export_id,
            col(Export.run) == begun.run,
            col(Export.status) == ExportStatus.RUNNING,
        )
        .with_for_update()
    )


async def _keep_the_newest(tx: Transaction, row: Export) -> None:
    older = await tx.session.scalars(
        sa.select(col(Export.file))
        .where(
            col(Export.organizer_id) == row.organizer_id,
            col(Export.user_id) == row.user_id,
            col(Export.status) == ExportStatus.FINISHED,
            col(Export.id) != row.id,
        )
        .order_by(col(Export.finished_at).desc(), col(Export.id).desc())
        .offset(KEPT_FILES - 1)
        .limit(100)
    )
    await files.expire_files(tx.session, tx.now, list(older))


def _fail(tx: Transaction, row: Export, reason: str) -> None:
    row.status = EXPORT_MOVES.require(ExportStatus(row.status), ExportStatus.FAILED)
    row.reason, row.run, row.finished_at = reason, "", tx.now
    _touch(tx, row)


def _touch(tx: Transaction, row: Export) -> None:
    tx.touch(topics.exports(row.organizer_id, row.user_id))
