"""Settings say no early: contradictions, missing secrets, addresses that links can't be made of."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kagibag_app.settings import Env, KeyRing, Settings, SettingsError, StripeMode, generated_secrets

ROOT = Path(__file__).parent.parent
KEYS = "k1:" + "x" * 32
PRODUCTION: dict[str, Any] = {
    "env": "production",
    "secret_keys": KEYS,
    "encryption_keys": KEYS,
    "public_url": "https://tickets.example",
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No .env file and no PORT of the machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PORT", raising=False)


def test_production_starts_with_its_secrets_and_https() -> None:
    settings = Settings(**PRODUCTION)
    assert (settings.env, settings.secure_cookies, settings.may_charge_on_platform) == (
        Env.PRODUCTION,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"secret_keys": ""}, "KAGIBAG_SECRET_KEYS"),
        ({"encryption_keys": ""}, "KAGIBAG_ENCRYPTION_KEYS"),
        ({"public_url": ""}, "KAGIBAG_PUBLIC_URL"),
        ({"public_url": "http://tickets.example"}, "https://"),
        ({"bench": True}, "KAGIBAG_BENCH"),
    ],
)
def test_production_refuses_to_guess(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        Settings(**{**PRODUCTION, **change})


@pytest.mark.parametrize(
    ("mode", "key"),
    [
        ("test", ""), ("test", "sk_live_1"), ("live", ""), ("live", "sk_test_1"), ("sandbox", "sk_live_1"),
        ("sandbox", "rk_live_1"), ("test", "pk_test_1"),
    ],
)  # fmt: skip
def test_a_stripe_key_of_another_mode_is_refused(mode: str, key: str) -> None:
    with pytest.raises(ValidationError, match="KAGIBAG_STRIPE_MODE"):
        Settings(stripe_mode=mode, stripe_secret_key=key)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("mode", "key"), [("test", "rk_test_1"), ("live", "sk_live_1"), ("sandbox", "sk_test_1"), ("sandbox", "")]
)
def test_a_key_that_fits_the_mode_is_taken(mode: str, key: str) -> None:
    assert Settings(stripe_mode=mode, stripe_secret_key=key).stripe_mode is StripeMode(mode)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@db/kagibag", "postgresql+psycopg://u:p@db/kagibag"),
        ("postgresql://db/kagibag", "postgresql+psycopg://db/kagibag"),
        ("postgresql+psycopg://db/k", "postgresql+psycopg://db/k"),
        ("sqlite:////srv/k.db", "sqlite+aiosqlite:////srv/k.db"),
    ],
)
def test_a_database_url_gets_the_driver_that_fits(given: str, used: str) -> None:
    assert Settings(database_url=given).database == used


def test_without_a_database_url_the_file_is_in_the_data_folder(tmp_path: Path) -> None:
    assert (
        Settings(data_dir=Path("here")).database == f"sqlite+aiosqlite:///{tmp_path / 'here' / 'kagibag.db'}"
    )


@pytest.mark.parametrize(
    ("url", "origins"),
    [
        ("https://Tickets.Example/", {"https://tickets.example"}),
        ("https://tickets.example:443", {"https://tickets.example"}),
        ("https://tickets.example:8443", {"https://tickets.example:8443"}),
        ("http://localhost:8000", {"http://localhost:8000", "http://127.0.0.1:8000"}),
        ("", {"http://localhost:8000", "http://127.0.0.1:8000"}),
        ("http://[::1]:9000", {"http://[::1]:9000"}),
    ],
)
def test_origins_are_written_as_browsers_write_them(url: str, origins: set[str]) -> None:
    assert Settings(public_url=url).allowed_origins == origins


def test_production_lets_no_loopback_origin_in() -> None:
    assert Settings(**PRODUCTION).allowed_origins == {"https://tickets.example"}


def test_the_port_comes_from_the_setting_or_from_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9100")
    assert (Settings().port, Settings().sandbox_url) == (9100, "http://127.0.0.1:9101")
    monkeypatch.setenv("KAGIBAG_PORT", "9200")
    assert Settings(sandbox_port=7000).sandbox_url == "http://127.0.0.1:7000"
    assert Settings().base_url == "http://localhost:9200"


def test_secrets_of_a_laptop_are_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    made = generated_secrets(tmp_path / "new")
    file = tmp_path / "new" / "secrets.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert generated_secrets(tmp_path / "new") == made == json.loads(file.read_text())
    assert len(set(made.values())) == 3
    assert [path.name for path in file.parent.iterdir()] == ["secrets.json"]


def test_processes_that_start_together_agree_on_the_secrets(tmp_path: Path) -> None:
    code = (
        "import sys, json, pathlib; from kagibag_app.settings import generated_secrets; "
        "print(json.dumps(generated_secrets(pathlib.Path(sys.argv[1]))))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(3)
    ]  # fmt: skip
    answers = {process.communicate(timeout=30)[0] for process in started}
    assert len(answers) == 1
    assert json.loads(answers.pop()) == generated_secrets(tmp_path)


def test_keys_are_read_newest_first_and_short_ones_refused() -> None:
    ring = KeyRing.parse(f" k2:{'b' * 32} , k1:{'a' * 40}:x ,")
    assert (ring.newest, list(ring)) == (("k2", "b" * 32), ["k2", "k1"])
    for wrong in ("x" * 40, "k1:short", ":" + "a" * 32):
        with pytest.raises(SettingsError, match="32 characters"):
            KeyRing.parse(wrong)


def test_configured_keys_are_used_and_nothing_is_generated(tmp_path: Path) -> None:
    settings = Settings(**PRODUCTION, data_dir=tmp_path)
    assert settings.signing_keys().newest == settings.sealing_keys().newest == ("k1", "x" * 32)
    assert list(tmp_path.iterdir()) == []


def test_signing_secrets_of_stripe_are_generated_for_the_sandbox_only(tmp_path: Path) -> None:
    sandbox = Settings(data_dir=tmp_path)
    assert sandbox.stripe_signing_secrets() == (generated_secrets(tmp_path)["sandbox_webhook"],)
    real = Settings(data_dir=tmp_path, stripe_mode="test", stripe_secret_key="sk_test_1")  # pyright: ignore[reportArgumentType]
    assert real.stripe_signing_secrets() == ()
    assert Settings(stripe_webhook_secrets=" a, b ,").stripe_signing_secrets() == ("a", "b")  # pyright: ignore[reportArgumentType]


def test_attack_17_no_secret_is_in_the_text_of_the_settings() -> None:
    shown = repr(
        Settings(**{**PRODUCTION, "stripe_secret_key": "sk_test_hidden", "smtp_url": "smtp://u:hidden@h"})
    )
    assert "hidden" not in shown
    assert "x" * 32 not in shown
