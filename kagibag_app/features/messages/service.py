"""Writes mails into the log and records what became of them. Sending is a job's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from kagibag_app.features.messages.documents import subject_line
from kagibag_app.features.messages.rules import (
    MESSAGE_MOVES,
    SEND_EMAIL,
    TO_BUYER,
    MessageStatus,
    Template,
    retry_delay,
)
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import SYSTEM, Actor
from kagibag_app.kit.errors import DomainError, NotFound
from kagibag_app.kit.ids import public_id
from kagibag_app.live import topics
from kagibag_app.storage.synthetic import require_real
from kagibag_app.storage.transaction import Transaction


async def queue(
    tx: Transaction,
    *,
    organizer_id: int,
    order_id: int | None,
    to: str,
    template: Template,
    params: dict[str, Any],
) -> str:
    """Write a mail into the log and ask for it to be sent after the commit.

    Args:
        order_id: The order on whose timeline sending is noted; ``None`` for mails about no one order.
        to: One email address.
        template: Which mail.
        params: Its parameters as JSON values (see ``documents``): ids, never links.

    Returns:
        The message's public id.

    Raises:
        DomainError: ``synthetic_data``.
    """
    await require_real(tx, organizer_id)
    message = EmailMessage(
        public_id=public_id("msg"),
        organizer_id=organizer_id,
        order_id=order_id,
        recipient=to,
        template=template,
        params=params,
        created_at=tx.now,
    )
    tx.session.add(message)
    tx.enqueue(SEND_EMAIL, f"email:{message.public_id}", message_id=message.public_id)
    tx.touch(topics.messages(organizer_id))
    return message.public_id


async def resend(tx: Transaction, actor: Actor, *, message_id: str) -> str:
    """Send a mail of the log again: a failed one itself, a sent or kept one as a new message.

    The links in it are those of the time it was first written. After a buyer's email was corrected they are
    dead on purpose; the correction writes a fresh mail by itself.

    Returns:
        The public id of the message that will be sent.

    Raises:
        NotFound: No such message in the actor's organization.
        DomainError: ``message_queued``: it is on its way already; ``invitation``: those are renewed by an owner;
            ``synthetic_data``.
    """
    message = await _lock(tx, message_id)
    if message is None or message.organizer_id != actor.organizer_id:
        raise NotFound("message")
    await require_real(tx, message.organizer_id)
    if message.template == Template.INVITATION:
        raise DomainError(
            "An invitation is sent again from the team page, with a new link. Nothing was sent.",
            code="invitation",
        )
    if message.status == MessageStatus.QUEUED:
        raise DomainError(
            "This message is on its way already. Nothing was sent twice.", code="message_queued"
        )
    if message.status != MessageStatus.FAILED:
        return await queue(
            tx,
            organizer_id=message.organizer_id,
            order_id=message.order_id,
            to=message.recipient,
            template=Template(message.template),
            params=dict(message.params),
        )
    _move(tx, message, MessageStatus.QUEUED)
    tx.enqueue(SEND_EMAIL, f"email:{message.public_id}:{message.attempts}", message_id=message.public_id)
    return message.public_id


async def readdress(tx: Transaction, *, order_id: int, before: str, after: str, link_version: int) -> None:
    """Let the mails that still wait for an order's buyer go to the corrected address, with links that open.

    Args:
        before: The address that they were written to.
        link_version: The order's, after the correction.
    """
    waiting = await tx.session.scalars(
        select(EmailMessage)
        .where(
            col(EmailMessage.order_id) == order_id,
            col(EmailMessage.recipient) == before,
            col(EmailMessage.status) == MessageStatus.QUEUED,
            col(EmailMessage.template).in_(TO_BUYER),
        )
        .with_for_update()
    )
    for message in waiting:
        renewed = {"buyer_email": after, "link_version": link_version}
        params = dict(message.params)
        if "order" in params:
            params["order"] = params["order"] | renewed
        else:
            params["orders"] = [card | {"link_version": link_version} for card in params["orders"]]
        message.recipient, message.params = after, params
        tx.touch(topics.messages(message.organizer_id))


async def mark_sent(tx: Transaction, *, message_id: str, to: str) -> bool:
    """Record that the mail server took the message. Says nothing when it was recorded before.

    Args:
        to: Where it was sent.

    Returns:
        False when it has another address by now: it is still to be sent.
    """
    message = await _lock(tx, message_id)
    if message is not None and message.status == MessageStatus.QUEUED and message.recipient != to:
        return False
    message = await _settle(tx, message_id, MessageStatus.SENT)
    if message is not None:
        _note(tx, message, EntryKind.MAIL_SENT, {})
    return True


async def mark_kept(tx: Transaction, *, message_id: str) -> None:
    """Record that no mail server is configured: the message is read in the admin screens."""
    message = await _settle(tx, message_id, MessageStatus.KEPT)
    if message is not None:
        _note(tx, message, EntryKind.MAIL_SENT, {"kept": True})


async def mark_failed(
    tx: Transaction, *, message_id: str, to: str, error: str, final: bool
) -> timedelta | None:
    """Record a try that the mail server did not accept.

    Args:
        to: Where it was to go: a refusal of an address that was corrected meanwhile says nothing of the new one.
        error: What it said, one sentence.
        final: It will never take this message.

    Returns:
        How long to wait before the next try; ``None`` when the message has failed for good or was settled.
    """
    message = await _lock(tx, message_id)
    if message is None or message.status != MessageStatus.QUEUED:
        return None
    if message.recipient != to:
        return timedelta(0)
    message.attempts += 1
    message.error = error.replace("\0", "")[:500]
    tx.touch(topics.messages(message.organizer_id))
    delay = retry_delay(message.attempts, final=final)
    if delay is None:
        _move(tx, message, MessageStatus.FAILED)
        _note(tx, message, EntryKind.MAIL_FAILED, {"error": message.error})
    return delay


async def _settle(tx: Transaction, message_id: str, status: MessageStatus) -> EmailMessage | None:
    message = await _lock(tx, message_id)
    if message is None or message.status != MessageStatus.QUEUED:
        return None
    message.attempts += 1
    message.error = ""
    message.sent_at = tx.now
    _move(tx, message, status)
    return message


async def _lock(tx: Transaction, message_id: str) -> EmailMessage | None:
    statement = select(EmailMessage).where(col(EmailMessage.public_id) == message_id).with_for_update()
    return (await tx.session.execute(statement)).scalar_one_or_none()


def _move(tx: Transaction, message: EmailMessage, status: MessageStatus) -> None:
    message.status = MESSAGE_MOVES.require(MessageStatus(message.status), status)
    tx.touch(topics.messages(message.organizer_id))


def _note(tx: Transaction, message: EmailMessage, kind: EntryKind, data: dict[str, Any]) -> None:
    if message.order_id is None:
        return
    timeline.record(
        tx,
        SYSTEM,
        organizer_id=message.organizer_id,
        order_id=message.order_id,
        kind=kind,
        data={
            "template": message.template,
            "subject": subject_line(Template(message.template), message.params),
            "to": message.recipient,
            "message": message.public_id,
        }
        | data,
    )
    tx.touch(topics.order(message.order_id))
