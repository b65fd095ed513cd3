"""Cut the typefaces of the PDF documents from the packages they come in. Run once; the result is committed.

    python scripts/document_typefaces.py SOURCES OUT

``SOURCES`` is a folder with the unpacked npm packages ``@fontsource/hanken-grotesk``, ``@fontsource/inter``,
``@fontsource/geist-mono`` and ``@fontsource/noto-sans-thai`` (5.3.0), each under its own name, and beside them
``DejaVuSans.ttf`` (Debian ``fonts-dejavu-core`` 2.37) and ``DroidSansFallback.ttf`` (Debian ``fonts-droid-fallback`` 6.0.1).

Layout tables, hints and glyph names go: the documents draw glyph by glyph. None of the licences reserves a name that is
used here; they lie beside the results.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

_DROPPED = ["GSUB", "GPOS", "GDEF", "vhea", "vmtx", "FFTM", "STAT", "DSIG", "kern", "MATH", "gasp"]
# Blocks of DejaVu Sans that the text faces lack: more Latin, Greek, Cyrillic; Armenian, Hebrew, Arabic with its joined
# forms, Georgian; signs, arrows, symbols.
_MORE = (
    (0x180, 0x2AF), (0x300, 0x36F), (0x370, 0x3FF), (0x460, 0x52F), (0x530, 0x58F), (0x591, 0x5F4), (0x600, 0x6FF),
    (0x750, 0x77F), (0x10A0, 0x10FF), (0x1E00, 0x1FFF), (0x2010, 0x206F), (0x2070, 0x20BF), (0x2100, 0x22FF),
    (0x2300, 0x23FF), (0x2500, 0x27BF), (0x2B00, 0x2B5A), (0xFB00, 0xFDFF), (0xFE70, 0xFEFF), (0x1F600, 0x1F64F),
)  # fmt: skip
# What names in Chinese, Japanese and Korean are written with: the common levels of the national character sets.
_EAST_ASIAN = (
    ("gb2312", range(0xB0, 0xD8)),
    ("shift_jis", range(0x81, 0x99)),
    ("big5", range(0xA1, 0xC7)),
    ("euc_kr", range(0xB0, 0xC9)),
)


def main(sources: Path, out: Path) -> None:
    """Write every typeface."""
    for weight in (400, 600):
        for name, family, subsets in (
            ("text", "hanken-grotesk", ("latin", "latin-ext", "vietnamese")),
            ("text-more", "inter", ("cyrillic", "cyrillic-ext", "greek")),
        ):
            parts = [
                _cut(sources / family / "files" / f"{family}-{part}-{weight}-normal.woff", None, out)
                for part in subsets
            ]
            _save(Merger().merge([str(part) for part in parts]), out / f"{name}-{weight}.woff")
            for part in parts:
                part.unlink()
    single = (
        ("mono-400", sources / "geist-mono" / "files" / "geist-mono-latin-400-normal.woff", None),
        ("thai-400", sources / "noto-sans-thai" / "files" / "noto-sans-thai-thai-400-normal.woff", None),
        ("signs-400", sources / "DejaVuSans.ttf", [c for a, b in _MORE for c in range(a, b + 1)]),
        ("east-asian-400", sources / "DroidSansFallback.ttf", _east_asian()),
    )
    for name, source, codes in single:
        part = _cut(source, codes, out)
        _save(TTFont(part), out / f"{name}.woff")
        part.unlink()


def _cut(source: Path, codes: Iterable[int] | None, out: Path) -> Path:
    font = TTFont(source)
    font.flavor = None
    known = set(font.getBestCmap() or ())
    options = Options()
    options.layout_features, options.hinting, options.glyph_names = [], False, False
    options.drop_tables = [*options.drop_tables, *_DROPPED]
    options.name_IDs = ["*"]  # pyright: ignore[reportAttributeAccessIssue] - "*" is every name
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=known if codes is None else known & set(codes))
    subsetter.subset(font)
    part = out / f"{source.stem}.part"
    font.save(part)
    return part


def _save(font: TTFont, path: Path) -> None:
    font.flavor = "woff"
    font.save(path)
    print(f"{path.name}: {len(font.getBestCmap() or ()):,} characters, {path.stat().st_size:,} bytes")


def _east_asian() -> set[int]:
    found: set[int] = set()
    for codec, lead in _EAST_ASIAN:
        for first in lead:
            for second in range(0x40, 0x100):
                found |= {ord(c) for c in bytes([first, second]).decode(codec, "ignore")}
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
