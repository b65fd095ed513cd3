"""Writes one export: reads the list as of one moment, writes a file beside, stores it in pieces.

The orders are read in one read transaction, so that the file shows the list of one moment however long it takes. What
that costs while it lasts: SQLite cannot shorten its write-ahead log, PostgreSQL cannot clean up rows that changed.
The file is stored afterwards, in short transactions of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import structlog

from kagibag_app.features.orders import queries as orders
from kagibag_app.features.payments import queries as payments
from kagibag_app.features.reports import service as reports
from kagibag_app.features.reports.documents import orders_file
from kagibag_app.features.reports.rules import LEFTOVERS_AFTER, TRIES
from kagibag_app.features.reports.service import Begun
from kagibag_app.features.reports.service.writing import GAVE_UP
from kagibag_app.jobs.outcome import Later
from kagibag_app.runtime import Runtime
from kagibag_app.storage.files import CHUNK_BYTES
from kagibag_app.storage.outbox import Job

log = structlog.get_logger(__name__)

# In one process: writing keeps a processor busy, and refunds and mails need their turn.
AT_ONCE = 2
BATCH = 500
PROGRESS_SECONDS = 0.5
CHUNKS_A_TRANSACTION = 4

_FOLDER = "exports"

_under_way: set[int] = set()


class _Unwanted(Exception):
    """The export was cancelled, or another run has taken its place."""


async def run(runtime: Runtime, job: Job) -> None:
    """Write the export of the payload from its start, whatever an earlier run left.

    Raises:
        Later: Enough exports run in this process.
    """
    if len(_under_way) >= AT_ONCE:
        raise Later(timedelta(seconds=2), "Other exports are being written.", count=False)
    _under_way.add(job.id)
    try:
        begun = await runtime.store.run(
            lambda tx: reports.begin_export(tx, export_id=job.payload["export_id"], attempts=job.attempts)
        )
        if begun is not None:
            await _export(runtime, begun, last_try=job.attempts >= TRIES)
    finally:
        _under_way.discard(job.id)


async def _export(runtime: Runtime, begun: Begun, *, last_try: bool) -> None:
    try:
        with _workplace(runtime.settings.data_dir) as folder:
            path = folder / "orders"
            rows = await _write(runtime, begun, path)
            await _store(runtime, begun, path, rows)
    except _Unwanted:
        log.info("export.stopped", export=begun.export_id)
    except Exception:
        if not last_try:
            raise
        log.exception("export.failed", export=begun.export_id)
        await runtime.store.run(lambda tx: reports.fail_export(tx, begun, reason=GAVE_UP))


async def _write(runtime: Runtime, begun: Begun, path: Path) -> int:
    """Write the file and return how many orders are in it."""
    done = 0
    async with runtime.store.read() as session:
        total = await orders.count_orders(session, begun.organizer_id, begun.chosen)
        await _progress(runtime, begun, done, total)
        told_at = time.monotonic()
        file = await asyncio.to_thread(orders_file, begun.format, path, zone=begun.zone)
        async for batch in payments.export_rows(session, begun.organizer_id, begun.chosen, batch=BATCH):
            # In a thread, a batch at a time: between two of them everything else has its turn.
            await asyncio.to_thread(file.write, batch)
            done += len(batch)
            if time.monotonic() - told_at >= PROGRESS_SECONDS:
                await _progress(runtime, begun, done, total)
                told_at = time.monotonic()
    await _progress(runtime, begun, done, done)
    await asyncio.to_thread(file.close)
    return done


async def _progress(runtime: Runtime, begun: Begun, done: int, total: int) -> None:
    if not await runtime.store.run(
        lambda tx: reports.note_progress(tx, begun, rows_done=done, rows_total=total)
    ):
        raise _Unwanted


async def _store(runtime: Runtime, begun: Begun, path: Path, rows: int) -> None:
    """Store the file; it is seen when all of it is there."""
    file_id = await runtime.store.run(lambda tx: reports.begin_file(tx, begun))
    if file_id is None:
        raise _Unwanted
    digest, size, position = sha256(), 0, 0
    with path.open("rb") as file:
        while pieces := await asyncio.to_thread(_pieces, file):
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
            await _keep(runtime, begun, file_id, position, pieces)
            position += len(pieces)
    finished = await runtime.store.run(
        lambda tx: reports.finish_export(
            tx, begun, file_id=file_id, rows=rows, size=size, sha256=digest.hexdigest()
        )
    )
    if not finished:
        raise _Unwanted


async def _keep(runtime: Runtime, begun: Begun, file_id: int, first: int, pieces: list[bytes]) -> None:
    if not await runtime.store.run(
        lambda tx: reports.store_chunks(tx, begun, file_id=file_id, first=first, contents=pieces)
    ):
        raise _Unwanted


def _pieces(file: BinaryIO) -> list[bytes]:
    read = (file.read(CHUNK_BYTES) for _ in range(CHUNKS_A_TRANSACTION))
    return [piece for piece in read if piece]


@contextlib.contextmanager
def _workplace(data_dir: Path) -> Iterator[Path]:
    """A folder of this run alone. What a killed run left behind goes when the next one begins, or with ``prune``."""
    remove_leftovers(data_dir)
    parent = data_dir / _FOLDER
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="export-", dir=parent))
    try:
        yield folder
    finally:
        # A batch may still be written by a thread that nobody waits for any more.
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(data_dir: Path) -> None:
    """Remove the folders of runs that were killed; no run lasts as long as they are old."""
    oldest = time.time() - LEFTOVERS_AFTER.total_seconds()
    for folder in (data_dir / _FOLDER).glob("export-*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)
