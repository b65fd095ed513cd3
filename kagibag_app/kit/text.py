"""What people type, made safe to store and show: one line or several, never control characters, addresses masked."""

from __future__ import annotations

import re
import unicodedata

from kagibag_app.kit.errors import BadInput

# Bidirectional overrides and isolates can make a shown text read as another one.
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")

_ADDRESS = re.compile(r"([^\s@<>(),;:\"'])[^\s@<>(),;:\"']*@([^\s@<>(),;:\"']+)")


def one_line(value: object, *, field: str, limit: int = 200, required: bool = True) -> str:
    """Return a trimmed single line: line breaks become spaces, control and bidi characters go.

    Raises:
        BadInput: Not text, too long, or nothing visible in it although required.
    """
    return _check(" ".join(_clean(value, field, limit).split()), field=field, limit=limit, required=required)


def many_lines(value: object, *, field: str, limit: int = 2000, required: bool = False) -> str:
    """Return trimmed text that keeps its line breaks.

    Raises:
        BadInput: Not text, too long, or nothing visible in it although required.
    """
    text = _clean(value, field, limit).replace("\r\n", "\n").replace("\r", "\n").strip()
    return _check(text, field=field, limit=limit, required=required)


def _clean(value: object, field: str, limit: int) -> str:
    if not isinstance(value, str):
        raise BadInput("This field takes text.", field=field)
    if len(value) > 4 * limit + 100:
        raise BadInput(f"At most {limit:,} characters fit here; this has {len(value):,}.", field=field)
    kept = (
        c
        for c in value
        if c not in _BIDI and (c in "\n\r\t" or unicodedata.category(c) not in ("Cc", "Cs", "Co"))
    )
    return unicodedata.normalize("NFC", "".join(kept))


def _check(text: str, *, field: str, limit: int, required: bool) -> str:
    if len(text) > limit:
        raise BadInput(f"At most {limit:,} characters fit here; this has {len(text):,}.", field=field)
    if required and not any(unicodedata.category(c)[0] not in "CZ" for c in text):
        raise BadInput("Please fill this in.", field=field)
    return text


# Letters with a stroke or joined ones, which Unicode does not take apart: on many keyboards they can't be typed.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


def mask_email(email: str) -> str:
    """Return an address for those who may not read it: first letter and host stay."""
    local, _, host = email.rpartition("@")
    return f"{local[:1]}•••@{host}"


def masked(text: str) -> str:
    """Return what somebody wrote for those who may not read addresses: of each the first letter and host stay."""
    return _ADDRESS.sub(r"\1•••@\2", text)


def fold(text: str) -> str:
    """Return the text for comparison: NFKC, casefolded, without diacritics and strokes."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_PLAIN)
