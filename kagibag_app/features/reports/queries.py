"""Reads of exports: a member sees her own, and nobody else's."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders.rules import OrderFilter
from kagibag_app.features.promotions.tables import Promotion
from kagibag_app.features.reports.rules import ExportFormat, ExportStatus
from kagibag_app.features.reports.tables import Export
from kagibag_app.features.reports.views import Asked, ExportFile, ExportView, in_words
from kagibag_app.kit.errors import NotFound
from kagibag_app.storage import files

LISTED = 5


async def asked(session: AsyncSession, organizer_id: int, chosen: OrderFilter) -> Asked:
    """Say which of the organizer's orders a filter shows."""
    organizer = await session.get_one(Organizer, organizer_id)
    event = await _named(session, col(Event.title), Event, organizer_id, chosen.event)
    code = await _named(session, col(Promotion.code), Promotion, organizer_id, chosen.promotion)
    words = in_words(chosen, organizer.zone, event=event or "no such event", code=code or "that is not there")
    return Asked(words, organizer.zone, organizer.slug)


async def _named(
    session: AsyncSession,
    name: Any,
    table: type[Event] | type[Promotion],
    organizer_id: int,
    public_id: str,
) -> str | None:
    if not public_id:
        return None
    return await session.scalar(
        sa.select(name).where(col(table.organizer_id) == organizer_id, col(table.public_id) == public_id)
    )


async def last_exports(
    session: AsyncSession, organizer_id: int, user_id: int, *, limit: int = LISTED
) -> list[ExportView]:
    """Return a member's newest exports, the newest first."""
    rows = list(
        await session.scalars(
            sa.select(Export)
            .where(*_own(organizer_id, user_id))
            .order_by(col(Export.id).desc())
            .limit(min(limit, 50))
        )
    )
    stored = await files.complete_files(
        session, organizer_id, user_id, [row.file for row in rows if row.file]
    )
    return [_view(row, stored.get(row.file)) for row in rows]


async def own_export(session: AsyncSession, organizer_id: int, user_id: int, public_id: object) -> Export:
    """Return a member's own export.

    Raises:
        NotFound: There is none, or it is somebody else's.
    """
    found = None
    if isinstance(public_id, str):
        found = await session.scalar(
            sa.select(Export).where(*_own(organizer_id, user_id), col(Export.public_id) == public_id)
        )
    if found is None:
        raise NotFound("export")
    return found


async def export_file(
    session: AsyncSession, organizer_id: int, user_id: int, public_id: object
) -> ExportFile | None:
    """Return the file of a member's own export, expired or not; ``None`` when it is gone.

    Raises:
        NotFound: There is no such export, it is somebody else's, or it came to no file.
    """
    row = await own_export(session, organizer_id, user_id, public_id)
    if row.status != ExportStatus.FINISHED:
        raise NotFound("file")
    stored = (await files.complete_files(session, organizer_id, user_id, [row.file])).get(row.file)
    if stored is None:
        return None
    return ExportFile(stored.id, stored.name, stored.media_type, stored.size, stored.expires_at)


def _own(organizer_id: int, user_id: int) -> list[sa.ColumnElement[bool]]:
    return [col(Export.organizer_id) == organizer_id, col(Export.user_id) == user_id]


def _view(row: Export, stored: files.StoredFile | None) -> ExportView:
    return ExportView(
        id=row.public_id,
        format=ExportFormat(row.format),
        status=ExportStatus(row.status),
        words=row.words,
        name=row.name,
        rows_done=row.rows_done,
        rows_total=row.rows_total,
        reason=row.reason,
        size=stored.size if stored else 0,
        created_at=row.created_at,
        expires_at=stored.expires_at if stored else None,
    )
