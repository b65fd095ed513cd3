"""What members do with exports."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.orders.rules import OrderFilter
from kagibag_app.features.reports import queries
from kagibag_app.features.reports.rules import (
    EXPORT_MOVES,
    EXPORT_ORDERS,
    OPEN,
    WAITING_MAX,
    ExportFormat,
    ExportStatus,
    file_name,
    filter_document,
    filter_of,
)
from kagibag_app.features.reports.tables import Export
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError, Forbidden
from kagibag_app.kit.ids import public_id
from kagibag_app.live import topics
from kagibag_app.storage import files
from kagibag_app.storage.transaction import Transaction

NOT_ALLOWED = "Your role doesn't include exports. Ask an owner of the organization."


async def start_export(tx: Transaction, actor: Actor, *, chosen: OrderFilter, format: str) -> str:
    """Ask for a file of exactly the orders that a filter shows.

    A member's exports run one after the other. The same one asked for again while it waits or runs is that one.

    Args:
        format: An ``ExportFormat`` value.

    Returns:
        The export's public id.

    Raises:
        Forbidden: The role does not include exports.
        BadInput: No such format.
        DomainError: ``too_many_exports``.
    """
    organizer_id, user_id = _member(actor)
    wanted, kept = ExportFormat.read(format), filter_document(chosen)
    waiting = await _waiting(tx, organizer_id, user_id)
    for same in waiting:
        if (same.format, same.chosen) == (wanted, kept):
            return same.public_id
    if len(waiting) >= WAITING_MAX:
        raise DomainError(
            f"{WAITING_MAX} of your exports are still under way. Wait for one of them, or cancel it.",
            code="too_many_exports",
        )
    asked = await queries.asked(tx.session, organizer_id, chosen)
    export = Export(
        public_id=public_id("ex"),
        organizer_id=organizer_id,
        user_id=user_id,
        format=wanted,
        chosen=kept,
        words=asked.words,
        name=file_name(asked.slug, tx.now.astimezone(ZoneInfo(asked.zone)), wanted),
        zone=asked.zone,
        created_at=tx.now,
    )
    tx.session.add(export)
    await tx.session.flush()
    tx.enqueue(
        EXPORT_ORDERS,
        f"{EXPORT_ORDERS}:{export.public_id}",
        lane=f"export:{organizer_id}:{user_id}",
        export_id=export.id,
    )
    tx.touch(topics.exports(organizer_id, user_id))
    return export.public_id


async def repeat_export(tx: Transaction, actor: Actor, *, export: str) -> str:
    """Ask once more for what an earlier export of the same member was about, and return the new one's public id.

    Raises:
        NotFound: There is no such export, or it is somebody else's.
    """
    organizer_id, user_id = _member(actor)
    earlier = await queries.own_export(tx.session, organizer_id, user_id, export)
    return await start_export(tx, actor, chosen=filter_of(earlier.chosen), format=earlier.format)


async def cancel_export(tx: Transaction, actor: Actor, *, export: str) -> None:
    """Stop an export that waits or runs; what was written of it is thrown away.

    Raises:
        NotFound: There is no such export, or it is somebody else's.
        InvalidTransition: It is over.
    """
    organizer_id, user_id = _member(actor)
    row = await queries.own_export(tx.session, organizer_id, user_id, export)
    await tx.session.refresh(row, with_for_update=True)
    row.status = EXPORT_MOVES.require(ExportStatus(row.status), ExportStatus.CANCELLED)
    row.run, row.finished_at = "", tx.now
    await throw_away(tx, row)
    tx.touch(topics.exports(organizer_id, user_id))


async def record_download(tx: Transaction, actor: Actor, *, export: str) -> None:
    """Note that a member took the file of her own export.

    Raises:
        NotFound: There is no such export, or it is somebody else's.
    """
    organizer_id, user_id = _member(actor)
    row = await queries.own_export(tx.session, organizer_id, user_id, export)
    timeline.audit(
        tx,
        actor,
        kind=AuditKind.EXPORT_DOWNLOADED,
        organizer_id=organizer_id,
        subject=row.public_id,
        data={"file": row.name, "orders": row.rows_done, "chosen": row.chosen, "words": row.words},
    )


async def throw_away(tx: Transaction, row: Export) -> None:
    """End the life of what was stored of an export that came to nothing."""
    if row.file:
        await files.expire_files(tx.session, tx.now, [row.file])
        row.file = ""


def _member(actor: Actor) -> tuple[int, int]:
    if actor.organizer_id is None or actor.user_id is None or not allowed(actor.role, Action.EXPORT_ORDERS):
        raise Forbidden(NOT_ALLOWED)
    return actor.organizer_id, actor.user_id


async def _waiting(tx: Transaction, organizer_id: int, user_id: int) -> list[Export]:
    rows = await tx.session.scalars(
        sa.select(Export).where(
            col(Export.organizer_id) == organizer_id,
            col(Export.user_id) == user_id,
            col(Export.status).in_(OPEN),
        )
    )
    return list(rows)
