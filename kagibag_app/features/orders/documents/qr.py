"""A ticket's code as the squares of a QR code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby

import segno


@lru_cache(maxsize=512)
def modules(text: str) -> tuple[tuple[bool, ...], ...]:
    """Return the rows of a QR code, true for a dark module, without the light border that it needs around it.

    Args:
        text: What a scanner reads, for example ``T-4MQ7-ZB2X-9HCE``.
    """
    code = segno.make_qr(text, error="m")
    return tuple(tuple(bool(module) for module in row) for row in code.matrix)


def dark_runs(row: Iterable[bool]) -> Iterator[tuple[int, int]]:
    """Yield start and length of every run of dark modules in a row."""
    at = 0
    for dark, run in groupby(row):
        length = len(list(run))
        if dark:
            yield at, length
        at += length
