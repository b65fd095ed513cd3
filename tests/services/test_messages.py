"""The log of emails."""

from __future__ import annotations

from typing import Any

import pytest

from kagibag_app.features.messages import queries
from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import (
    MESSAGE_MOVES,
    RETRY_DELAYS,
    MessageStatus,
    Template,
    retry_delay,
)
from kagibag_app.kit.errors import DomainError, NotFound
from tests.outgoing import CARD, ORDER, Office, add_organizer, desk, desk_url, member_of

__all__ = ["desk", "desk_url"]


async def write(desk: Office, **changes: Any) -> str:
    """Queue a mail; returns its public id."""
    values: dict[str, Any] = {
        "organizer_id": desk.organizer_id,
        "order_id": ORDER,
        "to": "maren@example.com",
        "template": Template.CONFIRMATION,
        "params": {"order": CARD},
    } | changes
    async with desk.store.transaction() as tx:
        return await messages.queue(tx, **values)


TO = "maren@example.com"


async def settle(desk: Office, verb: Any, message_id: str, **arguments: Any) -> Any:
    """Record what became of a mail."""
    async with desk.store.transaction() as tx:
        return await verb(tx, message_id=message_id, **arguments)


async def test_queued_mail_is_in_the_log_and_has_one_job(desk: Office) -> None:
    message_id = await write(desk)
    async with desk.store.read() as session:
        page = await queries.log(session, desk.organizer_id)
        of_order = await queries.of_order(session, desk.organizer_id, ORDER)
    (row,) = page.rows
    assert (row.public_id, row.recipient, row.status) == (
        message_id,
        "maren@example.com",
        MessageStatus.QUEUED,
    )
    assert row.subject == "Your tickets for Night Harbour Sessions, KB-7F3K-9Q2M"
    assert (row.order_number, row.order_public_id) == ("KB-7F3K-9Q2M", "ord_first")
    assert of_order == page.rows
    (job,) = await desk.jobs()
    assert (job.kind, job.dedupe_key) == ("send_email", f"email:{message_id}")
    assert f"org:{desk.organizer_id}:messages" in desk.topics


async def test_outcome_is_recorded_once_when_it_arrives_twice(desk: Office) -> None:
    message_id = await write(desk)
    await settle(desk, messages.mark_sent, message_id, to=TO)
    await settle(desk, messages.mark_sent, message_id, to=TO)
    await settle(desk, messages.mark_kept, message_id)
    assert await settle(desk, messages.mark_failed, message_id, to=TO, error="late", final=True) is None
    await settle(desk, messages.mark_sent, "msg_unknown", to=TO)
    async with desk.store.read() as session:
        found = await queries.message(session, desk.organizer_id, message_id)
    assert found is not None
    assert (found.row.status, found.row.attempts, found.row.error) == (MessageStatus.SENT, 1, "")
    assert len(await desk.timeline()) == 1
    assert f"order:{ORDER}" in desk.topics


async def test_sent_mail_becomes_a_new_one_when_it_is_sent_again(desk: Office) -> None:
    message_id = await write(desk)
    await settle(desk, messages.mark_sent, message_id, to=TO)
    async with desk.store.transaction() as tx:
        again = await messages.resend(tx, desk.member, message_id=message_id)
    async with desk.store.read() as session:
        rows = (await queries.log(session, desk.organizer_id)).rows
    assert [(row.public_id, row.status) for row in rows] == [
        (again, MessageStatus.QUEUED), (message_id, MessageStatus.SENT),
    ]  # fmt: skip
    assert rows[0].subject == rows[1].subject


async def test_mail_on_its_way_is_not_sent_again(desk: Office) -> None:
    message_id = await write(desk)
    with pytest.raises(DomainError) as refused:
        async with desk.store.transaction() as tx:
            await messages.resend(tx, desk.member, message_id=message_id)
    assert refused.value.code == "message_queued"


async def test_other_organizers_mail_is_not_found(desk: Office) -> None:
    message_id = await write(desk)
    stranger = member_of(await add_organizer(desk.store, "somebody-else"))
    assert stranger.organizer_id is not None
    with pytest.raises(NotFound):
        async with desk.store.transaction() as tx:
            await messages.resend(tx, stranger, message_id=message_id)
    async with desk.store.read() as session:
        assert await queries.message(session, stranger.organizer_id, message_id) is None
        assert (await queries.log(session, stranger.organizer_id)).rows == ()
        assert await queries.of_order(session, stranger.organizer_id, ORDER) == ()
        # A cursor of another organizer shows nothing either.
        assert (await queries.log(session, desk.organizer_id, after="msg_unknown")).rows == ()


async def test_log_is_read_page_by_page_filtered_and_searched(desk: Office) -> None:
    for name in ("ada", "ben_", "benx", "cyd", "dan"):
        await write(desk, to=f"{name}@example.com")
    async with desk.store.read() as session:
        names, cursor = [], ""
        for _ in range(3):
            page = await queries.log(session, desk.organizer_id, after=cursor, limit=2)
            names += [row.recipient.split("@")[0] for row in page.rows]
            cursor = page.next_cursor
        assert names == ["dan", "cyd", "benx", "ben_", "ada"]
        assert cursor == ""
        found = await queries.log(session, desk.organizer_id, search="BEN_")
        assert [row.recipient for row in found.rows] == ["ben_@example.com"]
        failed = await queries.log(session, desk.organizer_id, statuses=[MessageStatus.FAILED])
        assert failed.rows == ()
        assert len((await queries.log(session, desk.organizer_id, limit=10**9)).rows) == 5


def test_every_status_of_a_message_has_a_row_in_the_table_of_moves() -> None:
    assert set(MESSAGE_MOVES.moves) == set(MessageStatus)


def test_mail_is_retried_for_two_days_unless_the_refusal_is_final() -> None:
    tries = range(1, len(RETRY_DELAYS) + 1)
    assert [retry_delay(n, final=False) for n in tries] == list(RETRY_DELAYS)
    assert retry_delay(len(RETRY_DELAYS) + 1, final=False) is None
    assert retry_delay(1, final=True) is None
