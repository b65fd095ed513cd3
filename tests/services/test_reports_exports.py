"""Exports: who may ask for one, whose it is, how many at a time, how long they are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.orders.rules import OrderFilter, OrderSort, StatusFilter
from kagibag_app.features.reports import queries
from kagibag_app.features.reports import service as reports
from kagibag_app.features.reports.rules import FILE_LIFE, KEPT_FILES, TRIES, WAITING_MAX, ExportStatus
from kagibag_app.features.reports.service import Begun
from kagibag_app.features.reports.tables import Export
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.kit.actor import SYSTEM, attendee
from kagibag_app.kit.errors import BadInput, DomainError, Forbidden, InvalidTransition, NotFound
from kagibag_app.live import topics
from kagibag_app.storage.files import StoredFile
from kagibag_app.storage.outbox import OutboxRow
from tests.exporting import ALL, ExportDesk, desk, desk_url, small_desk
from tests.web.harness import organizer

__all__ = ["desk", "desk_url", "small_desk"]


async def begin(desk: ExportDesk, attempts: int = 1) -> Begun | None:
    """Begin a run of the newest export."""
    export_id = (await desk.shop.rows(Export))[-1].id
    return await desk.runtime.store.run(
        lambda tx: reports.begin_export(tx, export_id=export_id, attempts=attempts)
    )


async def finish(desk: ExportDesk, begun: Begun, *, rows: int = 3) -> bool:
    """Store a file of two pieces and finish the run."""
    async with desk.runtime.store.transaction() as tx:
        file_id = await reports.begin_file(tx, begun)
        assert file_id is not None
        assert await reports.store_chunks(tx, begun, file_id=file_id, first=0, contents=[b"ab", b"c"])
        return await reports.finish_export(tx, begun, file_id=file_id, rows=rows, size=3, sha256="00")


async def finished(desk: ExportDesk, chosen: OrderFilter = ALL, format: str = "csv") -> str:
    """Ask for an export and finish it."""
    export = await desk.start(chosen, format)
    begun = await begin(desk)
    assert begun is not None
    assert await finish(desk, begun)
    return export


async def test_an_export_is_asked_for_with_the_lists_filter(desk: ExportDesk) -> None:
    event = await desk.shop.event()
    chosen = OrderFilter(
        status=StatusFilter.PAID, event=event.public_id, search="maren", sort=OrderSort.HIGHEST
    )
    export = await desk.start(chosen, "xlsx")
    (view,) = await desk.exports()
    assert (view.id, view.status, view.rows_total, view.size, view.expires_at) == (
        export,
        "queued",
        None,
        0,
        None,
    )
    assert view.words == "Night Harbour Sessions, completed, search “maren”, the highest total first"
    assert view.name.startswith("orders-night-owl-")
    assert view.name.endswith(".xlsx")
    (job,) = await desk.shop.rows(OutboxRow, kind="export_orders")
    assert (job.lane, job.lane_limit) == (f"export:{desk.actor.organizer_id}:{desk.actor.user_id}", 1)
    begun = await begin(desk)
    assert begun is not None
    assert (begun.chosen, begun.zone) == (chosen, "America/New_York")
    assert topics.exports(desk.shop.organizer_id, desk.actor.user_id or 0) in desk.shop.topics


@pytest.mark.parametrize("role", [Role.VIEWER, None, "somebody"])
async def test_a_role_without_exports_is_refused(small_desk: ExportDesk, role: str | None) -> None:
    viewer = replace(small_desk.actor, role=role)
    for actor in (SYSTEM, attendee(small_desk.shop.organizer_id, "Maren"), viewer):
        with pytest.raises(Forbidden):
            await small_desk.start(actor=actor)
    export = await finished(small_desk)
    for verb in (reports.cancel_export, reports.repeat_export, reports.record_download):
        with pytest.raises(Forbidden):
            await small_desk.runtime.store.run(lambda tx, verb=verb: verb(tx, viewer, export=export))
    assert len(await small_desk.shop.rows(Export)) == 1


async def test_attack_5_an_export_is_its_members_alone(desk: ExportDesk) -> None:
    export = await finished(desk)
    other_organizer = await organizer(desk.runtime, "other")
    strangers = [
        await desk.colleague(Role.OWNER),
        await desk.colleague(Role.OWNER, organizer_id=other_organizer),
    ]
    for stranger in strangers:
        assert await desk.exports(stranger) == []
        for verb in (reports.cancel_export, reports.repeat_export, reports.record_download):
            async with desk.runtime.store.transaction() as tx:
                with pytest.raises(NotFound):
                    await verb(tx, stranger, export=export)
        async with desk.runtime.store.read() as session:
            with pytest.raises(NotFound):
                await queries.export_file(session, stranger.organizer_id or 0, stranger.user_id or 0, export)
    assert [view.id for view in await desk.exports()] == [export]


async def test_another_organizers_event_and_promotion_are_not_named(small_desk: ExportDesk) -> None:
    other = await organizer(small_desk.runtime, "other")
    event = await small_desk.shop.event(organizer_id=other)
    code = await small_desk.shop.code("SECRET5", organizer_id=other)
    await small_desk.start(OrderFilter(event=event.public_id, promotion=code.public_id))
    (view,) = await small_desk.exports()
    assert view.words == "no such event, promotion that is not there"


async def test_the_same_export_asked_for_twice_is_one(small_desk: ExportDesk) -> None:
    first = await small_desk.start()
    assert await small_desk.start() == first
    assert await small_desk.start(format="xlsx") != first
    begun = await begin(small_desk)
    assert begun is not None
    assert await finish(small_desk, begun)
    assert await small_desk.start(format="xlsx") not in {view.id for view in (await small_desk.exports())[1:]}
    assert len(await small_desk.shop.rows(OutboxRow, kind="export_orders")) == 3


async def test_a_member_has_few_exports_under_way(small_desk: ExportDesk) -> None:
    for number in range(WAITING_MAX):
        await small_desk.start(OrderFilter(search=f"maren{number}"))
    with pytest.raises(DomainError) as refused:
        await small_desk.start(OrderFilter(search="one more"))
    assert refused.value.code == "too_many_exports"
    await small_desk.cancel((await small_desk.exports())[0].id)
    assert await small_desk.start(OrderFilter(search="one more"))


async def test_a_format_that_is_none_is_refused(small_desk: ExportDesk) -> None:
    with pytest.raises(BadInput):
        await small_desk.start(format="pdf")


async def test_a_finished_export_has_its_file_for_a_day(desk: ExportDesk) -> None:
    export = await finished(desk)
    (view,) = await desk.exports()
    assert (view.status, view.rows_done, view.rows_total, view.size) == ("finished", 3, 3, 3)
    assert view.expires_at is not None
    assert abs(view.expires_at - desk.runtime.clock.now() - FILE_LIFE) < timedelta(minutes=1)
    assert await desk.content(export) == b"abc"
    (entry,) = await desk.audit(AuditKind.ORDERS_EXPORTED)
    assert (entry.subject, entry.actor_id, entry.organizer_id) == (
        export,
        desk.actor.user_id,
        desk.shop.organizer_id,
    )
    assert entry.data["orders"] == 3
    assert entry.data["format"] == "csv"
    assert entry.data["chosen"] == {"status": "all", "sort": "newest"}


async def test_a_download_is_noted(small_desk: ExportDesk) -> None:
    export = await finished(small_desk, OrderFilter(search="maren"))
    await small_desk.runtime.store.run(
        lambda tx: reports.record_download(tx, small_desk.actor, export=export)
    )
    (entry,) = await small_desk.audit(AuditKind.EXPORT_DOWNLOADED)
    assert (entry.subject, entry.actor_id) == (export, small_desk.actor.user_id)
    assert (entry.data["orders"], entry.data["words"]) == (3, "search “maren”")


async def test_only_the_newest_files_of_a_member_are_kept(small_desk: ExportDesk) -> None:
    exports = []
    for number in range(KEPT_FILES + 2):
        exports.append(await finished(small_desk, OrderFilter(search=f"maren{number}")))
        small_desk.runtime.clock.advance(timedelta(minutes=1))
    now = small_desk.runtime.clock.now()
    live = [file.expires_at > now for file in await small_desk.shop.rows(StoredFile)]
    assert live == [False] * 2 + [True] * KEPT_FILES


async def test_a_run_that_was_overtaken_changes_nothing_more(desk: ExportDesk) -> None:
    await desk.start()
    first = await begin(desk)
    assert first is not None
    async with desk.runtime.store.transaction() as tx:
        file_id = await reports.begin_file(tx, first)
        assert file_id is not None
    second = await begin(desk, attempts=2)
    assert second is not None
    async with desk.runtime.store.transaction() as tx:
        assert not await reports.note_progress(tx, first, rows_done=9, rows_total=9)
        assert await reports.begin_file(tx, first) is None
        assert not await reports.store_chunks(tx, first, file_id=file_id, first=0, contents=[b"x"])
        assert not await reports.finish_export(tx, first, file_id=file_id, rows=9, size=1, sha256="00")
        await reports.fail_export(tx, first, reason="no")
    (view,) = await desk.exports()
    assert (view.status, view.rows_done) == ("running", 0)
    assert await finish(desk, second)
    assert [view.rows_done for view in await desk.exports()] == [3]
    seen = [file for file in await desk.shop.rows(StoredFile) if file.completed_at]
    assert [file.id == file_id for file in seen] == [False]


async def test_a_cancelled_export_stops_its_run_and_stays_cancelled(desk: ExportDesk) -> None:
    export = await desk.start()
    begun = await begin(desk)
    assert begun is not None
    async with desk.runtime.store.transaction() as tx:
        assert await reports.begin_file(tx, begun) is not None
    await desk.cancel(export)
    async with desk.runtime.store.transaction() as tx:
        assert not await reports.note_progress(tx, begun, rows_done=1, rows_total=9)
    assert await begin(desk, attempts=2) is None
    (view,) = await desk.exports()
    assert (view.status, view.expires_at) == (ExportStatus.CANCELLED, None)
    with pytest.raises(InvalidTransition):
        await desk.cancel(export)
    (half,) = await desk.shop.rows(StoredFile)
    assert half.expires_at <= desk.runtime.clock.now() + timedelta(seconds=5)


async def test_an_export_that_ends_its_worker_every_time_is_given_up(small_desk: ExportDesk) -> None:
    await small_desk.start()
    for attempt in range(1, TRIES + 1):
        assert await begin(small_desk, attempts=attempt) is not None
    assert await begin(small_desk, attempts=TRIES + 1) is None
    (view,) = await small_desk.exports()
    assert view.status == "failed"
    assert "tried several times" in view.reason


async def test_a_failed_export_can_be_asked_for_again(small_desk: ExportDesk) -> None:
    chosen = OrderFilter(status=StatusFilter.REFUNDED, placed_from=small_desk.shop.now, sort=OrderSort.OLDEST)
    export = await small_desk.start(chosen, "xlsx")
    begun = await begin(small_desk)
    assert begun is not None
    async with small_desk.runtime.store.transaction() as tx:
        await reports.fail_export(tx, begun, reason="The disk is full.")
    again = await small_desk.runtime.store.run(
        lambda tx: reports.repeat_export(tx, small_desk.actor, export=export)
    )
    new, old = await small_desk.exports()
    assert (new.id, new.status, new.format, old.status, old.reason) == (
        again, "queued", "xlsx", "failed", "The disk is full.",
    )  # fmt: skip
    begun = await begin(small_desk)
    assert begun is not None
    assert begun.chosen == chosen


async def test_exports_are_forgotten_when_they_are_old_and_over(small_desk: ExportDesk) -> None:
    await finished(small_desk)
    small_desk.runtime.clock.advance(timedelta(days=31))
    waiting = await small_desk.start()
    now = small_desk.runtime.clock.now()
    small_desk.runtime.clock.advance(timedelta(days=31))
    assert (
        await small_desk.runtime.store.run(lambda tx: reports.forget_exports(tx, now + timedelta(days=1)))
        == 1
    )
    assert [view.id for view in await small_desk.exports()] == [waiting]
