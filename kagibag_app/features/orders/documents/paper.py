"""Sheets to draw on: typefaces, inks, lines of text, rules, badges, QR codes. Lengths are points from the top left."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

from fpdf import FPDF
from fpdf.drawing import PaintedPath
from fpdf.prefs import ViewerPreferences

from kagibag_app.features.orders.documents.qr import dark_runs, modules
from kagibag_app.features.orders.documents.writing import clean, laid_out

Colour = tuple[int, int, int]

A4, LETTER, A6 = (595.28, 841.89), (612.0, 792.0), (297.64, 419.53)

# The light theme of assets/tokens.css: two inks, one accent, hairlines, soft badges.
INK: Colour = (0x21, 0x20, 0x1C)
INK_2: Colour = (0x63, 0x63, 0x5E)
WHITE: Colour = (0xFF, 0xFF, 0xFF)
ACCENT: Colour = (0x00, 0x65, 0x7E)
LINE: Colour = (0xE6, 0xE4, 0xE0)
LINE_STRONG: Colour = (0xD5, 0xD3, 0xCE)
TONES: dict[str, tuple[Colour, Colour]] = {
    "neutral": ((0xE9, 0xE8, 0xE6), (0x63, 0x63, 0x5E)),
    "progress": ((0xE0, 0xF3, 0xFA), (0x00, 0x5F, 0x77)),
    "good": ((0xE6, 0xF6, 0xEB), (0x17, 0x69, 0x3F)),
    "attention": ((0xFB, 0xF2, 0xD8), (0x8A, 0x4F, 0x00)),
    "bad": ((0xFE, 0xEB, 0xEC), (0xB8, 0x1F, 0x27)),
}

UNKNOWN = "\N{WHITE VERTICAL RECTANGLE}"
"""Stands for a character that no typeface here has; ``Paper.unknown`` tells that it was used."""

_TYPEFACES = Path(__file__).parent / "typefaces"
_COMMON = ("signs-400", "thai-400", "east-asian-400")
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Type:
    """How a text is set.

    Attributes:
        size: Points.
        strong: Semibold.
        mono: For what a machine made: numbers and codes.
    """

    size: float
    strong: bool = False
    mono: bool = False
    ink: Colour = INK

    @property
    def faces(self) -> tuple[str, ...]:
        """The typefaces that a character is looked up in, one after the other."""
        weight = 600 if self.strong else 400
        own = (f"text-{weight}", f"text-more-{weight}", *_COMMON)
        return ("mono-400", *own) if self.mono else own


class Paper:
    """A PDF in the making.

    Args:
        size: Width and height of every sheet.
        title: Shown by viewers in their title bar.
        author: The organizer.
        subject: What it is about.
        made_at: When, with its zone.

    Attributes:
        unknown: A character had no glyph and ``UNKNOWN`` was printed instead.
    """

    def __init__(
        self, size: tuple[float, float], *, title: str, author: str, subject: str, made_at: datetime
    ) -> None:
        self.width, self.height = size
        self.unknown = False
        self._chosen: dict[tuple[tuple[str, ...], str], list[tuple[str, str]]] = {}
        self._pdf = pdf = FPDF(unit="pt", format=size)
        pdf.set_title(clean(title))
        pdf.set_author(clean(author))
        pdf.set_subject(clean(subject))
        pdf.set_creator("Kagibag")
        pdf.set_lang("en")
        pdf.set_creation_date(made_at)
        pdf.set_auto_page_break(auto=False)
        pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)

    def sheet(self) -> None:
        """Begin a new sheet."""
        self._pdf.add_page()

    def finish(self) -> bytes:
        """Return the PDF."""
        return bytes(self._pdf.output())

    def measure(self, text: str, type: Type) -> float:
        """Return how wide a text is when it is written on one line."""
        return sum(width for _, _, width in self._runs(clean(text), type))

    def write(self, x: float, y: float, text: str, type: Type, *, align: str = "left") -> None:
        """Write one line with its baseline at ``y``; ``align`` says which end of it is at ``x``: left, centre, right."""
        runs = list(self._runs(laid_out(clean(text)), type))
        whole = sum(width for _, _, width in runs)
        x -= {"left": 0.0, "centre": whole / 2, "right": whole}[align]
        self._pdf.set_text_color(*type.ink)
        for face, run, width in runs:
            self._pdf.set_font(face, size=type.size)
            self._pdf.text(x, y, run)
            x += width

    def lines(self, text: str, width: float, type: Type, *, most: int = 2) -> list[str]:
        """Return the text broken into lines of at most that width; what does not fit in ``most`` ends in an ellipsis."""
        found: list[str] = [""]
        for word in _words(clean(text)):
            if self.measure((found[-1] + word).rstrip(), type) <= width:
                found[-1] += word
            else:
                *full, last = self._broken(word.lstrip(), width, type)
                found += [*full, last]
            if len(found) > most + 1:
                break
        kept = [line.strip() for line in found if line.strip()]
        if len(kept) > most:
            kept = [*kept[: most - 1], self._cut(kept[most - 1] + _ELLIPSIS, width, type)]
        return kept

    def paragraph(
        self, x: float, y: float, text: str, width: float, type: Type, *, leading: float, most: int = 2
    ) -> float:
        """Write a text in lines, the first baseline at ``y``; return where the next line would stand."""
        for line in self.lines(text, width, type, most=most):
            self.write(x, y, line, type)
            y += leading
        return y

    def rule(self, x: float, y: float, end: float, *, colour: Colour = LINE, dashed: bool = False) -> None:
        """Draw a hairline; dashed it is the tear line above a total."""
        self._pdf.set_draw_color(*colour)
        self._pdf.set_line_width(0.75)
        self._pdf.set_dash_pattern(*((3, 2) if dashed else (0, 0)))
        self._pdf.line(x, y, end, y)
        self._pdf.set_dash_pattern()

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: Colour | None = None,
        border: Colour | None = None, radius: float = 0.0,
    ) -> None:  # fmt: skip
        """Draw a rectangle, filled or framed or both."""
        if fill:
            self._pdf.set_fill_color(*fill)
        if border:
            self._pdf.set_draw_color(*border)
            self._pdf.set_line_width(0.75)
        self._pdf.rect(
            x, y, width, height, style=("D" if border else "") + ("F" if fill else ""),
            round_corners=radius > 0, corner_radius=radius,
        )  # fmt: skip

    def disc(self, x: float, y: float, radius: float, *, fill: Colour, border: Colour) -> None:
        """Draw a disc around a point."""
        self._pdf.set_fill_color(*fill)
        self._pdf.set_draw_color(*border)
        self._pdf.set_line_width(0.75)
        self._pdf.circle(x=x, y=y, radius=radius, style="DF")

    def badge(self, right: float, y: float, word: str, tone: str) -> float:
        """Write a status in its tone, its baseline at ``y``; return where its left edge is."""
        ground, ink = TONES[tone]
        type = Type(8.5, strong=True, ink=ink)
        width = self.measure(word, type) + 12
        self.box(right - width, y - 11, width, 16, fill=ground, radius=2.5)
        self.write(right - width + 6, y, word, type)
        return right - width

    def turned(self, x: float, y: float, text: str, type: Type) -> None:
        """Write a spaced text upwards, centred on a point."""
        with self._pdf.rotation(90, x, y):
            self._pdf.set_char_spacing(type.size * 0.14)
            self.write(x, y + type.size * 0.36, text, type, align="centre")
            self._pdf.set_char_spacing(0)

    def mark(self, x: float, y: float, size: float) -> None:
        """Draw the product's mark, as ``assets/favicon.svg`` has it."""
        unit = size / 24
        self.box(x + 2 * unit, y + 3 * unit, 20 * unit, 18 * unit, fill=ACCENT, radius=2 * unit)
        for side in (2, 22):
            self.disc(x + side * unit, y + 12 * unit, 2.9 * unit, fill=WHITE, border=WHITE)
        self.disc(x + 12 * unit, y + 9.9 * unit, 3.1 * unit, fill=WHITE, border=WHITE)
        self._pdf.set_fill_color(*WHITE)
        corners = ((10.3, 12.4), (13.7, 12.4), (14.5, 17.4), (9.5, 17.4))
        self._pdf.polygon([(x + a * unit, y + b * unit) for a, b in corners], style="F")

    def qr(self, x: float, y: float, side: float, text: str) -> None:
        """Draw a QR code without its quiet zone, dark on white, as one shape: sharp at any size."""
        rows = modules(text)
        unit = side / len(rows)
        path = PaintedPath()
        path.style.fill_color, path.style.stroke_color = "#21201c", None
        for row, line in enumerate(rows):
            for start, length in dark_runs(line):
                path.rectangle(x + start * unit, y + row * unit, length * unit, unit)
        with self._pdf.drawing_context() as context:
            context.add_item(path, clone=False)

    def _runs(self, text: str, type: Type) -> Iterator[tuple[str, str, float]]:
        """Yield the text in parts of one typeface each, with their widths."""
        faces = type.faces
        set_in = [printed for c in text for printed in self._set_in(c, faces)]
        for face, part in groupby(set_in, key=lambda pair: pair[0]):
            run = "".join(c for _, c in part)
            self._pdf.set_font(face, size=type.size)
            yield face, run, self._pdf.get_string_width(run, normalized=True)

    def _set_in(self, character: str, faces: tuple[str, ...]) -> list[tuple[str, str]]:
        """Return the typeface that has a character, with what is printed for it; nothing for what is left out."""
        found = self._chosen.get((faces, character))
        if found is None:
            found = self._chosen[faces, character] = self._look_up(character, faces)
        return found

    def _look_up(self, character: str, faces: tuple[str, ...]) -> list[tuple[str, str]]:
        for face in faces:
            if ord(character) in self._glyphs(face):
                return [(face, character)]
        if unicodedata.category(character) in ("Mn", "Me", "Cf"):
            # A mark or joiner without a glyph leaves its letter readable.
            return []
        self.unknown = True
        return [("signs-400", UNKNOWN)]

    def _glyphs(self, face: str) -> dict[int, str]:
        """Return what a typeface can print; it is read when the first character asks for it."""
        if face not in self._pdf.fonts:
            self._pdf.add_font(face, fname=_TYPEFACES / f"{face}.woff")
        return self._pdf.fonts[face].cmap  # pyright: ignore[reportAttributeAccessIssue]

    def _broken(self, word: str, width: float, type: Type) -> list[str]:
        """Return a word in parts that fit; usually it fits whole."""
        parts, used = [""], 0.0
        for character in word:
            wide = self.measure(character, type)
            if parts[-1] and used + wide > width:
                parts.append("")
                used = 0.0
            parts[-1] += character
            used += wide
        return parts

    def _cut(self, line: str, width: float, type: Type) -> str:
        while len(line) > 1 and self.measure(line, type) > width:
            line = line[:-2].rstrip() + _ELLIPSIS
        return line


def _words(text: str) -> Iterator[str]:
    """Yield words with the space before them; scripts without spaces may break anywhere."""
    word = ""
    for character in text:
        wide = unicodedata.east_asian_width(character) in ("W", "F")
        if word and (character == " " or wide):
            yield word
            word = ""
        word += character
    if word:
        yield word
