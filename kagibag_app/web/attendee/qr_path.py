"""A ticket's code as a QR code, drawn as one SVG path."""

from __future__ import annotations

from functools import lru_cache

from kagibag_app.features.orders.documents.qr import dark_runs, modules

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
    rows = modules(text)
    strokes = [
        f"M{x + QUIET_MODULES} {y}.5h{length}"
        for y, row in enumerate(rows, start=QUIET_MODULES)
        for x, length in dark_runs(row)
    ]
    return "".join(strokes), len(rows) + 2 * QUIET_MODULES
