"""Text as it stands on paper: cleaned, its Arabic letters joined, right-to-left runs in the order of the eye.

A PDF page is drawn glyph by glyph from left to right; what a browser does with a line before it shows it is done here.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from fpdf.bidi import BidiParagraph
from fpdf.enums import TextDirection

from kagibag_app.kit.text import one_line

# No name or title of ours is longer; what is stored longer than that would fill pages.
LONGEST = 500
_TATWEEL = "\u0640"
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


def clean(text: str) -> str:
    """Return the text as one line without control characters, as ``kit.text`` stores it, cut at ``LONGEST``."""
    shown = one_line(text[: LONGEST + 1], field="", limit=4 * LONGEST, required=False)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def laid_out(line: str) -> str:
    """Return a line of left-to-right text in the order in which its glyphs are drawn."""
    if not any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in line):
        return line
    return BidiParagraph(text=_joined(line), base_direction=TextDirection.LTR).get_reordered_string()


def _joined(text: str) -> str:
    """Put the joined form of every Arabic letter in its place.

    Source: The Unicode Standard, chapter 9.2, "Arabic Cursive Joining"; the forms are those of the blocks Arabic
    Presentation Forms A and B.
    """
    forms = _forms()
    shown: list[str] = []
    position = 0
    while position < len(text):
        pair = text[position : position + 2]
        # Lam and alef are written as one.
        letter = pair if len(pair) > 1 and pair in forms else text[position]
        own = forms.get(letter)
        if own is None:
            shown.append(letter)
        else:
            before = _joins_onwards(text, position - 1)
            behind = "initial" in own and _takes_up(text, position + len(letter))
            name = ("medial" if before else "initial") if behind else ("final" if before else "isolated")
            shown.append(own.get(name, letter))
        position += len(letter)
    return "".join(shown)


def _joins_onwards(text: str, position: int) -> bool:
    """Say whether the letter at or before a position reaches out to what follows."""
    while position >= 0 and unicodedata.category(text[position]) == "Mn":
        position -= 1
    return position >= 0 and (text[position] == _TATWEEL or "initial" in _forms().get(text[position], {}))


def _takes_up(text: str, position: int) -> bool:
    """Say whether the letter at or after a position joins to what stands before it."""
    while position < len(text) and unicodedata.category(text[position]) == "Mn":
        position += 1
    return position < len(text) and (
        text[position] == _TATWEEL or "final" in _forms().get(text[position], {})
    )


@lru_cache(maxsize=1)
def _forms() -> dict[str, dict[str, str]]:
    """Return the joined forms of each Arabic letter, and of lam with alef, by name."""
    found: dict[str, dict[str, str]] = {}
    for code in (*range(0xFB50, 0xFBB2), *range(0xFBD3, 0xFC00), *range(0xFE80, 0xFEFD)):
        kind, *letters = unicodedata.decomposition(chr(code)).split() or [""]
        base = "".join(chr(int(letter, 16)) for letter in letters)
        if len(base) == 1 or (base[:1] == "\u0644" and len(base) == 2):
            found.setdefault(base, {}).setdefault(kind.strip("<>"), chr(code))
    return found
