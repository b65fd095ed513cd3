"""The queue: once for ever, in order, lanes kept, leases proven."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from kagibag_app.storage import outbox
from kagibag_app.storage.outbox import OutboxStatus
from tests.storage.database import LEASE, Queue, connect

pytest_plugins = ["tests.storage.storage_fixtures"]


async def test_an_occurrence_is_asked_for_once_for_ever(queue: Queue) -> None:
    await queue.put(["k"])
    (job,) = await queue.claim()
    await queue.release(job, OutboxStatus.DONE)
    with pytest.raises(IntegrityError):
        await queue.put(["other", "k"])
    assert await queue.keys() == ["k"]
    assert not await queue.store.run(lambda tx: tx.enqueue_once("job", "k"))


async def test_enqueue_once_keeps_the_first_and_publishes_only_then(queue: Queue) -> None:
    assert await queue.store.run(lambda tx: tx.enqueue_once("job", "k", lane="l", lane_limit=3, number=1))
    assert not await queue.store.run(lambda tx: tx.enqueue_once("job", "k", number=2))
    row = await queue.row("k")
    assert (row.payload, row.lane, row.lane_limit, row.status) == ({"number": 1}, "l", 3, "pending")
    assert queue.published.sets == [{"outbox"}]


async def test_of_many_that_ask_at_once_exactly_one_is_told_yes(queue: Queue) -> None:
    other = connect(queue.store.url, queue.clock)
    asked = await asyncio.gather(
        *(one.store.run(lambda tx: tx.enqueue_once("job", "k")) for one in (queue, other) * 5)
    )
    await other.store.close()
    assert Counter(asked) == {True: 1, False: 9}
    assert await queue.keys() == ["k"]


async def test_due_rows_are_claimed_oldest_first_and_no_others(queue: Queue) -> None:
    now = queue.clock.now()
    for key, minutes in (("later", 5), ("second", -1), ("first", -2), ("third", -1)):
        await queue.put([key], due_at=now + timedelta(minutes=minutes), key=key)
    jobs = await queue.claim()
    assert [job.payload["key"] for job in jobs] == ["first", "second", "third"]
    assert await queue.claim() == []
    for job in jobs:
        await queue.release(job, OutboxStatus.DONE)
    queue.clock.advance(timedelta(minutes=6))
    assert [job.payload["key"] for job in await queue.claim()] == ["later"]


async def test_no_more_are_claimed_than_asked_for(queue: Queue) -> None:
    await queue.put([f"k{n}" for n in range(9)])
    assert [len(await queue.claim(4)) for _ in range(4)] == [4, 4, 1, 0]


async def test_a_lane_gives_no_more_than_its_limit_until_one_is_released(queue: Queue) -> None:
    await queue.put([f"k{n}" for n in range(5)], lane="endpoint:1", lane_limit=2)
    first, second = await queue.claim()
    assert await queue.claim() == []
    await queue.release(first, OutboxStatus.DONE)
    assert len(await queue.claim()) == 1
    await queue.release(second, OutboxStatus.PENDING, due_at=queue.clock.now() + timedelta(hours=1))
    assert len(await queue.claim()) == 1


async def test_a_full_lane_with_a_thousand_queued_starves_no_other(queue: Queue) -> None:
    await queue.put([f"dead{n}" for n in range(1000)], lane="endpoint:dead", lane_limit=2)
    assert len(await queue.claim(8)) == 2
    await queue.put(["alive"], lane="endpoint:alive", lane_limit=2)
    await queue.put(["free"])
    assert len(await queue.claim(8)) == 2
    assert {(await queue.row(key)).status for key in ("alive", "free")} == {"running"}


async def test_fault_22_two_workers_claim_in_parallel_and_no_row_runs_twice_or_past_its_lane(
    queue: Queue,
) -> None:
    await queue.put([f"free{n}" for n in range(20)])
    await queue.put([f"lane{n}" for n in range(12)], lane="account", lane_limit=3, laned=True)
    others = [connect(queue.store.url, queue.clock) for _ in range(3)]
    running: set[int] = set()
    most = 0
    ran: list[int] = []

    async def work(mine: Queue) -> None:
        nonlocal most
        while len(ran) < 32:
            jobs = await mine.claim(4)
            running.update(job.id for job in jobs if job.payload)
            most = max(most, len(running))
            await asyncio.sleep(0.005)
            for job in jobs:
                ran.append(job.id)
                running.discard(job.id)
                assert await mine.release(job, OutboxStatus.DONE)

    await asyncio.gather(*(work(one) for one in (queue, *others)))
    for other in others:
        await other.store.close()
    assert len(ran) == len(set(ran)) == 32
    assert 1 <= most <= 3


async def test_fault_22_no_lane_is_overfull_when_workers_claim_at_the_same_moment(queue: Queue) -> None:
    await queue.put([f"k{n}" for n in range(40)], lane="account", lane_limit=3)
    others = [connect(queue.store.url, queue.clock) for _ in range(3)]
    claimed = await asyncio.gather(*(one.claim(8) for one in (queue, *others) for _ in range(2)))
    for other in others:
        await other.store.close()
    jobs = [job.id for jobs in claimed for job in jobs]
    assert len(jobs) == len(set(jobs)) == 3


async def test_fault_22_a_worker_stopped_past_its_lease_changes_nothing_with_its_stale_token(
    queue: Queue,
) -> None:
    await queue.put(["k"])
    (stale,) = await queue.claim()
    queue.clock.advance(LEASE + timedelta(seconds=1))
    (fresh,) = await queue.claim()
    assert (fresh.id, fresh.attempts) == (stale.id, 2)
    assert fresh.token != stale.token
    before = await queue.row("k")
    assert not await queue.release(stale, OutboxStatus.DEAD, error="stale")
    assert (await queue.row("k")).model_dump() == before.model_dump()
    assert await queue.release(fresh, OutboxStatus.DONE)
    assert not await queue.release(fresh, OutboxStatus.DEAD)
    assert (await queue.row("k")).status == "done"


async def test_fault_17_a_lease_holds_until_its_last_moment(queue: Queue) -> None:
    await queue.put(["k"])
    (job,) = await queue.claim()
    queue.clock.advance(LEASE - timedelta(seconds=10))
    assert await queue.claim() == []
    assert await queue.release(job, OutboxStatus.DONE)


async def test_a_released_row_says_what_happened(queue: Queue) -> None:
    await queue.put(["k"])
    (job,) = await queue.claim()
    due = queue.clock.now() + timedelta(minutes=2)
    await queue.release(job, OutboxStatus.PENDING, due_at=due, error="x" * 5000, count_attempt=False)
    row = await queue.row("k")
    assert (row.status, row.attempts, row.lease_token, row.leased_until, row.finished_at) == (
        "pending",
        0,
        "",
        None,
        None,
    )
    assert (row.due_at, len(row.last_error)) == (due, 2000)
    queue.clock.advance(timedelta(minutes=3))
    (job,) = await queue.claim()
    await queue.release(job, OutboxStatus.DONE)
    row = await queue.row("k")
    assert (row.attempts, row.status, row.last_error, row.finished_at is not None) == (1, "done", "", True)


async def test_a_process_that_owns_the_database_frees_what_its_predecessor_held(queue: Queue) -> None:
    await queue.put(["a", "b"])
    held = await queue.claim()
    assert await queue.store.run(lambda tx: outbox.free_leases(tx.session)) == 2
    assert not await queue.release(held[0], OutboxStatus.DONE)
    assert len(await queue.claim()) == 2


async def test_the_next_moment_of_work_is_the_next_due_or_the_next_end_of_a_lease(queue: Queue) -> None:
    async def next_due() -> object:
        async with queue.store.read() as session:
            return await outbox.next_due(session)

    assert await next_due() is None
    due = queue.clock.now() + timedelta(minutes=10)
    await queue.put(["later"], due_at=due)
    assert await next_due() == due
    await queue.put(["now"])
    (job,) = await queue.claim()
    assert await next_due() == job.leased_until
    await queue.release(job, OutboxStatus.DEAD)
    assert await next_due() == due


async def test_only_old_dead_rows_of_the_named_kinds_come_back(queue: Queue) -> None:
    await queue.put(["old"])
    (job,) = await queue.claim()
    await queue.release(job, OutboxStatus.DEAD)
    queue.clock.advance(timedelta(hours=2))
    await queue.put(["young", "done"])
    young, done = await queue.claim()
    await queue.release(young, OutboxStatus.DEAD)
    await queue.release(done, OutboxStatus.DONE)
    hour_ago = queue.clock.now() - timedelta(hours=1)

    async def revive(*kinds: str) -> int:
        return await queue.store.run(
            lambda tx: outbox.revive(tx.session, tx.now, kinds=kinds, dead_before=hour_ago)
        )

    assert [await revive("other"), await revive("job", "other"), await revive("job")] == [0, 1, 0]
    row = await queue.row("old")
    assert (row.status, row.attempts, row.finished_at) == ("pending", 0, None)


async def test_the_newest_finished_row_of_a_lane_is_found(queue: Queue) -> None:
    async def last_done() -> object:
        async with queue.store.read() as session:
            return await outbox.last_done(session, "list")

    await queue.put(["a"], lane="list")
    (job,) = await queue.claim()
    assert await last_done() is None
    await queue.release(job, OutboxStatus.DONE)
    assert await last_done() == (await queue.row("a")).created_at
