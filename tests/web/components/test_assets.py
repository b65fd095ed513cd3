"""Everything the browser loads comes from this host and exists."""

from __future__ import annotations

import re
from pathlib import Path

from kagibag_app.web.components.app_frame import STYLESHEETS
from kagibag_app.web.components.statuses import DISPUTE_STATE, ORDER, REFUND_STATE

ASSETS = Path(__file__).parents[3] / "assets"
TEXT = [path for path in ASSETS.rglob("*") if path.suffix in {".css", ".js", ".svg"}]


def test_assets_name_no_other_host_when_loaded() -> None:
    named = {
        path.name: found
        for path in TEXT
        if (found := re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", path.read_text(encoding="utf-8")))
    }
    # The name of SVG's namespace is asked of nobody.
    assert [url for urls in named.values() for url in urls if "www.w3.org" not in url] == []


def test_stylesheets_exist_when_the_app_lists_them() -> None:
    assert [name for name in STYLESHEETS if not (ASSETS / name.lstrip("/")).is_file()] == []
    on_disk = {f"/{path.relative_to(ASSETS).as_posix()}" for path in ASSETS.rglob("*.css")}
    assert on_disk == set(STYLESHEETS)


def test_fonts_exist_with_their_licences_when_tokens_name_them() -> None:
    named = re.findall(r'url\("(/fonts/[^"]+)"\)', (ASSETS / "tokens.css").read_text(encoding="utf-8"))
    assert named
    assert [font for font in named if not (ASSETS / font.lstrip("/")).is_file()] == []
    assert {path.name for path in (ASSETS / "fonts").glob("*.txt")} == {
        "geist-mono-OFL.txt",
        "hanken-grotesk-OFL.txt",
        "lucide-icons-ISC.txt",
    }


def test_stylesheets_use_only_tokens_that_exist() -> None:
    css = "\n".join(path.read_text(encoding="utf-8") for path in ASSETS.rglob("*.css"))
    defined = set(re.findall(r"(--[a-z0-9-]+)\s*:", css))
    used = set(re.findall(r"var\((--[a-z0-9-]+)(?=\))", css))
    assert used - defined == set()


def test_tokens_give_both_themes_the_same_names() -> None:
    text = (ASSETS / "tokens.css").read_text(encoding="utf-8")
    light, dark = (
        re.search(rf"{re.escape(head)} {{(.*?)\n}}", text, re.DOTALL) for head in (":root, .light", ".dark")
    )
    assert light is not None
    assert dark is not None
    names = [set(re.findall(r"(--[a-z0-9-]+)\s*:", block[1])) for block in (light, dark)]
    assert names[0] == names[1]


def test_badges_of_lists_have_a_glyph_when_their_look_names_one() -> None:
    drawn = set(
        re.findall(r'\[data-glyph="([a-z0-9-]+)"\] \{ --glyph', (ASSETS / "styles/glyphs.css").read_text())
    )
    looks = [look for table in (ORDER, DISPUTE_STATE, REFUND_STATE) for look in table.values()]
    assert {look.icon for look in looks} | {"credit-card", "gift"} == drawn
