"""Rows that several of the attendee's pages show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket as a stub: whose, for what, when and where; ``qr_path`` and ``qr_size`` are for ``components.qr``."""

    id: str = ""
    title: str = ""
    holder: str = ""
    status: str = ""
    code: str = ""
    qr_path: str = ""
    qr_size: int = 1
    doors: str = ""
    doors_at: str = ""
    place: str = ""
