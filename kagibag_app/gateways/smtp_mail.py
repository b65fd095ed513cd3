"""Mail through SMTP, or kept where no mail server is configured."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from kagibag_app.ports.mail import Mail, MailError
from kagibag_app.settings import SettingsError

TIMEOUT = 20.0
# What the standard library raises for a text that is no address.
_NO_ADDRESS = (ValueError, IndexError, MessageError)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over.

    Attributes:
        tls: TLS from the first byte (``smtps://``).
        starttls: TLS is required before anything else is said (``?starttls``); otherwise it is used when the
            server offers it.
    """

    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    tls: bool = False
    starttls: bool = False

    @classmethod
    def parse(cls, url: str) -> SmtpServer:
        """Read ``smtp://user:password@host:port``, ``smtps://...`` or ``smtp://...?starttls``.

        Raises:
            SettingsError: It is none of these. The message does not repeat the URL: it holds a password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise SettingsError(
                "KAGIBAG_SMTP_URL reads smtp://user:password@host:587?starttls or smtps://user:password@host:465."
            )
        tls = parts.scheme == "smtps"
        starttls = "starttls" in parse_qs(parts.query, keep_blank_values=True)
        return cls(
            host=parts.hostname,
            port=port or (465 if tls else 587 if starttls else 25),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=tls,
            starttls=starttls,
        )


class SmtpMailer:
    """Hands each message to one SMTP server, on a connection of its own.

    Args:
        url: ``KAGIBAG_SMTP_URL``.
        sender: ``KAGIBAG_MAIL_FROM``, a name and an address.
        tls: Which certificates are trusted; the system's when omitted.
    """

    def __init__(self, url: str, sender: str, *, tls: ssl.SSLContext | None = None) -> None:
        self._server = SmtpServer.parse(url)
        self._sender = _sender_address(sender)
        self._tls = tls or ssl.create_default_context()

    @property
    def delivers(self) -> bool:
        """Messages leave this machine."""
        return True

    async def send(self, mail: Mail) -> None:
        """Hand the message over.

        Raises:
            MailError: It was not accepted; ``final`` when it never will be.
        """
        message = compose(mail, self._sender)
        server = self._server
        try:
            await aiosmtplib.send(
                message,
                sender=self._sender.addr_spec,
                recipients=[mail.to],
                hostname=server.host,
                port=server.port,
                username=server.user or None,
                password=server.password or None,
                use_tls=server.tls,
                start_tls=None if not server.tls and not server.starttls else server.starttls,
                tls_context=self._tls,
                timeout=TIMEOUT,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            worst = min(refused.recipients, key=lambda answer: answer.code)
            raise _refusal(worst.code, worst.message) from refused
        except aiosmtplib.SMTPAuthenticationError as refused:
            # The account is at fault, not the message: it goes out once the setting is right.
            raise MailError(f"The mail server refused our login ({refused.code}).") from refused
        except aiosmtplib.SMTPResponseException as refused:
            raise _refusal(refused.code, refused.message) from refused
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailError(
                f"The mail server did not answer as it should ({type(error).__name__})."
            ) from error


class KeepingMailer:
    """Without a mail server messages stay in the log, where members read them."""

    @property
    def delivers(self) -> bool:
        """Nothing leaves this machine."""
        return False

    async def send(self, mail: Mail) -> None:
        """Refuse: the caller asks ``delivers`` first.

        Raises:
            MailError: Always.
        """
        raise MailError("No mail server is configured.", final=True)


def compose(mail: Mail, sender: Address) -> EmailMessage:
    """Return the message: plain text, and HTML as its alternative.

    Raises:
        MailError: A header would break out of its line, or the address is none. Final.
    """
    if any(c in text for text in (mail.to, mail.subject, mail.message_id, mail.reply_to) for c in "\r\n\0"):
        raise MailError("A line break in a header was refused.", final=True)
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = sender
        message["To"] = Address(addr_spec=mail.to)
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = f"<{mail.message_id}@{sender.domain}>"
        if mail.reply_to:
            message["Reply-To"] = Address(addr_spec=mail.reply_to)
    except _NO_ADDRESS as error:
        raise MailError("The address is not one that mail can be sent to.", final=True) from error
    # Source: RFC 3834: automatic answers (out of office) must not answer these.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def _refusal(code: int, words: str) -> MailError:
    return MailError(f"The mail server said {code}: {words[:300]}", final=500 <= code < 600)


def _sender_address(text: str) -> Address:
    name, address = parseaddr(text)
    try:
        return Address(display_name=name, addr_spec=address)
    except _NO_ADDRESS as error:
        raise SettingsError("KAGIBAG_MAIL_FROM reads `Name <address@domain>`.") from error
