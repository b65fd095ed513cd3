"""Formats and states of an export, and how much of it is kept for how long."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from kagibag_app.kit.errors import BadInput
from kagibag_app.kit.transitions import Transitions

EXPORT_ORDERS = "export_orders"

# A run is stopped after this long: ten times what a million orders take as XLSX on two slow processors would be a bug.
AT_MOST = timedelta(minutes=45)
# What was never completed is thrown away then; no run lasts that long.
LEFTOVERS_AFTER = timedelta(hours=2)
FILE_LIFE = timedelta(hours=24)
# A member's files beyond the newest ones go earlier, so that nobody fills the database.
KEPT_FILES = 5
# A member's exports that wait or run at a time.
WAITING_MAX = 3
TRIES = 3


class ExportFormat(StrEnum):
    """What kind of file."""

    CSV = "csv"
    XLSX = "xlsx"

    @property
    def media_type(self) -> str:
        """What the browser is told that it is."""
        return _MEDIA_TYPES[self]

    @classmethod
    def read(cls, text: object) -> ExportFormat:
        """Read a choice.

        Raises:
            BadInput: It is none of them.
        """
        if not isinstance(text, str) or text not in set(cls):
            raise BadInput("Choose CSV or Excel.", field="format")
        return cls(text)


_MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ExportStatus(StrEnum):
    """Where an export stands."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


_S = ExportStatus
EXPORT_MOVES: Transitions[ExportStatus] = Transitions(
    "export",
    {
        # A run that was cut off begins again from the start: running may follow running.
        _S.QUEUED: frozenset({_S.RUNNING, _S.FAILED, _S.CANCELLED}),
        _S.RUNNING: frozenset({_S.FINISHED, _S.FAILED, _S.CANCELLED}),
        _S.FINISHED: frozenset(),
        _S.FAILED: frozenset(),
        _S.CANCELLED: frozenset(),
    },
)
OPEN = (ExportStatus.QUEUED, ExportStatus.RUNNING)


def file_name(slug: str, at: datetime, wanted: ExportFormat) -> str:
    """Return what the file is saved as: ``orders-lantern-row-2026-04-07-1412.csv``. Nothing in it was typed by anybody.

    Args:
        slug: The organizer's, of letters, digits and dashes; anything else is left out.
        at: The moment of asking, in the organizer's zone.
    """
    plain = "".join(c for c in slug if c.isascii() and (c.isalnum() or c == "-"))[:60]
    return f"orders-{plain}-{at:%Y-%m-%d-%H%M}.{wanted}"
