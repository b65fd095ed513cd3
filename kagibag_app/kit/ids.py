"""Random identifiers. What is seen outside never reveals a count or an order of creation."""

from __future__ import annotations

import secrets

# Crockford's base 32: no I, L, O, U, so that a number can be read over the phone.
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CONFUSED = str.maketrans({"I": "1", "L": "1", "O": "0"})


def public_id(prefix: str) -> str:
    """Return a random id such as ``rf_5n0v…`` with 130 bits of chance."""
    return f"{prefix}_" + "".join(secrets.choice(CROCKFORD) for _ in range(26)).lower()


def order_number() -> str:
    """Return a number such as ``KB-7F3K-9Q2M`` (40 random bits; the column is unique)."""
    return "KB-" + _grouped(8)


def ticket_code() -> str:
    """Return a code such as ``T-4MQ7-ZB2X-9HCE``: 60 bits, to be typed at the door."""
    return "T-" + _grouped(12)


def normalise_code(text: str) -> str:
    """Read a typed number or code: any case, with or without dashes, look-alike letters forgiven."""
    return "".join(c for c in text.upper() if c.isalnum()).translate(_CONFUSED)


def _grouped(length: int) -> str:
    chars = "".join(secrets.choice(CROCKFORD) for _ in range(length))
    return "-".join(chars[i : i + 4] for i in range(0, length, 4))
