"""A unit of work: all or nothing, told afterwards, tried again when the database says so."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlmodel import col

from kagibag_app.storage import engine, transaction
from kagibag_app.storage.outbox import OutboxRow
from kagibag_app.storage.transaction import MAX_TRIES, Transaction, is_contention
from tests.storage.database import Queue, connect

pytest_plugins = ["tests.storage.storage_fixtures"]


async def test_topics_are_published_once_and_only_after_the_commit(queue: Queue) -> None:
    async with queue.store.transaction() as tx:
        tx.touch("order:1")
        tx.touch("order:1")
        tx.enqueue("job", "k")
        assert queue.published.sets == []
    assert queue.published.sets == [{"order:1", "outbox"}]


async def test_nothing_is_kept_or_published_when_the_work_fails(queue: Queue) -> None:
    async def fail(tx: Transaction) -> None:
        tx.enqueue("job", "k")
        tx.touch("order:1")
        await tx.session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await queue.store.run(fail)
    assert queue.published.sets == []
    assert await queue.keys() == []


async def test_a_commit_without_topics_publishes_nothing(queue: Queue) -> None:
    async with queue.store.transaction() as tx:
        await tx.session.execute(sa.text("SELECT 1"))
    assert queue.published.sets == []


async def test_a_reader_sees_one_moment_however_many_queries_it_makes(queue: Queue) -> None:
    count = sa.select(sa.func.count()).select_from(OutboxRow)
    async with queue.store.transaction() as tx:
        tx.enqueue("job", "first")
    async with queue.store.read() as session:
        before = await session.scalar(count)
        async with queue.store.transaction() as tx:
            tx.enqueue("job", "second")
        assert await session.scalar(count) == before == 1
    assert await queue.keys() == ["first", "second"]


async def test_a_reader_cannot_write(queue: Queue) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)read-?only"):
        async with queue.store.read() as session:
            session.add(
                OutboxRow(kind="job", dedupe_key="k", due_at=queue.clock.now(), created_at=queue.clock.now())
            )
    assert await queue.keys() == []


async def test_a_read_waits_for_no_writer(queue: Queue) -> None:
    async with queue.store.transaction() as tx:
        tx.enqueue("job", "k")
        await tx.session.flush()
        assert await asyncio.wait_for(queue.keys(), 2) == []
    assert await queue.keys() == ["k"]


async def test_the_moment_of_a_transaction_is_utc_and_carries_the_test_clock(queue: Queue) -> None:
    queue.clock.advance(timedelta(days=3))
    async with queue.store.transaction() as tx:
        assert tx.now.utcoffset() == timedelta(0)
        assert abs(tx.now - datetime.now(UTC) - timedelta(days=3)) < timedelta(seconds=30)
        tx.enqueue("job", "k")
    assert (await queue.row("k")).due_at == tx.now


async def test_the_moment_of_a_transaction_is_after_its_wait_for_the_writer_before(queue: Queue) -> None:
    moments: list[datetime] = []

    async def work(tx: Transaction) -> None:
        moments.append(tx.now)
        await asyncio.sleep(0.02)

    await asyncio.gather(*(queue.store.run(work) for _ in range(3)))
    if queue.store.sqlite:
        assert all(later - earlier >= timedelta(seconds=0.02) for earlier, later in pairwise(moments))
    assert len(moments) == 3


async def test_many_units_of_one_process_all_commit(queue: Queue) -> None:
    await asyncio.gather(*(queue.put([f"k{n}"]) for n in range(40)))
    assert len(await queue.keys()) == 40


async def test_fault_18_sqlite_busy_runs_the_whole_unit_again(
    sqlite_queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[datetime] = []
    other = sqlite3.connect(sqlite_queue.store.url.partition("///")[2], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def work(tx: Transaction) -> str:
        runs.append(tx.now)
        tx.enqueue("job", "k")
        return "done"

    running = asyncio.create_task(sqlite_queue.store.run(work))
    await asyncio.sleep(0.3)
    assert not running.done()
    other.execute("COMMIT")
    assert await asyncio.wait_for(running, 5) == "done"
    other.close()
    assert await sqlite_queue.keys() == ["k"]
    assert sqlite_queue.published.sets == [{"outbox"}]


async def test_fault_18_sqlite_busy_for_ever_ends_with_the_error_and_nothing_written(
    sqlite_queue: Queue,
) -> None:
    other = sqlite3.connect(sqlite_queue.store.url.partition("///")[2], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        await sqlite_queue.put(["k"])
    other.execute("COMMIT")
    other.close()
    assert await sqlite_queue.keys() == []
    await sqlite_queue.put(["k"])


class _Database(Exception):
    """What a driver raises."""

    def __init__(self, text: str, sqlstate: str = "") -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


def _error(text: str, sqlstate: str = "") -> DBAPIError:
    return DBAPIError("UPDATE orders", {}, _Database(text, sqlstate))


@pytest.mark.parametrize(
    "error",
    [
        _error("could not serialize access", "40001"),
        _error("deadlock detected", "40P01"),
        _error("canceling statement due to lock timeout", "55P03"),
        _error("database is locked"),
    ],
)
async def test_fault_18_contention_runs_the_unit_again_and_keeps_only_the_last(
    sqlite_queue: Queue, error: DBAPIError
) -> None:
    runs = 0

    async def work(tx: Transaction) -> int:
        nonlocal runs
        runs += 1
        tx.enqueue("job", f"k{runs}")
        await tx.session.flush()
        if runs < 3:
            raise error
        return runs

    assert await sqlite_queue.store.run(work) == 3
    assert await sqlite_queue.keys() == ["k3"]


async def test_fault_18_the_number_of_tries_is_bounded(
    sqlite_queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = 0

    async def work(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        raise _error("deadlock detected", "40P01")

    monkeypatch.setattr(transaction.random, "uniform", lambda *_: 0.01)
    with pytest.raises(DBAPIError):
        await sqlite_queue.store.run(work)
    assert runs == MAX_TRIES


@pytest.mark.parametrize(
    "error",
    [_error("syntax error", "42601"), ValueError("a bug"), IntegrityError("", {}, _Database("unique"))],
)
async def test_an_error_that_is_no_contention_is_not_tried_again(
    sqlite_queue: Queue, error: Exception
) -> None:
    runs = 0

    async def work(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        raise error

    with pytest.raises(type(error)):
        await sqlite_queue.store.run(work)
    assert runs == 1


async def test_fault_18_postgres_deadlock_both_units_commit(queue: Queue) -> None:
    await queue.put(["a", "b"])
    locked = asyncio.Event()

    async def change(first: str, second: str, tx: Transaction) -> None:
        await _lock(tx, first)
        if first == "b":
            locked.set()
        elif not queue.store.sqlite:
            await asyncio.wait_for(locked.wait(), 5)
        await _lock(tx, second)

    await asyncio.gather(
        queue.store.run(lambda tx: change("a", "b", tx)), queue.store.run(lambda tx: change("b", "a", tx))
    )
    assert {(await queue.row(key)).attempts for key in "ab"} == {2}


async def _lock(tx: Transaction, key: str) -> None:
    await tx.session.execute(
        sa.update(OutboxRow)
        .where(col(OutboxRow.dedupe_key) == key)
        .values(attempts=col(OutboxRow.attempts) + 1)
    )
    await asyncio.sleep(0.02)


async def test_fault_18_postgres_serialization_failure_is_tried_again(queue: Queue) -> None:
    await queue.put(["counter"])
    if not queue.store.sqlite:
        queue.store.writer = queue.store.writer.execution_options(isolation_level="SERIALIZABLE")
    both_read = asyncio.Event()
    runs = 0

    async def count(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        seen = (
            await tx.session.execute(sa.select(OutboxRow).where(col(OutboxRow.dedupe_key) == "counter"))
        ).scalar_one()
        if runs <= 2 and not queue.store.sqlite:
            if runs == 2:
                both_read.set()
            await asyncio.wait_for(both_read.wait(), 5)
        seen.attempts += 1

    await asyncio.gather(queue.store.run(count), queue.store.run(count))
    assert (await queue.row("counter")).attempts == 2
    assert runs == (2 if queue.store.sqlite else 3)


def test_contention_is_told_from_everything_else() -> None:
    assert is_contention(_error("x", "40001"))
    assert is_contention(_error("database is locked"))
    assert not is_contention(_error("no such table: orders"))


async def test_sqlite_is_set_up_to_lose_nothing(sqlite_queue: Queue) -> None:
    async with sqlite_queue.store.transaction() as tx:
        asked: dict[str, Any] = {
            name: (await tx.session.execute(sa.text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert asked == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": engine.BUSY_TIMEOUT_MS,
    }


async def test_two_processes_on_one_database_write_in_turn(queue: Queue) -> None:
    other = connect(queue.store.url, queue.clock)
    await asyncio.gather(
        *(one.put([f"{name}{n}"]) for n in range(15) for name, one in (("a", queue), ("b", other)))
    )
    await other.store.close()
    assert len(await queue.keys()) == 30
