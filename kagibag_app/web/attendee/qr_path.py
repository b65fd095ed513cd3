"""A ticket's code as a QR code, drawn as one SVG path."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby

import segno

QUIET_MODULES = 2
"""Light border in modules; the drawing adds its own padding around it."""


@lru_cache(maxsize=512)
def qr_path(text: str) -> tuple[str, int]:
    """Return a path's ``d`` and how many modules a side has, border included.

    Horizontal runs of dark modules become strokes of width 1 along the middle of their row, so that a code is some
    hundred characters and stays sharp at any size.

    Args:
        text: What a scanner reads, for example ``T-4MQ7-ZB2X-9HCE``.
    """
    code = segno.make_qr(text, error="m")
    rows = list(code.matrix_iter(border=QUIET_MODULES))
    strokes: list[str] = []
    for y, row in enumerate(rows):
        x = 0
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                strokes.append(f"M{x} {y}.5h{length}")
            x += length
    return "".join(strokes), len(rows)
