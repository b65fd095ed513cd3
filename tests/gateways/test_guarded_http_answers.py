"""What comes back from receivers of every kind, and how the connection is made."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import socket
import ssl
import time
from collections.abc import AsyncIterator
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kagibag_app.gateways.guarded_http import GuardedSender
from kagibag_app.gateways.guarded_http.sender import look_up
from tests.receiving import Answer, Receiver, Recorder, listening, receiver, send

__all__ = ["receiver"]

PUBLIC = "93.184.215.14"


async def test_next_address_is_tried_when_the_first_does_not_answer(receiver: Receiver) -> None:
    network = Recorder(port=1)
    sender = network.sender("2606:4700:4700::1111", PUBLIC)
    answer = await send(sender, "https://hooks.example.com/")
    assert network.asked == [("2606:4700:4700::1111", 443), (PUBLIC, 443)]
    assert answer.error == "The receiver refused the connection or can't be reached."


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 64 + ".example.com"])
async def test_name_without_an_address_is_a_failed_try(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: object, **_kwargs: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    answer = await send(GuardedSender(), f"https://{host}/")
    assert answer.error == "Nothing was sent. This host name was not found."
    assert (await send(Recorder().sender(), "https://empty.example.com/")).error.endswith("has no address.")


async def test_system_resolver_gives_every_address() -> None:
    assert await look_up("127.0.0.1", 443) == ["127.0.0.1"]


@pytest.fixture
async def tls_receiver(tmp_path: Path) -> AsyncIterator[tuple[Receiver, ssl.SSLContext, list[str]]]:
    """A TLS receiver for hooks.example.com, who to trust for it, and the names clients asked for."""
    certificate, key = _certificate("hooks.example.com")
    (tmp_path / "cert.pem").write_bytes(certificate)
    (tmp_path / "key.pem").write_bytes(key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    names: list[str] = []
    server.sni_callback = lambda _socket, name, _context: names.append(name or "")
    async with listening(ssl=server) as found:
        yield found, ssl.create_default_context(cadata=certificate.decode()), names


async def test_name_and_certificate_are_kept_when_a_checked_address_is_connected_to(
    tls_receiver: tuple[Receiver, ssl.SSLContext, list[str]],
) -> None:
    found, trusted, names = tls_receiver
    network = Recorder(found.port)
    sender = network.sender(PUBLIC, tls=trusted)
    answer = await sender.post("https://hooks.example.com/in", b"{}", {})
    assert (answer.status, answer.excerpt) == (200, "thank you")
    assert network.asked == [(PUBLIC, 443)]
    assert names == ["hooks.example.com"]
    assert found.requests[0].headers["host"] == "hooks.example.com"
    other = await send(sender, "https://elsewhere.example.com/in")
    assert other.error == "The receiver's TLS certificate is not valid for this address."
    assert len(found.requests) == 1


def _certificate(name: str) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


async def test_fault_23_dripping_receiver_is_cut_at_the_deadline(receiver: Receiver) -> None:
    receiver.answers = [Answer(parts=[b"."] * 100, pause=0.1)]
    started = time.monotonic()
    answer = await send(GuardedSender(sandbox=True, deadline=0.5), receiver.url)
    assert time.monotonic() - started < 2
    assert (answer.status, answer.timed_out) == (0, True)
    assert answer.error == "The answer was not complete after 0.5 s."
    assert 400 <= answer.duration_ms < 2000


async def test_fault_23_silent_receiver_is_cut_at_the_deadline() -> None:
    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    answer = await send(GuardedSender(sandbox=True, deadline=0.3), f"http://127.0.0.1:{port}/")
    server.close()
    assert (answer.status, answer.timed_out) == (0, True)


async def test_fault_23_endless_answer_is_read_to_20_kb_and_shown_to_2_kb(receiver: Receiver) -> None:
    receiver.answers = [Answer(parts=[b"a" * 65_536] * 4_000)]
    started = time.monotonic()
    answer = await send(GuardedSender(sandbox=True), receiver.url)
    assert (answer.status, answer.excerpt) == (200, "a" * 2_000)
    assert time.monotonic() - started < 3


async def test_fault_23_gzip_bomb_is_not_unpacked(receiver: Receiver) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    receiver.answers = [Answer(parts=[bomb], headers={"Content-Encoding": "gzip"})]
    answer = await send(GuardedSender(sandbox=True), receiver.url)
    assert (answer.status, answer.excerpt) == (200, "(a compressed answer is not shown)")


async def test_excerpt_is_plain_text_when_the_answer_is_not(receiver: Receiver) -> None:
    receiver.answers = [Answer(500, parts=[b"a\x00b\x1b[31m\xff\xe2\x80\xae<b>\nend\r\n"])]
    answer = await send(GuardedSender(sandbox=True), receiver.url)
    assert answer.excerpt == "a b [31m� <b>\nend"


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("120", 120, 120),
        ("0", 0, 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("in two hours", 7000, 7200),
    ],
)
async def test_retry_after_is_read_in_both_forms(
    receiver: Receiver, header: str, least: float, most: float
) -> None:
    if header == "in two hours":
        header = format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(hours=2), usegmt=True)
    receiver.answers = [Answer(503, headers={"Retry-After": header})]
    answer = await send(GuardedSender(sandbox=True), receiver.url)
    assert answer.retry_after is not None
    assert least <= answer.retry_after <= most


@pytest.mark.parametrize("header", ["soon", "-5", "1e5", "99999999999999999999", "²"])
async def test_retry_after_is_ignored_when_it_makes_no_sense(receiver: Receiver, header: str) -> None:
    receiver.answers = [Answer(503, headers={"Retry-After": header})]
    assert (await send(GuardedSender(sandbox=True), receiver.url)).retry_after is None


async def test_broken_answer_is_a_failed_try() -> None:
    async def broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"not http at all\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(broken, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    answer = await send(GuardedSender(sandbox=True, deadline=3), f"http://127.0.0.1:{port}/")
    server.close()
    assert (answer.status, answer.timed_out) == (0, False)
    assert answer.error == "The connection broke before a complete HTTP answer came."


async def test_refused_connection_is_a_failed_try() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        answer = await send(GuardedSender(sandbox=True), f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert answer.error == "The receiver refused the connection or can't be reached."
