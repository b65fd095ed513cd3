"""What the log of mails shows, ready as text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailItem:
    """One mail in the list."""

    id: str
    href: str
    subject: str
    recipient: str
    status: str
    sent: str
    current: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """Which mails the list shows."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class MailFace:
    """The mail that is open.

    Attributes:
        template: Which mail, in words.
        html: Its body as a page for a frame without scripts; empty for roles that may not read it.
        text: The same words as plain text.
    """

    id: str = ""
    subject: str = ""
    recipient: str = ""
    template: str = ""
    status: str = ""
    order: str = ""
    order_href: str = ""
    written: str = ""
    sent: str = ""
    attempts: str = ""
    error: str = ""
    html: str = ""
    text: str = ""
