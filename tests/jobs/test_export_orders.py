"""Exports written by the job: exactly the list, as of one moment, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook
from sqlalchemy import event
from sqlmodel import col

from kagibag_app.features.accounts.rules import MemberStatus
from kagibag_app.features.accounts.tables import Membership
from kagibag_app.features.orders.rules import OrderFilter, OrderSort, StatusFilter
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import queries as payments
from kagibag_app.features.reports import service as reports
from kagibag_app.features.reports.rules import EXPORT_ORDERS, LEFTOVERS_AFTER, TRIES, ExportFormat
from kagibag_app.features.reports.tables import Export
from kagibag_app.jobs import export_orders, prune
from kagibag_app.jobs.catalog import CATALOG
from kagibag_app.jobs.worker import LEASE, LongRun, Worker
from kagibag_app.live import topics
from kagibag_app.runtime import Runtime
from kagibag_app.storage.files import StoredFile
from kagibag_app.storage.outbox import Job, OutboxRow
from kagibag_app.storage.transaction import Store
from tests.exporting import ALL, ExportDesk, desk, desk_url, small_desk
from tests.web.harness import organizer

__all__ = ["desk", "desk_url", "small_desk"]


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few orders go the way of many: several batches, progress after each, several pieces."""
    monkeypatch.setattr(export_orders, "BATCH", 4)
    monkeypatch.setattr(export_orders, "PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(export_orders, "CHUNK_BYTES", 500)


def leftovers(desk: ExportDesk) -> list[str]:
    """Return what lies in the folder of running exports."""
    return [path.name for path in (desk.runtime.settings.data_dir / "exports").glob("*")]


def when_told(desk: ExportDesk, act: Any, *, after: int = 1) -> list[asyncio.Task[Any]]:
    """Let something happen when the progress of the member's exports was published for the n-th time."""
    topic, seen, tasks = topics.exports(desk.shop.organizer_id, desk.actor.user_id or 0), [], []

    def listen(published: set[str]) -> None:
        seen.extend(published & {topic})
        if len(seen) == after and not tasks:
            tasks.append(asyncio.ensure_future(act()))

    desk.runtime.bus.listen(listen)
    return tasks


async def row(desk: ExportDesk) -> OutboxRow:
    """Return the newest job of an export."""
    return (await desk.shop.rows(OutboxRow, kind=EXPORT_ORDERS))[-1]


async def test_an_export_is_the_list_in_its_order(desk: ExportDesk) -> None:
    await desk.sell(5, status="paid", total_minor=6400, subtotal_minor=6400, currency="JPY")
    await desk.sell(6, status="expired")
    await desk.sell(4, status="paid", refund_state="full", refunded_minor=4200)
    for chosen in (
        ALL,
        OrderFilter(status=StatusFilter.PAID, sort=OrderSort.HIGHEST),
        OrderFilter(status=StatusFilter.REFUNDED, sort=OrderSort.OLDEST),
        OrderFilter(
            placed_from=desk.shop.now + timedelta(hours=3), placed_until=desk.shop.now + timedelta(hours=9)
        ),
        OrderFilter(status=StatusFilter.DISPUTED),
    ):
        export = await desk.start(chosen)
        assert await desk.work() == 1
        assert await desk.numbers(export) == await desk.listed(chosen)
    views = await desk.exports()
    assert [(view.status, view.rows_total) for view in views] == [
        ("finished", count) for count in (0, 6, 4, 9, 15)
    ]  # fmt: skip
    assert leftovers(desk) == []


async def test_an_export_is_stored_in_pieces_with_its_digest(desk: ExportDesk) -> None:
    await desk.sell(9)
    export = await desk.start()
    await desk.work()
    content = await desk.content(export)
    (file,) = await desk.shop.rows(StoredFile)
    assert (file.size, file.sha256) == (len(content), sha256(content).hexdigest())
    assert file.media_type == "text/csv; charset=utf-8"
    assert await desk.stored() == (1, -(-len(content) // 500))
    assert (await row(desk)).status == "done"


async def test_an_export_as_workbook_is_one(desk: ExportDesk) -> None:
    numbers = await desk.sell(6, currency="KWD", total_minor=1250, subtotal_minor=1250)
    export = await desk.start(format="xlsx")
    await desk.work()
    sheet = load_workbook(BytesIO(await desk.content(export)))["Orders"]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [line[0] for line in rows] == numbers
    assert 1.25 in rows[0]


async def test_attack_5_an_export_holds_the_organizers_orders_alone(desk: ExportDesk) -> None:
    mine = await desk.sell(3)
    await desk.sell(3, organizer_id=await organizer(desk.runtime, "other"))
    export = await desk.start()
    await desk.work()
    assert await desk.numbers(export) == mine


async def test_a_batchs_payments_are_read_by_their_orders_however_many_the_organizer_has(
    small_desk: ExportDesk,
) -> None:
    async with small_desk.runtime.store.transaction() as tx:
        await tx.session.execute(sa.text("ANALYZE"))
        await tx.session.execute(sa.text("DELETE FROM sqlite_stat1 WHERE tbl = 'payments'"))
        # As counted for a few hundred organizers with a hundred thousand payments.
        for index, rows in (("ix_payments_organizer_id", "100000 300"), ("ix_payments_order_id", "100000 1")):
            await tx.session.execute(
                sa.text("INSERT INTO sqlite_stat1 VALUES ('payments', :index, :rows)"),
                {"index": index, "rows": rows},
            )
    store = Store(small_desk.runtime.store.url, small_desk.runtime.bus, small_desk.runtime.clock)
    asked: list[tuple[str, Any]] = []
    event.listen(
        store.reader.sync_engine, "before_cursor_execute",
        lambda _connection, _cursor, statement, parameters, _context, _many: asked.append((statement, parameters)),
    )  # fmt: skip
    await small_desk.sell(1000)
    async with store.read() as session:
        assert [
            len(rows) async for rows in payments.export_rows(session, small_desk.shop.organizer_id, ALL)
        ] == [1000]
        statement, parameters = next(found for found in asked if "FROM payments" in found[0])
        connection = await session.connection()
        plan = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)).all()
    await store.close()
    assert any("ix_payments_order_id" in str(step) for step in plan), plan


async def test_an_export_shows_the_list_of_one_moment(desk: ExportDesk) -> None:
    numbers = await desk.sell(12, status="paid")

    async def change() -> None:
        async with desk.runtime.store.transaction() as tx:
            await tx.session.execute(sa.update(Order).values(status="expired"))
        await desk.sell(5)

    export = await desk.start()
    # It has begun, and counted what it will read.
    tasks = when_told(desk, change, after=2)
    await desk.work()
    await asyncio.gather(*tasks)
    assert len(tasks) == 1
    assert await desk.numbers(export) == numbers
    text = (await desk.content(export)).decode("utf-8-sig")
    assert text.count("Completed") == 12


async def test_progress_is_told_in_counts(desk: ExportDesk) -> None:
    await desk.sell(10)
    told: list[tuple[str, int, int | None]] = []

    async def look() -> None:
        told.extend((view.status, view.rows_done, view.rows_total) for view in await desk.exports())

    await desk.start()
    looks = [when_told(desk, look, after=count) for count in range(1, 9)]
    await desk.work()
    await asyncio.gather(*(task for tasks in looks for task in tasks))
    assert ("finished", 10, 10) in told
    assert any(status == "running" and total == 10 and done < 10 for status, done, total in told)


async def test_a_cancelled_export_stops_and_leaves_nothing(desk: ExportDesk) -> None:
    await desk.sell(40)
    export = await desk.start()
    tasks = when_told(desk, lambda: desk.cancel(export), after=2)
    await desk.work()
    await asyncio.gather(*tasks)
    (view,) = await desk.exports()
    assert (view.status, view.expires_at, view.rows_done < 40) == ("cancelled", None, True)
    assert (await row(desk)).status == "done"
    assert [file.completed_at for file in await desk.shop.rows(StoredFile)] == []
    assert leftovers(desk) == []


async def test_an_export_that_was_cancelled_while_it_waited_is_not_written(small_desk: ExportDesk) -> None:
    await small_desk.cancel(await small_desk.start())
    await small_desk.work()
    assert await small_desk.stored() == (0, 0)
    assert [view.status for view in await small_desk.exports()] == ["cancelled"]


async def test_a_killed_run_shows_nothing_and_the_next_one_begins_anew(desk: ExportDesk) -> None:
    numbers = await desk.sell(12)
    export = await desk.start()
    worker = Worker(desk.runtime, CATALOG)
    # What a kill leaves: a lease that nobody gives back, half a file, nobody who tidies up.
    killed = when_told(desk, lambda: _kill(worker), after=3)
    with pytest.raises(asyncio.CancelledError):
        await worker.run_due()
    await asyncio.gather(*killed)
    (begun,) = await desk.shop.rows(Export)
    async with desk.runtime.store.transaction() as tx:
        half = reports.Begun(begun.id, begun.run, begun.organizer_id, ALL, ExportFormat.CSV, begun.zone)
        file_id = await reports.begin_file(tx, half)
        assert file_id is not None
        assert await reports.store_chunks(tx, half, file_id=file_id, first=0, contents=[b"half"])
    assert (await row(desk)).status == "running"
    assert [(view.status, view.size) for view in await desk.exports()] == [("running", 0)]
    assert await desk.work() == 0
    desk.runtime.clock.advance(LEASE + timedelta(seconds=5))
    assert await desk.work() == 1
    assert await desk.numbers(export) == numbers
    assert ((await row(desk)).status, (await row(desk)).attempts) == ("done", 2)
    seen = [file.id for file in await desk.shop.rows(StoredFile) if file.completed_at]
    assert len(seen) == 1
    assert file_id not in seen


async def _kill(worker: Worker) -> None:
    for task in worker._running:
        task.cancel()


async def test_an_export_that_cannot_be_written_is_tried_again_and_then_says_so(desk: ExportDesk) -> None:
    numbers = await desk.sell(3)
    await desk.start()
    blocked = desk.runtime.settings.data_dir / "exports"
    blocked.write_text("A file where the folder should be: nothing can be written there.")
    for attempt in range(1, TRIES + 1):
        assert [view.status for view in await desk.exports()] != ["failed"]
        await desk.work()
        assert (await row(desk)).attempts == attempt
        desk.runtime.clock.advance(timedelta(minutes=1))
    (view,) = await desk.exports()
    assert (view.status, view.reason) == ("failed", export_orders.GAVE_UP)
    assert (await row(desk)).status == "done"
    blocked.unlink()
    again = await desk.runtime.store.run(lambda tx: reports.repeat_export(tx, desk.actor, export=view.id))
    await desk.work()
    assert await desk.numbers(again) == numbers


async def test_a_member_who_may_no_longer_export_gets_nothing(small_desk: ExportDesk) -> None:
    await small_desk.start()
    async with small_desk.runtime.store.transaction() as tx:
        await tx.session.execute(
            sa.update(Membership)
            .where(col(Membership.user_id) == small_desk.actor.user_id)
            .values(status=MemberStatus.DISABLED)
        )
    await small_desk.work()
    (view,) = await small_desk.exports()
    assert (view.status, "role" in view.reason) == ("failed", True)
    assert await small_desk.stored() == (0, 0)


async def test_a_members_exports_run_one_after_the_other(small_desk: ExportDesk) -> None:
    running, most = 0, 0

    async def watched(runtime: Runtime, job: Job) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await export_orders.run(runtime, job)
        running -= 1

    for format in ("csv", "xlsx"):
        await small_desk.start(format=format)
    catalog = {EXPORT_ORDERS: LongRun(watched, timedelta(minutes=1))}
    assert await Worker(small_desk.runtime, catalog).run_due() == 2
    assert most == 1
    assert [view.status for view in await small_desk.exports()] == ["finished", "finished"]


async def test_few_exports_run_at_once_whoever_asks(small_desk: ExportDesk) -> None:
    people = [small_desk.actor, await small_desk.colleague(), await small_desk.colleague()]
    for person in people:
        await small_desk.start(actor=person)
    await small_desk.work()
    states = [(await small_desk.exports(person))[0].status for person in people]
    assert states == ["finished", "finished", "queued"]
    small_desk.runtime.clock.advance(timedelta(seconds=3))
    await small_desk.work()
    assert (await small_desk.exports(people[2]))[0].status == "finished"
    assert (await row(small_desk)).attempts == 1


async def test_what_has_had_its_time_is_pruned(desk: ExportDesk) -> None:
    await desk.sell(8)
    export = await desk.start()
    await desk.work()
    left, running = (
        desk.runtime.settings.data_dir / "exports" / f"export-{name}" for name in ("killed", "now")
    )
    for folder in (left, running):
        folder.mkdir()
        (folder / "orders").write_text("half")
    old = time.time() - LEFTOVERS_AFTER.total_seconds() - 60
    os.utime(left, (old, old))
    await _prune(desk)
    assert leftovers(desk) == ["export-now"]
    assert await desk.content(export)
    desk.runtime.clock.advance(timedelta(hours=24, minutes=30))
    await _prune(desk)
    # A download that began in time may still read it.
    assert (await desk.stored())[0] == 1
    desk.runtime.clock.advance(timedelta(hours=1))
    await _prune(desk)
    assert await desk.stored() == (0, 0)
    assert [view.status for view in await desk.exports()] == ["finished"]
    desk.runtime.clock.advance(timedelta(days=31))
    await _prune(desk)
    assert await desk.exports() == []


async def _prune(desk: ExportDesk) -> None:
    now = desk.runtime.clock.now()
    await prune.run(desk.runtime, Job(1, "prune", {}, 1, "", now, now))
