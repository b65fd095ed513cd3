"""Configuration from the environment and the command line."""

from pathlib import Path

import pytest

from kagibag_app.sandbox import SandboxConfig, WebhookTarget
from kagibag_app.sandbox.server import configured


def test_defaults_hold_when_the_environment_is_empty() -> None:
    assert SandboxConfig.from_env() == SandboxConfig()


def test_environment_is_read_when_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGIBAG_SANDBOX_STATE", "/var/lib/kagibag/sandbox.db")
    monkeypatch.setenv("KAGIBAG_SANDBOX_URL", "http://localhost:9001/")
    monkeypatch.setenv("KAGIBAG_SANDBOX_WEBHOOK_URL", "http://localhost:9000/api/stripe/webhook")
    monkeypatch.setenv("KAGIBAG_SANDBOX_WEBHOOK_SECRET", "whsec_env")
    config, host, port = configured(["--port", "9001"])
    assert (host, port) == ("127.0.0.1", 9001)
    assert config.state_path == Path("/var/lib/kagibag/sandbox.db")
    assert (config.public_url, config.host) == ("http://localhost:9001", "localhost")
    assert config.webhook_targets == (WebhookTarget("http://localhost:9000/api/stripe/webhook", "whsec_env"),)


def test_options_win_when_given() -> None:
    config, _, _ = configured(
        [
            "--port",
            "9001",
            "--state",
            "s.db",
            "--webhook-url",
            "http://a.example",
            "--webhook-secret",
            "whsec_a",
        ]
    )
    assert config.public_url == "http://127.0.0.1:9001"
    assert config.state_path == Path("s.db")
    assert config.webhook_targets == (WebhookTarget("http://a.example", "whsec_a"),)
    assert configured(["--public-url", "http://pay.example/"])[0].public_url == "http://pay.example"


def test_command_line_is_refused_when_a_secret_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        configured(["--webhook-url", "http://a.example"])
    monkeypatch.setenv("KAGIBAG_SANDBOX_WEBHOOK_URL", "http://a.example")
    with pytest.raises(SystemExit):
        configured([])
