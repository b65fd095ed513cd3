"""Emails as the screens show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kagibag_app.features.messages.rules import MessageStatus, Template


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One line of the log.

    Attributes:
        public_id: Opens the message; the last one of a page is the cursor of the next.
        recipient: The address, masked for those who may not read it.
        attempts: Tries so far.
        error: What the mail server said last, empty after a success.
        created_at: When it was written (UTC).
        sent_at: When the mail server took it, or when it was kept (UTC).
        order_number: The order it is about, or the first of several; empty for none.
        order_public_id: That order's public id, empty for none.
    """

    public_id: str
    recipient: str
    subject: str
    template: Template
    status: MessageStatus
    attempts: int
    error: str
    created_at: datetime
    sent_at: datetime | None
    order_number: str
    order_public_id: str


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Some lines of the log, newest first.

    Attributes:
        next_cursor: Give it as ``after`` to read on; empty on the last page.
    """

    rows: tuple[MessageRow, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message with what its body is made from.

    Attributes:
        params: Parameters of the template, for ``documents.render``; they hold ids, never links. Empty for those who
            may not read what mails say.
    """

    row: MessageRow
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """A mail's words; HTML and text say the same."""

    subject: str
    html: str
    text: str
