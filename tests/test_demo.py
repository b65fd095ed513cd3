"""The demo is made once, through the real services, and its books are clean."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from kagibag_app.bootstrap import build
from kagibag_app.demo.example import Login, slug_of
from kagibag_app.demo.organizer import PEOPLE, make_demo
from kagibag_app.jobs.audit import run as audit
from kagibag_app.kit.errors import BadInput
from kagibag_app.sandbox.app import create_app
from kagibag_app.sandbox.config import SandboxConfig
from kagibag_app.settings import Settings, SettingsError
from kagibag_app.storage import lock, schema


def _settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, env="demo", port=22250)  # pyright: ignore[reportArgumentType]


def _organization(settings: Settings, name: str) -> None:
    """Put an organization into a database, as anybody's installation has one."""
    schema.upgrade(settings.database)
    engine = sa.create_engine(schema.sync_url(settings.database))
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO organizers (public_id, name, slug, currency, zone, created_at, application_fee_bp)"
                " VALUES (:s, :s, :s, 'USD', 'UTC', '2026-01-01', 0)"
            ),
            {"s": name},
        )
    engine.dispose()


def _count(settings: Settings, table: str) -> int:
    engine = sa.create_engine(schema.sync_url(settings.database))
    with engine.connect() as connection:
        found = connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608 - our own tables
    engine.dispose()
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, list[Login]]:
    """A demo whose first making was interrupted half way."""
    settings = _settings(tmp_path_factory.mktemp("demo"))
    _organization(settings, "lantern-row")
    (settings.data_dir / "demo.unfinished").touch()
    (settings.data_dir / "stripe-sandbox.db").write_bytes(b"half written")
    return settings, make_demo(settings, progress=lambda _line: None)


def test_an_interrupted_making_is_begun_anew(made: tuple[Settings, list[Login]]) -> None:
    settings, logins = made
    assert [login.email for login in logins] == [email for _, email, _ in PEOPLE]
    assert _count(settings, "organizers") == 1
    assert not (settings.data_dir / "demo.unfinished").exists()


def test_a_second_start_gives_the_same_logins_and_makes_nothing(made: tuple[Settings, list[Login]]) -> None:
    settings, logins = made
    before = _count(settings, "orders"), (settings.data_dir / "stripe-sandbox.db").stat().st_mtime_ns
    said: list[str] = []
    assert make_demo(settings, progress=said.append) == logins
    assert said == []
    assert (
        _count(settings, "orders"),
        (settings.data_dir / "stripe-sandbox.db").stat().st_mtime_ns,
    ) == before


def test_the_demos_books_are_clean_here_and_at_stripe(made: tuple[Settings, list[Login]]) -> None:
    settings, _ = made

    async def look() -> list[str]:
        app = create_app(SandboxConfig(state_path=settings.data_dir / "stripe-sandbox.db"))
        runtime = await build(settings, stripe_transport=httpx.ASGITransport(app))
        try:
            findings = await audit(runtime, stripe=True)
        finally:
            await runtime.close()
            await app.state.sandbox.close()
        return [f"{found.number} {found.name}: {found.examples}" for found in findings if found.count]

    assert asyncio.run(look()) == []


def test_the_demo_has_something_of_everything(made: tuple[Settings, list[Login]]) -> None:
    settings, _ = made
    assert _count(settings, "orders") > 25
    assert _count(settings, "refunds") >= 4
    assert _count(settings, "disputes") == 3
    assert _count(settings, "outbox WHERE status = 'dead'") == 0


def test_another_installation_in_the_folder_is_left_as_it_is(tmp_path: Path) -> None:
    # By that name too: only the mark of an interrupted making says that it is a demo.
    settings = _settings(tmp_path)
    _organization(settings, "lantern-row")
    with pytest.raises(SettingsError, match="was left as it is"):
        make_demo(settings, progress=lambda _line: None)
    assert _count(settings, "organizers") == 1


def test_a_folder_that_a_process_works_in_is_left_alone(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    with lock.hold(tmp_path), pytest.raises(SettingsError, match="already works in"):
        make_demo(settings, progress=lambda _line: None)


def test_a_marker_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text(json.dumps([{"email": "a@b.c", "password": "p", "role": "owner"}]))
    assert make_demo(_settings(tmp_path), progress=print) == [Login("a@b.c", "p", "owner")]


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Lantern Row", "lantern-row"), ("  Café Ñandú & Söhne! ", "cafe-nandu-sohne"), ("x" * 90, "x" * 60)],
)
def test_a_name_becomes_a_slug(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_a_name_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(BadInput):
        slug_of("!!! 東京")
