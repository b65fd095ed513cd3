"""What the search box means: one text, read as a number, a code, an address, a Stripe id or a piece of a name.

Everything is compared folded (NFKC, casefolded, no diacritics): `order_values`, `code_value` and `stripe_value`
make what is stored, `looked_for` makes what is asked, and no database folds anything itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kagibag_app.kit.ids import normalise_code
from kagibag_app.kit.text import fold, one_line

# A search looks at no more orders than this; beyond it, people are asked to refine it.
CANDIDATES = 2000
# Shorter pieces of a number would find half of all orders.
NUMBER_PART = 4
_NUMBER_CHARS, _NUMBER_MAX = 8, 40
# Longest stored value, in characters: no address is longer, and a key of a B-tree page must hold it.
VALUE_LIMIT = 254
# Nobody pastes more references than this at once on purpose.
WHOLE_VALUES = 8


class SearchKind(StrEnum):
    """What a stored value is."""

    NUMBER = "number"
    EMAIL = "email"
    NAME = "name"
    TICKET = "ticket"
    INTENT = "intent"
    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"


STRIPE_KINDS = (SearchKind.INTENT, SearchKind.CHARGE, SearchKind.REFUND, SearchKind.DISPUTE)
# These are found by any part of them, the others whole or from their beginning.
BY_PART = (SearchKind.EMAIL, SearchKind.NAME)

Value = tuple[SearchKind, str]

_NUMBER_LENGTH, _TICKET_LENGTH = len("KB7F3K9Q2M"), len("T4MQ7ZB2X9HCE")
_STRIPE_PREFIXES = {
    "pi": SearchKind.INTENT,
    "ch": SearchKind.CHARGE,
    "py": SearchKind.CHARGE,
    "re": SearchKind.REFUND,
    "pyr": SearchKind.REFUND,
    "dp": SearchKind.DISPUTE,
    "du": SearchKind.DISPUTE,
}
# A reference inside something pasted: an address of our pages or of Stripe's, a sentence of a mail.
_STRIPE_ID = re.compile(rf"(?<![a-z0-9_])({'|'.join(_STRIPE_PREFIXES)})_[a-z0-9]+(?![a-z0-9_@])")
_NUMBER = re.compile(r"(?<![a-z0-9])kb-?[a-z0-9]{4}-?[a-z0-9]{4}(?![a-z0-9@])")
_TICKET = re.compile(r"(?<![a-z0-9])t-?[a-z0-9]{4}-?[a-z0-9]{4}-?[a-z0-9]{4}(?![a-z0-9@])")
_ONLY_CODE = re.compile(r"[a-z0-9\s#‐-―-]+")
# The index of parts knows runs of three letters or digits; shorter ones would be looked for in every order.
_PART = re.compile(r"[^\W_]{3}")
_AROUND_WORDS = ",;<>"
_AROUND_ADDRESSES = ",;<>()[]\"'"


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked for. ``whole`` values decide alone; the rest counts only when none of them is there.

    Attributes:
        whole: Values that must be exactly these.
        beginnings: What values may begin with.
        words: Pieces of which one value must hold all; empty: nothing is looked for by part.
        within: The kinds that may hold the words.
    """

    whole: tuple[Value, ...] = ()
    beginnings: tuple[Value, ...] = ()
    words: tuple[str, ...] = ()
    within: tuple[SearchKind, ...] = ()


def search_text(typed: object) -> str:
    """Return what was typed into the search box as one clean line.

    Raises:
        BadInput: Not text, or longer than any number or address.
    """
    return one_line(typed, field="search", limit=254, required=False)


def written_number(typed: str) -> str:
    """Return an order number as it is stored, ``KB-7F3K-9Q2M``; empty for what can't be one.

    Any case, with or without dashes and prefix, look-alike letters forgiven.
    """
    part = normalise_code(typed[:_NUMBER_MAX])
    part = part.removeprefix("KB") if len(part) > _NUMBER_CHARS else part
    return f"KB-{part[:4]}-{part[4:]}" if len(part) == _NUMBER_CHARS and part.isascii() else ""


def number_part(search: str) -> str:
    """Return the part of an order number that a search means, without dashes; empty when it is too short.

    Any case, with or without dashes and prefix, look-alike letters forgiven.
    """
    part = normalise_code(search)
    return part if len(part) >= NUMBER_PART and part.isascii() else ""


def order_values(*, number: str, email: str, name: str) -> list[Value]:
    """Return what an order is found by from the moment it is placed."""
    return [
        (SearchKind.NUMBER, code_value(number)),
        (SearchKind.EMAIL, text_value(email)),
        (SearchKind.NAME, text_value(name)),
    ]


def code_value(code: str) -> str:
    """Return an order number or a ticket code as it is stored and compared: ``kb7f3k9q2m``."""
    return normalise_code(code).lower()


def stripe_value(stripe_id: str) -> str:
    """Return one of Stripe's ids as it is stored and compared."""
    return text_value(stripe_id)


def text_value(text: str) -> str:
    """Return an address or a name as it is stored and compared, its white space as single blanks."""
    return " ".join(fold(text).split())[:VALUE_LIMIT]


def looked_for(search: str, *, show_emails: bool = True) -> Looked:
    """Read a search.

    Args:
        search: One clean line (see ``search_text``).
        show_emails: False for those who see masked addresses: they find an address only whole.
    """
    text = text_value(search)
    code = code_value(text) if _ONLY_CODE.fullmatch(text) else ""
    words = tuple(filter(None, (word.strip(_AROUND_WORDS) for word in text.split())))
    within = BY_PART if show_emails and len(words) == 1 else (SearchKind.NAME,)
    by_part = any(_PART.search(word) for word in words)
    beginnings = _numbers_from(code)
    if text and not by_part:
        beginnings += [(kind, text) for kind in within]
    return Looked(
        whole=tuple(dict.fromkeys(_whole(text, code)))[:WHOLE_VALUES],
        beginnings=tuple(beginnings),
        words=words if by_part else (),
        within=within if by_part else (),
    )


def _whole(text: str, code: str) -> Iterable[Value]:
    if len(code) == _NUMBER_LENGTH and code.startswith("kb"):
        yield SearchKind.NUMBER, code
    if len(code) == _NUMBER_LENGTH - 2:
        yield SearchKind.NUMBER, f"kb{code}"
    if len(code) == _TICKET_LENGTH and code.startswith("t"):
        yield SearchKind.TICKET, code
    if len(code) == _TICKET_LENGTH - 1:
        yield SearchKind.TICKET, f"t{code}"
    for word in text.split():
        address = word.strip(_AROUND_ADDRESSES).removeprefix("mailto:")
        if "@" in address:
            yield SearchKind.EMAIL, address
    for found in _STRIPE_ID.finditer(text):
        yield _STRIPE_PREFIXES[found[1]], found[0]
    for found in _NUMBER.finditer(text):
        yield SearchKind.NUMBER, code_value(found[0])
    for found in _TICKET.finditer(text):
        yield SearchKind.TICKET, code_value(found[0])


def _numbers_from(code: str) -> list[Value]:
    """Return the beginnings of numbers that a code may mean: from one character after KB, from four without it."""
    found = []
    if code.startswith("kb") and 3 <= len(code) <= _NUMBER_LENGTH:
        found.append((SearchKind.NUMBER, code))
    if NUMBER_PART <= len(code) <= _NUMBER_LENGTH - 2:
        found.append((SearchKind.NUMBER, f"kb{code}"))
    return found
