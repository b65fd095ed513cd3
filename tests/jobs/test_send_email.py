"""Mails are rendered when they are sent, kept where there is no server, retried, never lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import RETRY_DELAYS, MessageStatus, Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.ports.mail import MailError
from kagibag_app.storage import outbox
from kagibag_app.storage.outbox import OutboxStatus
from kagibag_app.storage.secrets import AccessLinks, LinkPurpose
from tests.outgoing import CARD, ORDER, Office, office

__all__ = ["office"]


async def write(office: Office, **changes: Any) -> str:
    """Queue a confirmation; returns its public id."""
    values: dict[str, Any] = {
        "organizer_id": office.organizer_id,
        "order_id": ORDER,
        "to": "maren@example.com",
        "template": Template.CONFIRMATION,
        "params": {"order": CARD},
    } | changes
    async with office.store.transaction() as tx:
        return await messages.queue(tx, **values)


async def stored(office: Office) -> EmailMessage:
    """Return the one message."""
    (only,) = await office.rows(EmailMessage)
    return only


async def test_mail_is_sent_with_links_that_open_the_order_and_each_ticket(office: Office) -> None:
    message_id = await write(office)
    await office.work()
    (mail,) = office.mailer.taken
    assert mail.to == "maren@example.com"
    assert mail.subject == "Your tickets for Night Harbour Sessions, KB-7F3K-9Q2M"
    assert mail.message_id == message_id
    links: AccessLinks = office.runtime.links
    expected = [f"/order/{links.token(LinkPurpose.ORDER, 'ord_first', 3)}"]
    expected += [f"/ticket/{links.token(LinkPurpose.TICKET, f'tkt_{n}', 3)}" for n in (1, 2, 3)]
    for path in expected:
        assert f"https://tickets.example.com{path}" in mail.text
        assert f'href="https://tickets.example.com{path}"' in mail.html
    assert "Stripe sandbox." in mail.text
    message = await stored(office)
    assert (message.status, message.attempts, message.error) == (MessageStatus.SENT, 1, "")
    assert message.sent_at is not None
    (entry,) = await office.timeline()
    assert entry.kind == EntryKind.MAIL_SENT
    assert entry.data == {
        "template": "confirmation", "subject": mail.subject, "to": "maren@example.com", "message": message_id,
    }  # fmt: skip


async def test_no_link_is_stored(office: Office) -> None:
    await write(office)
    await office.work()
    everything = f"{(await stored(office)).params} {[job.payload for job in await office.jobs()]}"
    assert "/ticket/" not in everything
    assert office.runtime.links.token(LinkPurpose.ORDER, "ord_first", 3) not in everything


async def test_mail_is_kept_when_no_server_is_configured(office: Office) -> None:
    office.mailer.delivers = False
    await write(office)
    await office.work()
    assert (await stored(office)).status == MessageStatus.KEPT
    assert office.mailer.taken == []
    (entry,) = await office.timeline()
    assert (entry.kind, entry.data["kept"]) == (EntryKind.MAIL_SENT, True)


async def test_mail_is_sent_later_when_the_server_is_down(office: Office) -> None:
    office.mailer.refusals = [MailError("The mail server did not answer.")] * 2
    await write(office)
    await office.work()
    message = await stored(office)
    assert (message.status, message.attempts) == (MessageStatus.QUEUED, 1)
    assert message.error == "The mail server did not answer."
    assert await office.work(after=timedelta(seconds=50)) == 0
    assert await office.work(after=timedelta(seconds=11)) == 1
    await office.work(after=RETRY_DELAYS[1])
    message = await stored(office)
    assert (message.status, message.attempts, message.error) == (MessageStatus.SENT, 3, "")
    assert len(office.mailer.taken) == 1
    assert [entry.kind for entry in await office.timeline()] == [EntryKind.MAIL_SENT]


async def test_mail_fails_when_the_server_will_never_take_it(office: Office) -> None:
    office.mailer.refusals = [MailError("550: no such mailbox", final=True)]
    await write(office)
    await office.work()
    message = await stored(office)
    assert (message.status, message.error) == (MessageStatus.FAILED, "550: no such mailbox")
    (entry,) = await office.timeline()
    assert (entry.kind, entry.data["error"]) == (EntryKind.MAIL_FAILED, "550: no such mailbox")
    assert [job.status for job in await office.jobs()] == [OutboxStatus.DONE]


async def test_mail_fails_when_the_server_stays_down(office: Office) -> None:
    office.mailer.refusals = [MailError("down")] * 20
    await write(office)
    await office.work()
    for delay in RETRY_DELAYS:
        await office.work(after=delay)
    message = await stored(office)
    assert (message.status, message.attempts) == (MessageStatus.FAILED, len(RETRY_DELAYS) + 1)


async def test_failed_mail_goes_out_when_it_is_sent_again(office: Office) -> None:
    office.mailer.refusals = [MailError("550", final=True)] * 2
    message_id = await write(office)
    await office.work()
    for _ in range(2):
        async with office.store.transaction() as tx:
            assert await messages.resend(tx, office.member, message_id=message_id) == message_id
        await office.work()
    message = await stored(office)
    assert (message.status, message.attempts) == (MessageStatus.SENT, 3)


async def test_fault_24_mail_goes_out_perhaps_twice_but_is_not_lost_when_the_worker_dies(
    office: Office,
) -> None:
    await write(office)
    async with office.store.transaction() as tx:
        (job,) = await outbox.claim(tx.session, tx.now, limit=1, lease=timedelta(seconds=120))
    assert job.kind == "send_email"
    assert await office.work(after=timedelta(seconds=60)) == 0
    assert await office.work(after=timedelta(seconds=61)) == 1
    assert (await stored(office)).status == MessageStatus.SENT


@pytest.mark.parametrize("refusals", [[], [MailError("550: no such mailbox", final=True)]])
async def test_mail_goes_to_the_corrected_address_when_that_came_while_it_was_sent(
    office: Office, refusals: list[MailError]
) -> None:
    office.mailer.refusals = refusals
    await write(office)
    old = (await stored(office)).recipient

    async def correct() -> None:
        async with office.store.transaction() as tx:
            await messages.readdress(
                tx, order_id=ORDER, before=old, after="maren@okafor.example.org", link_version=4
            )

    office.mailer.before = [correct]
    await office.work()
    await office.work(after=timedelta(seconds=1))
    message = await stored(office)
    assert (message.status, message.recipient) == (MessageStatus.SENT, "maren@okafor.example.org")
    assert office.mailer.taken[-1].to == "maren@okafor.example.org"
    assert message.params["order"]["link_version"] == 4
    assert [entry.data["to"] for entry in await office.timeline()] == ["maren@okafor.example.org"]


async def test_mail_without_an_order_leaves_no_timeline_entry(office: Office) -> None:
    orders = [
        {k: CARD[k] for k in ("number", "public_id", "link_version", "event_title", "starts_at", "zone")}
    ]
    await write(office, order_id=None, template=Template.ORDER_LINKS, params={"orders": orders})
    await office.work()
    assert office.mailer.taken[0].subject == "Your order KB-7F3K-9Q2M"
    assert await office.timeline() == []


async def test_sent_mail_is_not_sent_again_when_its_job_runs_twice(office: Office) -> None:
    message_id = await write(office)
    await office.work()
    async with office.store.transaction() as tx:
        tx.enqueue("send_email", "again", message_id=message_id)
        tx.enqueue("send_email", "unknown", message_id="msg_unknown")
    assert await office.work() == 2
    assert len(office.mailer.taken) == 1
