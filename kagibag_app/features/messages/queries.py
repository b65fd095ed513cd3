"""Every read of the log of emails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kagibag_app.features.messages.documents import order_reference, subject_line
from kagibag_app.features.messages.rules import MessageStatus, Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.messages.views import MessagePage, MessageRow, StoredMessage
from kagibag_app.kit.text import mask_email, masked
from kagibag_app.storage.columns import table_of

PAGE = 50

_T = table_of(EmailMessage)
_OF_ORDER = (
    sa.select(*_T.c)
    .where(_T.c.organizer_id == sa.bindparam("organizer"), _T.c.order_id == sa.bindparam("order"))
    .order_by(_T.c.id.desc())
    .limit(PAGE)
)


async def log(
    session: AsyncSession,
    organizer_id: int,
    *,
    statuses: Sequence[MessageStatus] = (),
    search: str = "",
    after: str = "",
    limit: int = PAGE,
    show_emails: bool = True,
) -> MessagePage:
    """Return one page of the log, newest first.

    Args:
        statuses: Only these; all when empty.
        search: Part of the recipient's address; nothing for those who may not read addresses.
        after: ``next_cursor`` of the page before.
        limit: Rows, at most 50.
        show_emails: False masks every address.
    """
    limit = max(1, min(limit, PAGE))
    statement = _messages(organizer_id)
    if statuses:
        statement = statement.where(col(EmailMessage.status).in_(statuses))
    if (term := search.strip()) and show_emails:
        statement = statement.where(col(EmailMessage.recipient).icontains(term, autoescape=True))
    if after:
        cursor = sa.select(col(EmailMessage.id)).where(
            col(EmailMessage.public_id) == after, col(EmailMessage.organizer_id) == organizer_id
        )
        statement = statement.where(col(EmailMessage.id) < cursor.scalar_subquery())
    found = await session.scalars(statement.order_by(col(EmailMessage.id).desc()).limit(limit + 1))
    rows = tuple(_row(message, show_emails) for message in found)
    return MessagePage(rows[:limit], rows[limit - 1].public_id if len(rows) > limit else "")


async def of_order(
    session: AsyncSession, organizer_id: int, order_id: int, *, show_emails: bool = True
) -> tuple[MessageRow, ...]:
    """Return the mails about one order, newest first; ``show_emails=False`` masks every address."""
    found = await session.execute(_OF_ORDER, {"organizer": organizer_id, "order": order_id})
    return tuple(_row(message, show_emails) for message in found)


async def message(
    session: AsyncSession,
    organizer_id: int,
    message_id: str,
    *,
    show_emails: bool = True,
    readable: bool = True,
) -> StoredMessage | None:
    """Return one mail, ``None`` when the organization has none of that public id.

    Args:
        show_emails: False masks every address.
        readable: False leaves out what its body is made from.
    """
    statement = _messages(organizer_id).where(col(EmailMessage.public_id) == message_id)
    found = await session.scalar(statement)
    if found is None:
        return None
    return StoredMessage(_row(found, show_emails), found.params if readable else {})


async def system_message(session: AsyncSession, message_id: str) -> StoredMessage | None:
    """Return one mail for the job that sends it."""
    found = await session.scalar(sa.select(EmailMessage).where(col(EmailMessage.public_id) == message_id))
    return None if found is None else StoredMessage(_row(found, show_emails=True), found.params)


def _messages(organizer_id: int) -> sa.Select[Any]:
    return sa.select(EmailMessage).where(col(EmailMessage.organizer_id) == organizer_id)


def _row(found: Any, show_emails: bool) -> MessageRow:
    template = Template(found.template)
    reference = order_reference(found.params)
    return MessageRow(
        public_id=found.public_id,
        recipient=found.recipient if show_emails else mask_email(found.recipient),
        subject=subject_line(template, found.params),
        template=template,
        status=MessageStatus(found.status),
        attempts=found.attempts,
        error=found.error if show_emails else masked(found.error),
        created_at=found.created_at,
        sent_at=found.sent_at,
        order_number=reference.get("number", ""),
        order_public_id=reference.get("public_id", ""),
    )
