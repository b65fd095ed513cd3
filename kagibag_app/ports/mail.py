"""Outgoing mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class MailError(Exception):
    """The message was not accepted.

    Attributes:
        final: The server said it will never take it (5xx); otherwise try again later.
    """

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


@dataclass(frozen=True, slots=True)
class Mail:
    """One message, ready to send: HTML and text say the same."""

    to: str
    subject: str
    html: str = field(repr=False)  # both hold access links
    text: str = field(repr=False)
    message_id: str
    reply_to: str = ""


class Mailer(Protocol):
    """Sends mail, or says that this installation keeps it to be read in the admin screens."""

    @property
    def delivers(self) -> bool: ...
    async def send(self, mail: Mail) -> None:
        """Hand the message to the mail server. Raises ``MailError``."""
        ...
