"""The doctor looks at everything, never raises, and says what to do."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from kagibag_app import doctor
from kagibag_app.doctor import Result
from kagibag_app.gateways.stripe_api import StripePayments
from kagibag_app.settings import Settings
from kagibag_app.storage import schema

NOBODY = 22290


async def _results(folder: Path, **changes: Any) -> dict[str, Result]:
    return {
        found.name: found for found in await doctor.run(Settings(data_dir=folder, port=NOBODY, **changes))
    }


async def test_a_fresh_folder_is_told_its_two_next_commands(tmp_path: Path) -> None:
    results = await _results(tmp_path)
    assert {name for name, found in results.items() if not found.ok} == {"database", "stripe"}
    assert "kagibag db upgrade" in results["database"].sentence
    assert "kagibag sandbox" in results["stripe"].sentence
    assert "generated" in results["settings"].sentence


async def test_an_installation_that_is_well_needs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def account(_self: StripePayments) -> str:
        return "acct_1"

    monkeypatch.setattr(StripePayments, "platform_account", account)
    schema.upgrade(Settings(data_dir=tmp_path).database)
    results = await _results(tmp_path)
    assert [found for found in results.values() if not found.ok] == []
    assert results["stripe"].as_dict() == {
        "name": "stripe",
        "ok": True,
        "sentence": "Mode sandbox, account acct_1.",
    }


@pytest.mark.parametrize(
    ("settings", "name", "says"),
    [
        ({"secret_keys": "short"}, "settings", "32 characters"),
        ({"redis_url": f"redis://127.0.0.1:{NOBODY}/0"}, "redis", "KAGIBAG_REDIS_URL"),
        ({"smtp_url": f"smtp://127.0.0.1:{NOBODY}"}, "mail", "KAGIBAG_SMTP_URL"),
        ({"database_url": f"postgresql://127.0.0.1:{NOBODY}/k"}, "database", "KAGIBAG_DATABASE_URL"),
        ({"stripe_webhook_secrets": "secret"}, "webhook secret", "whsec_"),
    ],
)
async def test_what_is_wrong_is_named_with_its_setting(
    tmp_path: Path, settings: dict[str, Any], name: str, says: str
) -> None:
    found = (await _results(tmp_path, **settings))[name]
    assert not found.ok
    assert says in found.sentence


async def test_a_mail_server_that_answers_is_well(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", NOBODY))
        server.listen()
        assert (await _results(tmp_path, smtp_url=f"smtp://u:hidden@127.0.0.1:{NOBODY}"))["mail"].ok


async def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = (await _results(tmp_path / "file", secret_keys="k:" + "x" * 32, encryption_keys="k:" + "x" * 32))[
        "data folder"
    ]
    assert not found.ok
    assert "KAGIBAG_DATA_DIR" in found.sentence


async def test_attack_17_no_secret_is_in_what_it_says(tmp_path: Path) -> None:
    results = await _results(
        tmp_path,
        smtp_url=f"smtp://u:hidden@127.0.0.1:{NOBODY}",
        redis_url=f"redis://:hidden@127.0.0.1:{NOBODY}/0",
        database_url=f"postgresql://u:hidden@127.0.0.1:{NOBODY}/k",
        stripe_webhook_secrets="whsec_hidden",
    )
    assert "hidden" not in "".join(found.sentence for found in results.values())
