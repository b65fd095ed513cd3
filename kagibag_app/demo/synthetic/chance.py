"""Chance that repeats itself, and ids drawn from it."""

from __future__ import annotations

import random
from hashlib import sha256

from kagibag_app.kit.ids import CROCKFORD

_MASK = (1 << 64) - 1
_NUMBERS = 1 << 40
_LOWER = bytes(ord(CROCKFORD[byte % 32].lower()) for byte in range(256))
_UPPER = bytes(ord(CROCKFORD[byte % 32]) for byte in range(256))
# As Stripe's ids look: letters of both cases and digits.
_MIXED = bytes(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[byte % 62] for byte in range(256)
)


def mixed(value: int) -> int:
    """Return 64 bits that look like chance and follow from ``value`` alone (splitmix64)."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def number_of(base: int, index: int) -> str:
    """Return the number of the order at a place in the data set: all different, none next to its neighbour's.

    Args:
        base: Where this data set begins among all numbers (see ``base_of``).
        index: From 0.
    """
    # Each step can be undone, so that two places never get the same number.
    value = (base + index) % _NUMBERS
    for multiplier, shift in ((0x5851F42D4D, 21), (0x9E3779B97F, 17), (0xD1B54A32D1, 20)):
        value = value * multiplier % _NUMBERS
        value ^= value >> shift
    digits = "".join(CROCKFORD[value >> (5 * place) & 31] for place in range(7, -1, -1))
    return f"KB-{digits[:4]}-{digits[4:]}"


def base_of(name: str) -> int:
    """Return 64 bits that follow from a name, e.g. of the data set."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big")


class Chance(random.Random):
    """A seeded source of everything that is drawn for one batch."""

    def public_id(self, prefix: str) -> str:
        """Return an id as ``kit.ids.public_id`` makes them."""
        return f"{prefix}_{self.randbytes(26).translate(_LOWER).decode()}"

    def ticket_code(self) -> str:
        """Return a code as ``kit.ids.ticket_code`` makes them."""
        drawn = self.randbytes(12).translate(_UPPER).decode()
        return f"T-{drawn[:4]}-{drawn[4:8]}-{drawn[8:]}"

    def stripe_id(self, prefix: str) -> str:
        """Return an id that looks like one of Stripe's."""
        return f"{prefix}_{self.randbytes(24).translate(_MIXED).decode()}"
