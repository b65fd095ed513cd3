"""Files that the product made for somebody, in pieces in the database: where its rows are, they are, on every process.

A file is nobody's to see before it is complete, and after its expiry it is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from kagibag_app.kit.ids import public_id
from kagibag_app.storage.columns import maybe_moment, moment

CHUNK_BYTES = 256 * 1024


class StoredFile(SQLModel, table=True):
    """What a file is and whose. ``size`` and ``sha256`` are known once it is complete.

    ``name`` was made by us, in plain ASCII: it is what the browser saves the file as.
    """

    __tablename__ = "stored_files"  # pyright: ignore[reportAssignmentType]

    id: int = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int
    user_id: int
    name: str
    media_type: str
    size: int = Field(default=0, sa_type=sa.BigInteger)
    sha256: str = ""
    created_at: datetime = moment()
    completed_at: datetime | None = maybe_moment()
    expires_at: datetime = moment(index=True)


class FileChunk(SQLModel, table=True):
    """One piece of a file; all but the last have the same length."""

    __tablename__ = "file_chunks"  # pyright: ignore[reportAssignmentType]

    file_id: int = Field(primary_key=True, foreign_key="stored_files.id")
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    content: bytes = Field(sa_type=sa.LargeBinary, nullable=False)


async def begin_file(
    session: AsyncSession,
    now: datetime,
    *,
    organizer_id: int,
    user_id: int,
    name: str,
    media_type: str,
    expires_at: datetime,
) -> StoredFile:
    """Start an empty file that nobody sees yet.

    Args:
        expires_at: When what was never completed is thrown away (UTC).
    """
    row = StoredFile(
        public_id=public_id("fl"), organizer_id=organizer_id, user_id=user_id, name=name, media_type=media_type,
        created_at=now, expires_at=expires_at,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    return row


async def add_chunks(session: AsyncSession, file_id: int, first: int, contents: Sequence[bytes]) -> None:
    """Add the next pieces of a file.

    Args:
        first: The position of the first of them, from 0.
    """
    rows = [
        {"file_id": file_id, "position": first + index, "content": content}
        for index, content in enumerate(contents)
    ]
    await session.execute(sa.insert(FileChunk), rows)


async def complete_file(
    session: AsyncSession, now: datetime, file_id: int, *, size: int, sha256: str, expires_at: datetime
) -> None:
    """Let its owner see a file until ``expires_at`` (UTC)."""
    await session.execute(
        sa.update(StoredFile)
        .where(col(StoredFile.id) == file_id)
        .values(size=size, sha256=sha256, completed_at=now, expires_at=expires_at)
    )


async def expire_files(session: AsyncSession, now: datetime, public_ids: Sequence[str]) -> None:
    """End the life of files now; what takes them away is ``remove_chunks``."""
    await session.execute(
        sa.update(StoredFile)
        .where(col(StoredFile.public_id).in_(public_ids), col(StoredFile.expires_at) > now)
        .values(expires_at=now)
    )


async def complete_files(
    session: AsyncSession, organizer_id: int, user_id: int, public_ids: Sequence[str]
) -> dict[str, StoredFile]:
    """Return those of a member's own files that are complete, expired or not, by public id."""
    found = await session.scalars(
        sa.select(StoredFile).where(
            col(StoredFile.organizer_id) == organizer_id,
            col(StoredFile.user_id) == user_id,
            col(StoredFile.public_id).in_(public_ids),
            col(StoredFile.completed_at).is_not(None),
        )
    )
    return {row.public_id: row for row in found}


async def chunk(session: AsyncSession, file_id: int, position: int) -> bytes | None:
    """Return one piece of a file; ``None`` behind its end, or when it is gone."""
    return await session.scalar(
        sa.select(col(FileChunk.content)).where(
            col(FileChunk.file_id) == file_id, col(FileChunk.position) == position
        )
    )


async def system_expired(session: AsyncSession, before: datetime, limit: int = 100) -> list[int]:
    """Return the keys of files that expired before a moment (UTC), of any organizer."""
    found = await session.scalars(
        sa.select(col(StoredFile.id))
        .where(col(StoredFile.expires_at) < before)
        .order_by(col(StoredFile.expires_at))
        .limit(limit)
    )
    return list(found)


async def remove_chunks(session: AsyncSession, file_id: int, limit: int) -> bool:
    """Take away up to ``limit`` pieces of a file, the last ones first, and the file with the last of them.

    Returns:
        Whether something is left: call again, in another transaction, so that none holds the database for long.
    """
    last: int | None = await session.scalar(
        sa.select(sa.func.max(col(FileChunk.position))).where(col(FileChunk.file_id) == file_id)
    )
    of_file: list[Any] = [col(FileChunk.file_id) == file_id]
    if last is not None:
        await session.execute(sa.delete(FileChunk).where(*of_file, col(FileChunk.position) > last - limit))
        if last >= limit:
            return True
    await session.execute(sa.delete(StoredFile).where(col(StoredFile.id) == file_id))
    return False
