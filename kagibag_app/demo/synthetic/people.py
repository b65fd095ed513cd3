"""Who buys: a person for each place in the data set, always the same one."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from kagibag_app.demo.synthetic.chance import mixed
from kagibag_app.demo.synthetic.names import DOMAINS, PEOPLE
from kagibag_app.features.orders.rules import email_key
from kagibag_app.kit.text import fold

# A third of all orders come from people who come again; how often falls off like a power of their rank.
_REGULAR_ORDERS = 0.35
_ORDERS_PER_REGULAR = 20
_FALLOFF = 1.6
# What decomposing leaves as it is.
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "ß": "ss", "þ": "th", "ð": "d", "đ": "d", "ı": "i"})


@dataclass(frozen=True, slots=True)
class Person:
    """A buyer. ``key`` is the address as orders compare it; ``language`` that of their mails."""

    name: str
    email: str
    key: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class _Names:
    given: tuple[tuple[str, str], ...]
    family: tuple[tuple[str, str], ...]
    family_first: bool
    joined: bool


def _spelled(words: str) -> tuple[tuple[str, str], ...]:
    """Return each name with what stands for it in an address."""
    return tuple((word.partition("=")[0], _latin(word)) for word in words.split())


def _latin(word: str) -> str:
    shown, _, typed = word.partition("=")
    return typed or fold(shown).translate(_PLAIN)


_NAMES = tuple(_Names(_spelled(p.given), _spelled(p.family), p.family_first, p.joined) for p in PEOPLE)
_WEIGHTS = tuple(accumulate(p.weight for p in PEOPLE))
# The first domains have most of the addresses.
_DOMAIN_WEIGHTS = tuple(accumulate(240 // (place + 3) for place in range(len(DOMAINS))))


class Crowd:
    """Everybody who buys in one data set.

    Args:
        base: The data set's own 64 bits.
        orders: How many orders it has.
    """

    def __init__(self, base: int, orders: int) -> None:
        self._base = base
        self._regulars = max(orders // _ORDERS_PER_REGULAR, 1)

    def buyer(self, index: int) -> Person:
        """Return who placed the order at this place."""
        drawn = mixed(self._base ^ (index * 2 + 1))
        share = (drawn & 0xFFFFFF) / 0x1000000
        if share < _REGULAR_ORDERS:
            rank = int((share / _REGULAR_ORDERS) ** _FALLOFF * self._regulars)
            return self.person(-1 - rank)
        return self.person(index)

    def person(self, place: int) -> Person:
        """Return a person: one who comes again has a negative place, others that of their only order."""
        bits = mixed(self._base + (place << 1))
        names = _NAMES[bisect_right(_WEIGHTS, bits % _WEIGHTS[-1])]
        bits >>= 8
        given, given_typed = names.given[bits % len(names.given)]
        bits >>= 8
        family, family_typed = names.family[bits % len(names.family)]
        bits >>= 8
        between = "" if names.joined else " "
        name = f"{family}{between}{given}" if names.family_first else f"{given}{between}{family}"
        domain = DOMAINS[bisect_right(_DOMAIN_WEIGHTS, bits % _DOMAIN_WEIGHTS[-1])]
        bits >>= 12
        local = _local(bits, given_typed, family_typed, name, place)
        email = f"{local}@{domain}"
        return Person(name, email, email_key(email))


def _local(bits: int, given: str, family: str, name: str, place: int) -> str:
    """Return the part before the @, in one of the forms that people choose."""
    form = bits % 100
    # Most have a figure behind their name: their name alone was taken.
    figure = str(abs(place)) if bits // 100 % 10 < 7 else ""
    if form < 46:
        return f"{given}.{family}{figure}"
    if form < 62:
        return f"{given[0]}{family}{figure}"
    if form < 74:
        return f"{family}.{given}{figure}"
    if form < 84:
        return f"{given}_{family}{figure}"
    if form < 92:
        return f"{given}{abs(place)}"
    if form < 95:
        return f"{given}.{family}+tickets{figure}"
    if form < 99:
        return f"{given.capitalize()}.{family.capitalize()}{figure}"
    return unicodedata.normalize("NFC", name.casefold().replace(" ", ".")) + figure
