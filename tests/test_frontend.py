"""The browser's side is built when its sources changed, and only then."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from kagibag_app import frontend


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one page, one service and one stylesheet."""
    for name in (
        "kagibag_app/web/attendee/page.py",
        "kagibag_app/features/orders/service.py",
        "assets/tokens.css",
    ):
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True)
        path.write_text("one")
    (tmp_path / "project" / "rxconfig.py").write_text("raise SystemExit('no settings here')")
    return tmp_path / "project"


def built(out: Path, script: str) -> Path:
    """A built page as Reflex leaves it, with the script that names the API's address."""
    assets = out / "build" / "client" / "assets"
    assets.mkdir(parents=True)
    path = assets / "reflex-env-x.js"
    path.write_text(script)
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(script.encode()))
    return path


def test_digest_changes_when_a_page_or_a_stylesheet_changes(root: Path) -> None:
    before = frontend.source_digest(root)
    (root / "kagibag_app/web/attendee/page.py").write_text("two")
    page = frontend.source_digest(root)
    (root / "assets/tokens.css").write_text("two")
    assert len({before, page, frontend.source_digest(root)}) == 3


def test_digest_stays_when_a_service_changes(root: Path) -> None:
    before = frontend.source_digest(root)
    (root / "kagibag_app/features/orders/service.py").write_text("two")
    assert frontend.source_digest(root) == before


def test_pin_digest_changes_when_a_package_is_pinned_anew(root: Path) -> None:
    before = frontend.pin_digest(root)
    (root / "reflex.lock").mkdir()
    (root / "reflex.lock" / "bun.lock").write_text("{}")
    assert frontend.pin_digest(root) != before


def test_build_fails_with_the_log_and_the_next_step_when_the_sources_are_broken(
    root: Path, tmp_path: Path
) -> None:
    out = tmp_path / "var" / "frontend"
    with pytest.raises(frontend.FrontendBuildError) as failure:
        frontend.build_if_stale(root, out)
    assert "no settings here" in str(failure.value)
    assert "Next:" in str(failure.value)
    assert frontend.is_stale(root, out)


def test_pages_ask_the_host_they_came_from_when_built(tmp_path: Path) -> None:
    script = built(tmp_path, "var e={PING:`http://localhost:8000/ping`,EVENT:`ws://localhost:8000/_event`};")
    frontend._follow_own_address(tmp_path)
    text = script.read_text()
    assert (
        text == "var e={PING:location.origin+`/ping`,EVENT:location.origin.replace(/^http/,`ws`)+`/_event`};"
    )
    assert gzip.decompress(script.with_name(f"{script.name}.gz").read_bytes()).decode() == text


def test_build_is_refused_when_the_address_is_not_where_it_was(tmp_path: Path) -> None:
    built(tmp_path, "var e={};")
    with pytest.raises(frontend.FrontendBuildError, match="different"):
        frontend._follow_own_address(tmp_path)


def test_policy_lets_in_only_the_inline_scripts_of_the_built_pages(tmp_path: Path) -> None:
    page = tmp_path / "build" / "client" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text('<script>a()</script><script src="/keys.js"></script><script type="module">b()</script>')
    policy = frontend.content_security_policy(tmp_path)
    assert len(frontend.script_hashes(tmp_path)) == 2
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe-inline" not in scripts
    assert "http" not in policy


def test_server_compiles_nothing_when_it_starts(tmp_path: Path) -> None:
    command = frontend.serve_command("127.0.0.1", 8000, workers=2)
    environment = frontend.serve_environment(tmp_path)
    assert command[-1] == "kagibag_app.kagibag_app:app"
    assert command[command.index("--workers") + 1] == "2"
    assert environment["__REFLEX_SKIP_COMPILE"] == "true"
    assert environment["REFLEX_WEB_WORKDIR"] == str(tmp_path.resolve())
