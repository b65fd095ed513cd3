"""Mail is handed to a real SMTP server, or refused with a reason."""

from __future__ import annotations

import asyncio
import email
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import default
from typing import cast

import pytest

from kagibag_app.gateways.smtp_mail import KeepingMailer, SmtpMailer, SmtpServer
from kagibag_app.ports.mail import Mail, MailError
from kagibag_app.settings import SettingsError

MAIL = Mail(
    to="maren@example.com",
    subject="Deine Karten für “Night Harbour” − KB-7F3K-9Q2M",
    html="<p>Hallo <b>Zoë</b>: −$21.30</p>",
    text="Hallo Zoë: −$21.30\n.\nEnde",
    message_id="msg_1",
)
SENDER = "Lantern Row <tickets@lanternrow.example>"


@dataclass
class MailServer:
    """A small SMTP server that answers as told.

    Attributes:
        answers: What it says instead of its usual answer, by verb; an empty one hangs up.
    """

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one client."""
        writer.write((self.answers.get("CONNECT") or "220 ready").encode() + b"\r\n")
        while line := (await reader.readline()).decode().strip():
            self.commands.append(line)
            verb = line.split()[0].upper()
            answer = self.answers.get(
                verb, {"EHLO": "250-hi\r\n250 AUTH PLAIN", "DATA": "354 go on"}.get(verb, "250 ok")
            )
            if verb == "AUTH" and verb not in self.answers:
                answer = "235 welcome"
            writer.write(answer.encode() + b"\r\n")
            if verb == "DATA" and answer.startswith("354"):
                self.messages.append((await reader.readuntil(b"\r\n.\r\n"))[:-5].replace(b"\r\n..", b"\r\n."))
                ending = self.answers.get("END", "250 queued")
                if not ending:
                    break
                writer.write(ending.encode() + b"\r\n")
            if verb == "QUIT":
                break
        writer.close()


@asynccontextmanager
async def running(**answers: str) -> AsyncIterator[MailServer]:
    """Run a mail server for a while."""
    made = MailServer(answers=answers)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


def mailer(server: MailServer, login: str = "") -> SmtpMailer:
    """Return a mailer that talks to it."""
    return SmtpMailer(f"smtp://{login}127.0.0.1:{server.port}", SENDER)


async def refusal(answers: dict[str, str], login: str = "") -> MailError:
    """Return the error that a server's answers lead to."""
    async with running(**answers) as server:
        with pytest.raises(MailError) as refused:
            await mailer(server, login).send(MAIL)
    return refused.value


async def test_message_arrives_with_text_and_html_that_keep_every_character() -> None:
    async with running() as server:
        sending = mailer(server)
        assert sending.delivers
        await sending.send(replace(MAIL, reply_to="office@lanternrow.example"))
    assert "MAIL FROM:<tickets@lanternrow.example>" in server.commands[1]
    assert "RCPT TO:<maren@example.com>" in server.commands[2]
    message = cast("EmailMessage", email.message_from_bytes(server.messages[0], policy=default))
    assert message["Subject"] == MAIL.subject
    assert message["From"] == SENDER
    assert message["To"] == "maren@example.com"
    assert message["Reply-To"] == "office@lanternrow.example"
    assert message["Message-ID"] == "<msg_1@lanternrow.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"]
    assert message.get_content_type() == "multipart/alternative"
    parts = {part.get_content_type(): part.get_content() for part in message.iter_parts()}
    assert list(parts) == ["text/plain", "text/html"]
    assert parts["text/plain"].strip() == MAIL.text
    assert parts["text/html"].strip() == MAIL.html
    assert max(len(line) for line in server.messages[0].splitlines()) < 998


async def test_login_is_sent_when_the_url_has_one() -> None:
    async with running() as server:
        await mailer(server, "us%40er:p%3Ass@").send(MAIL)
    assert any(command.startswith("AUTH PLAIN") for command in server.commands)


@pytest.mark.parametrize(
    ("answers", "final"),
    [
        ({"RCPT": "550 no such mailbox"}, True),
        ({"RCPT": "450 mailbox busy"}, False),
        ({"MAIL": "553 bad sender"}, True),
        ({"DATA": "451 try later"}, False),
        ({"END": "554 looks like spam"}, True),
        ({"END": "452 disk full"}, False),
        ({"END": ""}, False),
        ({"CONNECT": "421 too busy"}, False),
    ],
)
async def test_refusal_is_final_exactly_when_the_server_says_never(
    answers: dict[str, str], final: bool
) -> None:
    assert (await refusal(answers)).final is final


async def test_mail_waits_when_our_login_is_refused() -> None:
    error = await refusal({"AUTH": "535 wrong"}, login="user:secret-password@")
    assert not error.final
    assert "secret-password" not in f"{error} {error.__cause__}"


async def test_mail_waits_when_the_server_is_not_there() -> None:
    async with running() as server:
        sending = mailer(server)
    with pytest.raises(MailError) as refused:
        await sending.send(MAIL)
    assert not refused.value.final


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Tickets\r\nBcc: all@example.com"},
        {"subject": "Tickets\nX: y"},
        {"to": "maren@example.com\r\nRCPT TO:<all@example.com>"},
        {"to": "maren@example.com, all@example.com"},
        {"to": "nobody"},
        {"to": ""},
        {"message_id": "a\nb"},
        {"reply_to": "x@example.com\n"},
        {"reply_to": "two words"},
    ],
)
async def test_attack_9_header_injection_is_refused_before_anything_is_sent(changes: dict[str, str]) -> None:
    async with running() as server:
        with pytest.raises(MailError) as refused:
            await mailer(server).send(replace(MAIL, **changes))
    assert refused.value.final
    assert server.commands == []


async def test_mail_is_not_sent_in_clear_when_starttls_is_required_and_not_offered() -> None:
    async with running() as server:
        with pytest.raises(MailError) as refused:
            await SmtpMailer(f"smtp://127.0.0.1:{server.port}?starttls", SENDER).send(MAIL)
    assert not refused.value.final
    assert server.messages == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.com", ("mail.example.com", 25, False, False)),
        ("smtp://u:p@mail.example.com?starttls", ("mail.example.com", 587, False, True)),
        ("smtp://mail.example.com:2525?starttls=1", ("mail.example.com", 2525, False, True)),
        ("smtps://u:p@mail.example.com", ("mail.example.com", 465, True, False)),
    ],
)
def test_url_names_server_port_and_encryption(url: str, expected: tuple[str, int, bool, bool]) -> None:
    server = SmtpServer.parse(url)
    assert (server.host, server.port, server.tls, server.starttls) == expected


@pytest.mark.parametrize("url", ["http://x", "mail.example.com", "smtp://", "smtp://host:port-secret", ""])
def test_url_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        SmtpServer.parse(url)
    assert "port-secret" not in str(refused.value)


def test_password_is_not_shown_when_the_server_is_printed() -> None:
    assert "s3cret" not in repr(SmtpServer.parse("smtp://user:s3cret@mail.example.com"))


@pytest.mark.parametrize("sender", ["", "Lantern Row", "Lantern Row <nobody>"])
def test_sender_without_an_address_is_refused_at_the_start(sender: str) -> None:
    with pytest.raises(SettingsError, match="KAGIBAG_MAIL_FROM"):
        SmtpMailer("smtp://mail.example.com", sender)


async def test_keeping_mailer_says_that_nothing_leaves_and_refuses_to_send() -> None:
    keeping = KeepingMailer()
    assert not keeping.delivers
    with pytest.raises(MailError):
        await keeping.send(MAIL)
