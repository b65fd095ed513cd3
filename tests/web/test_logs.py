"""No secret reaches the logs, whoever logs it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import structlog

from kagibag_app.logs import configure, redact
from kagibag_app.runtime import Runtime
from kagibag_app.settings import Settings
from kagibag_app.storage.secrets import AccessLinks, LinkPurpose, SecretBox
from tests.web.harness import browser, member, organizer, small_runtime

TOKEN = "or_0123456789abcdefghjkmnpqrs.k1.AbCdEfGhIjKlMnOpQrStUv"
SECRETS = {
    "sk_live_51AbCdEf": "Stripe key sk_live_51AbCdEf refused",
    "rk_test_51AbCdEf": '{"key": "rk_test_51AbCdEf"}',
    "whsec_c2VjcmV0": "signed with whsec_c2VjcmV0=",
    "cookie-value": "{'cookie': 'kb_session=cookie-value; theme=dark', 'host': 'x'}",
    "plain-cookie": "Cookie: kb_session=plain-cookie; a=b",
    "bearer-value": "'authorization': 'Bearer bearer-value'",
    "loose-bearer-value": "sent Bearer loose-bearer-value to it",
    "hunter2": 'form {"password": "hunter2", "email": "x"}',
    "hunter3": "Settings(smtp_password='hunter3')",
    "t=1,v1=5257": "Stripe-Signature: t=1,v1=5257",
    "AbCdEfGhIjKlMnOpQrStUv": f"GET /order/{TOKEN}?a=1 200",
    "QrStUvAbCdEf": "GET /ticket/tk_1.k1.QrStUvAbCdEf",
    "pw@db": "postgresql+psycopg://kagibag:pw@db.internal/kagibag",
    "argon2id$v=19": "row ('x', '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA')",
    "maren.okafor": "mail to maren.okafor@example.com bounced",
}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What logging writes, set up as in the product, with the test run's own set-up put back afterwards."""
    root, kept = logging.getLogger(), structlog.get_config()
    before = (root.handlers[:], root.level, logging.raiseExceptions)
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    configure(Settings(log_json=True, log_level="DEBUG"))
    yield out
    structlog.configure(**kept)
    root.handlers[:], root.level, logging.raiseExceptions = before[0], before[1], before[2]


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[Runtime]:
    async with small_runtime(tmp_path) as started:
        yield started


def _lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(("secret", "text"), SECRETS.items())
def test_attack_17_redact_hides_a_secret_in_running_text(secret: str, text: str) -> None:
    assert secret not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "order KB-7F3K-9Q2M paid", "refund re_123 of pi_456 succeeded", "GET /admin/orders?q=1", "GET /orders/find",
        "2026-05-15T18:00:00Z",
    ],
)  # fmt: skip
def test_redact_leaves_what_one_needs_to_read(text: str) -> None:
    assert redact(text) == text


def test_redact_is_quick_when_the_text_was_made_to_slow_it_down() -> None:
    for text in ("a.a-" * 20_000, "token-" * 20_000, "cookie='" * 20_000, "a@a." * 20_000, "x://" * 20_000):
        assert len(redact(text)) < 20_000


def test_attack_17_our_own_events_are_redacted(written: io.StringIO) -> None:
    structlog.get_logger("kagibag_app.x").info(
        "web.test", password="hunter2", access_token="abc", path=f"/order/{TOKEN}", headers={"cookie": "abc"},
        nested={"stripe_signature": "abc", "list": [{"note": "sk_live_51AbCdEf"}]}, amount_minor=3370,
    )  # fmt: skip
    (line,) = _lines(written)
    text = json.dumps(line)
    assert not any(secret in text for secret in ("hunter2", "abc", TOKEN, "sk_live_51"))
    assert (line["event"], line["amount_minor"]) == ("web.test", 3370)


@pytest.mark.parametrize("name", ["reflex", "sqlalchemy.pool", "granian", "", "kagibag_app.jobs"])
def test_attack_17_tracebacks_and_other_loggers_are_redacted(written: io.StringIO, name: str) -> None:
    try:
        raise RuntimeError("refused: sk_live_51AbCdEf for maren.okafor@example.com")
    except RuntimeError:
        logging.getLogger(name).exception("failed with %s", {"authorization": "Bearer bearer-value"})
    (line,) = _lines(written)
    assert "RuntimeError" in str(line["exception"])
    assert not any(secret in json.dumps(line) for secret in ("sk_live_51", "bearer-value", "maren.okafor"))


async def test_attack_17_an_event_that_does_not_exist_is_logged_without_its_headers(
    runtime: Runtime, written: io.StringIO
) -> None:
    person = await member(runtime, await organizer(runtime))
    async with browser() as opened:
        tab = opened.tab(f"/order/{TOKEN}", person=person)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(
                tab.send("reflex___state____state.no_such_handler", {"password": "hunter2"}), 0.2
            )
    text = written.getvalue()
    assert "no_such_handler" in text
    assert not any(secret in text for secret in (person.cookie, "hunter2", TOKEN))


async def test_attack_17_arguments_that_cannot_be_read_are_logged_without_secrets(
    runtime: Runtime, written: io.StringIO
) -> None:
    async with browser() as opened:
        tab = opened.tab("/admin/login", cookie="kb_session=cookie-value")
        await tab.send("reflex___state____state.set_is_hydrated", {"value": {"password": "hunter2"}})
    assert not any(secret in written.getvalue() for secret in ("cookie-value", "hunter2"))


def test_attack_17_a_line_that_cannot_be_written_is_not_printed_elsewhere(
    written: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    written.close()
    logging.getLogger("reflex").error("key %s", "sk_live_51AbCdEf")
    assert "sk_live" not in capfd.readouterr().err


def test_attack_17_nothing_that_holds_secrets_shows_them(runtime: Runtime) -> None:
    keys = runtime.settings.signing_keys()
    shown = repr(runtime) + repr(runtime.settings) + repr(AccessLinks(keys)) + repr(SecretBox(keys))
    assert not any(value in shown for value in keys.values())


def test_attack_7_an_access_link_is_hidden_wherever_it_stands(runtime: Runtime) -> None:
    for purpose, place in (
        (LinkPurpose.ORDER, "order"),
        (LinkPurpose.TICKET, "ticket"),
        (LinkPurpose.ORDER, "checkout"),
        (LinkPurpose.INVITATION, "admin/join"),
    ):
        token = runtime.links.token(purpose, "or_0123456789abcdefghjkmnpqrs", 1)
        tag = token.rpartition(".")[2]
        address = f"/{place}/{token}"
        for text in (
            f"http://localhost:8000{address}",
            f"{{'asPath': '{address}'}}",
            f"token {token}",
            f"token={token}",
            f"/admin/login?next={quote(address, safe='')}",
            f"GET /api{address}/receipt.pdf",
        ):
            assert tag not in redact(text)


def test_logs_are_readable_lines_when_not_in_production(
    monkeypatch: pytest.MonkeyPatch, written: io.StringIO
) -> None:
    monkeypatch.setattr(sys, "stdout", written)
    configure(Settings(log_json=False))
    structlog.get_logger("kagibag_app.x").warning("web.test", secret="abc", amount_minor=1)
    assert "web.test" in written.getvalue()
    assert "abc" not in written.getvalue()
