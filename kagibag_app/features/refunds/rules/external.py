"""Which lines a refund made at Stripe was about, when its amount alone tells.

It tells when the order has one line, when it is all that is left, or when exactly one choice of lines has that much left
together. Two equal tickets are two choices: then a person says. The tickets stay valid unless nothing of the order is
left: an amount may equal a price by chance, and a valid ticket turned away at the door is worse than a spare seat.
"""

from __future__ import annotations

from collections.abc import Mapping

# When the lines make more different sums than this, the choices are not counted: a person says.
MAX_SUMS = 5_000


def clear_shares(amount_minor: int, left: Mapping[int, int]) -> dict[int, int] | None:
    """Return the shares of a refund made at Stripe by line, or nothing when its amount could mean several.

    Args:
        amount_minor: What went back.
        left: What is left of each line before it, minor units, by line item id.
    """
    open_lines = {line: minor for line, minor in left.items() if minor > 0}
    if amount_minor >= sum(open_lines.values()):
        return open_lines
    if len(left) == 1:
        ((line, minor),) = left.items()
        return {line: amount_minor} if amount_minor <= minor else None
    chosen = _only_choice(amount_minor, open_lines)
    return None if chosen is None else {line: open_lines[line] for line in chosen}


def _only_choice(amount: int, left: Mapping[int, int]) -> tuple[int, ...] | None:
    """Return the lines whose sum is the amount, if there is exactly one such choice."""
    ways: dict[int, list[tuple[int, ...]]] = {0: [()]}
    for line, minor in left.items():
        # The largest sums first: what this line adds to a smaller one is not taken for a sum without it.
        for total in sorted(ways, reverse=True):
            if total + minor <= amount:
                # Two ways to a sum stay two ways to whatever is built on it: more need not be kept.
                known = ways.setdefault(total + minor, [])
                known += [(*way, line) for way in ways[total]][: 2 - len(known)]
        if len(ways) > MAX_SUMS:
            return None
    found = ways.get(amount, [])
    return found[0] if len(found) == 1 else None
