"""An export's file over HTTP: for the member who asked for it, for a day, under a name of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col
from starlette.applications import Starlette

from kagibag_app.features.accounts.rules import IDLE_AFTER, Role
from kagibag_app.features.accounts.tables import LoginSession, Membership
from kagibag_app.features.reports import service as reports
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.jobs import export_orders
from kagibag_app.settings import Settings
from kagibag_app.storage import files
from kagibag_app.storage.files import StoredFile
from kagibag_app.web.api import downloads
from kagibag_app.web.api.downloads import export_path
from kagibag_app.web.security import Security
from kagibag_app.web.session import is_member
from tests.exporting import ExportDesk, desk, desk_url, small_desk
from tests.web.harness import Person, member, organizer

__all__ = ["desk", "desk_url", "small_desk"]


@dataclass
class Counter:
    """A desk, and a client that asks it for files through everything that surrounds the routes."""

    desk: ExportDesk
    client: httpx.AsyncClient

    async def made(self, orders: int = 4) -> str:
        """Export some orders."""
        await self.desk.sell(orders)
        export = await self.desk.start()
        await self.desk.work()
        return export

    async def get(self, export: str, person: Person | None = None, method: str = "GET") -> httpx.Response:
        """Ask for its file, as the one who asked for it or as somebody else."""
        header = (person or self.desk.person).header
        return await self.client.request(method, export_path(export), headers={"cookie": header})

    async def downloads(self) -> int:
        """Count what the audit trail says was taken."""
        return len(await self.desk.audit(AuditKind.EXPORT_DOWNLOADED))


@pytest.fixture
async def counter(small_desk: ExportDesk) -> AsyncIterator[Counter]:
    app = Security(
        Starlette(routes=downloads.ROUTES),
        settings=Settings(),
        policy="default-src 'self'",
        is_member=is_member,
    )
    transport = httpx.ASGITransport(app, client=("203.0.113.5", 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        yield Counter(small_desk, client)


async def test_the_file_comes_whole_under_a_name_of_ours(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_orders, "CHUNK_BYTES", 300)
    export = await counter.made()
    answer = await counter.get(export)
    assert (answer.status_code, answer.content) == (200, await counter.desk.content(export))
    name = (await counter.desk.exports())[0].name
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == (
        "no-store",
        "nosniff",
    )
    (entry,) = await counter.desk.audit(AuditKind.EXPORT_DOWNLOADED)
    assert (entry.actor_id, entry.subject, entry.data["orders"]) == (counter.desk.person.user_id, export, 4)


async def test_a_look_at_the_headers_is_no_download(counter: Counter) -> None:
    export = await counter.made()
    answer = await counter.get(export, method="HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert await counter.downloads() == 0


async def test_attack_5_nobody_elses_file_is_found(counter: Counter) -> None:
    export, runtime = await counter.made(), counter.desk.runtime
    colleague = await member(runtime, counter.desk.shop.organizer_id, Role.OWNER)
    stranger = await member(runtime, await organizer(runtime, "other"), Role.OWNER)
    for person in (colleague, stranger):
        answer = await counter.get(export, person)
        assert (answer.status_code, "No such file" in answer.text) == (404, True)
    for odd in ("ex_nothing", "..%2F..%2Fetc%2Fpasswd", "%00", "x" * 5000):
        assert (await counter.get(odd)).status_code == 404
    assert await counter.downloads() == 0


async def test_who_may_no_longer_export_is_refused(counter: Counter) -> None:
    export = await counter.made()
    async with counter.desk.runtime.store.transaction() as tx:
        await tx.session.execute(sa.update(Membership).values(role=Role.VIEWER))
    answer = await counter.get(export)
    assert (answer.status_code, "role" in answer.text) == (403, True)
    assert await counter.downloads() == 0


async def test_who_is_signed_out_or_was_away_comes_by_the_password(counter: Counter) -> None:
    export = await counter.made()
    anonymous = await counter.client.get(export_path(export))
    assert (anonymous.status_code, anonymous.headers["location"]) == (
        303, "/admin/login?next=%2Fadmin%2Forders&error=expired",
    )  # fmt: skip
    async with counter.desk.runtime.store.transaction() as tx:
        await tx.session.execute(
            sa.update(LoginSession)
            .where(col(LoginSession.user_id) == counter.desk.person.user_id)
            .values(last_active_at=tx.now - IDLE_AFTER)
        )
    idle = await counter.get(export)
    assert (idle.status_code, idle.headers["location"]) == (303, "/admin/orders")
    assert await counter.downloads() == 0


async def test_an_expired_file_is_gone_before_and_after_it_was_pruned(counter: Counter) -> None:
    export = await counter.made()
    (file,) = await counter.desk.shop.rows(StoredFile)
    async with counter.desk.runtime.store.transaction() as tx:
        await files.expire_files(tx.session, tx.now, [file.public_id])
    for _ in range(2):
        answer = await counter.get(export)
        assert (answer.status_code, "This file is gone" in answer.text) == (410, True)
        async with counter.desk.runtime.store.transaction() as tx:
            await files.remove_chunks(tx.session, file.id, 100)
    assert await counter.desk.shop.rows(StoredFile) == []
    assert await counter.downloads() == 0


async def test_what_is_not_finished_has_no_file(counter: Counter) -> None:
    waiting = await counter.desk.start()
    assert (await counter.get(waiting)).status_code == 404
    await counter.desk.cancel(waiting)
    assert (await counter.get(waiting)).status_code == 404


async def test_a_file_that_goes_while_it_is_read_ends_short(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_orders, "CHUNK_BYTES", 300)
    export = await counter.made()
    (file,) = await counter.desk.shop.rows(StoredFile)
    async with counter.desk.runtime.store.transaction() as tx:
        await files.remove_chunks(tx.session, file.id, 1)
    answer = await counter.get(export)
    assert len(answer.content) < int(answer.headers["content-length"])


async def test_the_files_life_is_counted_from_when_it_was_finished(counter: Counter) -> None:
    export = await counter.made()
    (view,) = await counter.desk.exports()
    assert view.expires_at is not None
    async with counter.desk.runtime.store.transaction() as tx:
        left = view.expires_at - tx.now
        assert timedelta(hours=23, minutes=58) < left <= timedelta(hours=24)
        await reports.record_download(tx, counter.desk.actor, export=export)
    assert await counter.downloads() == 1
