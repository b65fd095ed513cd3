"""How parts of names and addresses are looked for in SQLite's index of trigrams (`order_search_grams`)."""

from __future__ import annotations

from collections.abc import Iterable

# More of them leave fewer rows to compare, but each is a list as long as there are orders to walk along.
ASKED = 4
# The first of 4,096 signs for private use, which no text of ours holds: with three of them an organizer has a trigram of
# its own.
_FIRST_SIGN = 0xE000

# Letters of a hundred in names and words. Where nothing is known of a sign, it is rare.
_USUAL = {
    "e": 12.7, "t": 9.1, "a": 8.2, "o": 7.5, "i": 7.0, "n": 6.7, "s": 6.3, "h": 6.1, "r": 6.0, "d": 4.3, "l": 4.0, "c": 2.8,
    "u": 2.8, "m": 2.4, "w": 2.4, "f": 2.2, "g": 2.0, "y": 2.0, "p": 1.9, "b": 1.5, "v": 1.0, "k": 0.8, "j": 0.2, "x": 0.2,
    "q": 0.1, "z": 0.1,
}  # fmt: skip
_HOSTS = (
    "@gmail.com", "@googlemail.com", "@outlook.com", "@hotmail.com", "@yahoo.com", "@icloud.com", "@proton.me",
    "@example.com", "@example.org", "@web.de", "@gmx.de", "@gmx.net", "@live.com", "@aol.com", ".co.uk",
)  # fmt: skip


def _trigrams(text: str) -> Iterable[str]:
    return (text[at : at + 3] for at in range(len(text) - 2))


_EVERYWHERE = frozenset(trigram for host in _HOSTS for trigram in _trigrams(host))


def organizer_sign(organizer_id: int) -> str:
    """Return an organizer's own trigram; the migration's triggers write the same."""
    return "".join(chr(_FIRST_SIGN + ((organizer_id >> shift) & 4095)) for shift in (24, 12, 0))


def grams_match(organizer_id: int, words: Iterable[str]) -> str:
    """Return the FTS5 query for what may hold all of these words: an organizer's, with the rarest of their trigrams.

    It finds all that is wanted and some that is not: what it finds is compared to the letter.

    Args:
        words: Folded; at least one of three characters or more.
    """
    trigrams = dict.fromkeys(trigram for word in words for trigram in _trigrams(word))
    rarest = sorted(trigrams, key=_commonness)[:ASKED]
    parts = " AND ".join(_quoted(trigram) for trigram in rarest)
    return f"{_quoted(organizer_sign(organizer_id))} AND {parts}"


def _commonness(trigram: str) -> float:
    if trigram in _EVERYWHERE:
        return float("inf")
    found = 1.0
    for sign in trigram:
        found *= _USUAL.get(sign, 0.5)
    return found


def _quoted(trigram: str) -> str:
    doubled = trigram.replace('"', '""')
    return f'"{doubled}"'
