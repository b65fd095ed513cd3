"""The command line: help, one sentence for each mistake, exit codes."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from kagibag_app import serve
from kagibag_app.sandbox import server
from kagibag_app.storage import schema
from tests.command_line import Kagibag

pytest_plugins = ["tests.command_line"]

COMMANDS = [
    "demo",
    "run",
    "web",
    "worker",
    "sandbox",
    "db upgrade",
    "admin create",
    "seed",
    "audit",
    "doctor",
    "bench orders",
    "bench live",
]
OWNER = (
    "admin",
    "create",
    "--email",
    "dana@example.com",
    "--name",
    "Dana Moreau",
    "--password",
    "a long password",
)
PRODUCTION = {
    "env": "production",
    "secret_keys": "k:0123456789abcdef0123456789abcdef",
    "encryption_keys": "k:0123456789abcdef0123456789abcdef",
    "public_url": "https://tickets.example.com",
}


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_explains_itself(kagibag: Kagibag, command: str) -> None:
    answer = kagibag(*command.split(), "--help")
    assert answer.code == 0
    assert "Usage: kagibag" in answer.out
    assert len([line for line in answer.out.splitlines() if line.strip()]) > 3


@pytest.mark.parametrize(
    "arguments", [("refund",), ("run", "--port", "x"), ("run", "--port", "0"), ("admin", "create")]
)
def test_what_is_no_command_ends_with_two(kagibag: Kagibag, arguments: tuple[str, ...]) -> None:
    answer = kagibag(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err


@pytest.mark.parametrize(
    ("arguments", "settings", "says"),
    [
        (("db", "upgrade"), {"stripe_mode": "test"}, "KAGIBAG_STRIPE_SECRET_KEY=sk_test_"),
        (("db", "upgrade"), {"env": "production"}, "KAGIBAG_SECRET_KEYS"),
        (("db", "upgrade"), {"worker_concurrency": "many"}, "KAGIBAG_WORKER_CONCURRENCY"),
        (("seed",), {}, "kagibag seed --example"),
        (("seed", "--example"), {"stripe_mode": "live", "stripe_secret_key": "sk_live_1"}, "never made beside live"),
        (("seed", "--orders", "9"), {"stripe_mode": "live", "stripe_secret_key": "sk_live_1"}, "never made beside live"),
        (("seed", "--orders", "9"), PRODUCTION, "never made in production"),
        (("sandbox",), {"stripe_mode": "test", "stripe_secret_key": "sk_test_1"}, "the sandbox does not start"),
        (("demo",), {"stripe_mode": "test", "stripe_secret_key": "sk_test_1"}, "kagibag run"),
        (("web", "--workers", "2"), {}, "KAGIBAG_REDIS_URL"),
        (("audit",), {}, "kagibag db upgrade"),
        ((*OWNER[:6], "--password", "short", "--organization", "Row"), {}, "characters"),
        ((*OWNER, "--organization", "!!!"), {}, "letter or digit"),
        ((*OWNER, "--organization", "Row", "--zone", "Mars/Base"), {}, "zone"),
        ((*OWNER, "--organization", "Row", "--currency", "XXX"), {}, "currency"),
    ],
)  # fmt: skip
def test_a_mistake_ends_with_two_and_one_sentence(
    kagibag: Kagibag, arguments: tuple[str, ...], settings: dict[str, str], says: str
) -> None:
    answer = kagibag(*arguments, **settings)
    assert answer.code == 2
    assert answer.err.startswith("kagibag: ")
    assert says in answer.err
    assert len(answer.err.splitlines()) == 1


def test_an_owner_can_have_a_second_organization_and_each_gets_the_example(
    kagibag: Kagibag, tmp_path: Path
) -> None:
    first = kagibag(*OWNER, "--organization", "Lantern Row", "--zone", "America/New_York")
    assert (first.code, first.out) == (
        0,
        "Lantern Row (lantern-row) is ready. dana@example.com can log in at http://localhost:22220/admin.\n",
    )
    assert kagibag(*OWNER, "--organization", "Harbour [red] Nights").code == 0
    again = kagibag(*OWNER, "--organization", "Lantern Row")
    assert (again.code, "lantern-row" in again.err or "taken" in again.err) == (2, True)
    with sqlite3.connect(tmp_path / "kagibag.db") as database:
        assert database.execute("SELECT count(*) FROM users").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM memberships WHERE role = 'owner'").fetchone() == (2,)
    made = [kagibag("seed", "--example") for _ in range(2)]
    assert [answer.out for answer in made] == [
        "The event is on sale at http://localhost:22220/e/night-harbour-sessions (code HARBOUR15).\n"
    ] * 2
    other = [kagibag("seed", "--example", "--organization", "harbour-red-nights") for _ in range(2)]
    assert [(answer.code, "night-harbour-sessions-harbour-red-nights" in answer.out) for answer in other] == [
        (0, True)
    ] * 2
    missing = kagibag("seed", "--example", "--organization", "nobody")
    assert (missing.code, "organization was not found" in missing.err) == (2, True)
    with sqlite3.connect(tmp_path / "kagibag.db") as database:
        assert database.execute("SELECT count(*) FROM events").fetchone() == (2,)


def test_a_synthetic_organization_is_made_once_and_its_logins_are_said(kagibag: Kagibag) -> None:
    made = kagibag("seed", "--orders", "200", "--seed", "3")
    assert made.code == 0
    assert "synthetic-200-3 has 200 orders, 200 of them made now." in made.out
    assert "support      wren@synthetic-200-3.example" in made.out
    assert "nothing is ever sent for it" in made.out
    again = kagibag("seed", "--orders", "200", "--seed", "3")
    assert (again.code, "there already. Nothing was changed." in again.out) == (0, True)
    assert kagibag("audit").code == 0


def test_an_audit_ends_with_one_when_something_is_wrong(kagibag: Kagibag, tmp_path: Path) -> None:
    kagibag(*OWNER, "--organization", "Lantern Row")
    kagibag("seed", "--example")
    clean = kagibag("audit", "--stripe", "--json")
    assert clean.code == 0
    counts = {finding["number"]: finding["count"] for finding in json.loads(clean.out)}
    assert counts == dict.fromkeys(range(1, len(counts) + 1), 0)
    assert len(counts) > 12
    with sqlite3.connect(tmp_path / "kagibag.db") as database:
        database.execute("UPDATE ticket_types SET held = 3")
    wrong = kagibag("audit", "--json")
    assert wrong.code == 1
    (finding,) = [finding for finding in json.loads(wrong.out) if finding["count"]]
    assert finding["number"] == 10
    assert finding["examples"]
    table = kagibag("audit")
    assert (table.code, "Violations" in table.out) == (1, True)


def test_the_database_is_brought_up_and_says_where_it_is(kagibag: Kagibag, tmp_path: Path) -> None:
    answer = kagibag("db", "upgrade")
    assert (answer.code, answer.out.splitlines()[-1]) == (0, f"The database is at {schema.newest()}.")
    assert (tmp_path / "kagibag.db").stat().st_size > 0


def test_the_doctor_says_what_to_fix_and_ends_with_one(kagibag: Kagibag) -> None:
    answer = kagibag("doctor")
    assert answer.code == 1
    lines = dict(line.split("  ", 1)[::-1] for line in answer.out.splitlines() if "  " in line)
    fix = [line for line, verdict in lines.items() if verdict.strip() == "FIX"]
    assert {line.partition(":")[0] for line in fix} == {"database", "stripe"}
    kagibag("db", "upgrade")
    results = {result["name"]: result for result in json.loads(kagibag("doctor", "--json").out)}
    assert results["database"]["ok"]
    assert "kagibag sandbox" in results["stripe"]["sentence"]


def test_the_port_of_the_environment_counts_unless_the_command_line_names_one(
    kagibag: Kagibag, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(serve, "prepare", lambda settings, root: seen.append(settings.port))
    monkeypatch.setattr(serve, "run_all", lambda settings, *, ready: ready() or 0)
    assert kagibag("db", "upgrade").code == 0
    first = kagibag("run")
    assert first.code == 0
    assert "kagibag admin create" in first.out  # nobody sells here yet: the next step is said
    assert kagibag("run", port="22230").code == 0
    answer = kagibag("run", "--port", "22240", port="22230")
    assert seen == [22220, 22230, 22240]
    assert "http://127.0.0.1:22241/" in answer.out


def test_the_sandbox_alone_keeps_its_books_and_sends_events_to_the_product(
    kagibag: Kagibag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(server, "run", lambda config, host, port: started.append((config, port)))
    assert kagibag("sandbox").code == 0
    ((config, port),) = started
    assert (config.state_path, config.public_url, port) == (
        tmp_path / "stripe-sandbox.db",
        "http://127.0.0.1:22221",
        22221,
    )
    assert config.webhook_targets[0].url == "http://127.0.0.1:22220/api/stripe/webhook"
