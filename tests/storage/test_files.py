"""Files in pieces: nobody sees one before it is whole, and an expired one goes a few pieces at a time."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from kagibag_app.storage import files
from kagibag_app.storage.files import FileChunk, StoredFile
from tests.storage.database import Queue

pytest_plugins = ["tests.storage.storage_fixtures"]

OWNER, SOMEBODY = (1, 7), ((1, 8), (2, 7))


async def _begun(queue: Queue, *contents: bytes) -> StoredFile:
    async with queue.store.transaction() as tx:
        row = await files.begin_file(
            tx.session, tx.now, organizer_id=1, user_id=7, name="orders.csv", media_type="text/csv",
            expires_at=tx.now + timedelta(hours=2),
        )  # fmt: skip
        await files.add_chunks(tx.session, row.id, 0, contents[:2])
        await files.add_chunks(tx.session, row.id, 2, contents[2:])
    return row


async def _complete(queue: Queue, row: StoredFile) -> None:
    async with queue.store.transaction() as tx:
        await files.complete_file(
            tx.session, tx.now, row.id, size=9, sha256="00", expires_at=tx.now + timedelta(hours=24)
        )


async def _seen(queue: Queue, organizer_id: int, user_id: int, row: StoredFile) -> dict[str, StoredFile]:
    async with queue.store.read() as session:
        return await files.complete_files(session, organizer_id, user_id, [row.public_id])


async def _count(queue: Queue, table: type[StoredFile | FileChunk]) -> int:
    async with queue.store.read() as session:
        return await session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


async def test_a_file_is_seen_by_its_owner_alone_and_when_it_is_whole(queue: Queue) -> None:
    row = await _begun(queue, b"abc", b"def", b"ghi", b"")
    assert await _seen(queue, *OWNER, row) == {}
    await _complete(queue, row)
    found = (await _seen(queue, *OWNER, row))[row.public_id]
    assert (found.size, found.name, found.expires_at - found.created_at > timedelta(hours=23)) == (
        9,
        "orders.csv",
        True,
    )
    assert [await _seen(queue, *other, row) for other in SOMEBODY] == [{}, {}]
    async with queue.store.read() as session:
        pieces = [await files.chunk(session, row.id, position) for position in range(5)]
    assert pieces == [b"abc", b"def", b"ghi", b"", None]


async def test_an_expired_file_goes_a_few_pieces_at_a_time_and_no_other_one_with_it(queue: Queue) -> None:
    row, kept = await _begun(queue, *[b"x"] * 7), await _begun(queue, b"y", b"z", b"-")
    await _complete(queue, row)
    async with queue.store.transaction() as tx:
        await files.expire_files(tx.session, tx.now, [row.public_id])
    left = []
    for _ in range(3):
        async with queue.store.transaction() as tx:
            left.append((await files.remove_chunks(tx.session, row.id, 3), await _in(tx.session, row)))
    assert left == [(True, 4), (True, 1), (False, 0)]
    assert (await _count(queue, StoredFile), await _count(queue, FileChunk)) == (1, 3)
    assert await _seen(queue, *OWNER, row) == {}
    async with queue.store.read() as session:
        assert await files.chunk(session, kept.id, 1) == b"z"


async def test_what_is_due_to_go_is_found_and_what_is_not_stays(queue: Queue) -> None:
    half, whole = await _begun(queue, b"a", b"b", b"c"), await _begun(queue, b"a", b"b", b"c")
    await _complete(queue, whole)
    now = queue.store.clock.now()
    for hours, due in ((1, []), (3, [half.id]), (25, [half.id, whole.id])):
        async with queue.store.read() as session:
            assert await files.system_expired(session, now + timedelta(hours=hours)) == due


async def _in(session: files.AsyncSession, row: StoredFile) -> int:
    of_file = sa.select(sa.func.count()).select_from(FileChunk).where(sa.column("file_id") == row.id)
    return await session.scalar(of_file) or 0
