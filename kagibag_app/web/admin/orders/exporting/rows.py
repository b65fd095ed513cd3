"""Exports as the dialog shows them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kagibag_app import l10n
from kagibag_app.features.reports.rules import ExportFormat, ExportStatus
from kagibag_app.features.reports.views import ExportView
from kagibag_app.web.admin.elapsed import ago

FORMAT_LABELS = {ExportFormat.CSV: "CSV", ExportFormat.XLSX: "Excel"}

Shown = Literal["queued", "running", "finished", "gone", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class ExportItem:
    """One of a member's exports.

    Attributes:
        shown: Its status; ``gone`` is a finished one whose file has expired.
        title: How many orders as what: ``1,204 orders as CSV``; ``words`` which ones.
        progress: How far it is, in words; ``done`` of ``total`` draw the bar.
        about: Size and how long the file is kept, or when it was asked for.
        href: Of the file, while there is one.
    """

    id: str
    shown: Shown
    title: str
    words: str
    about: str
    exact: str
    reason: str = ""
    progress: str = ""
    done: int = 0
    total: int = 1
    href: str = ""


def export_item(view: ExportView, *, zone: str, now: datetime, path: str) -> ExportItem:
    """Return an export, ready to show.

    Args:
        zone: IANA zone of the organizer.
        now: UTC.
        path: Where its file is downloaded.
    """
    shown = _shown(view, now)
    asked = f"Asked for {ago(view.created_at, now)}"
    kept = (
        f"{size_text(view.size)}, kept until {l10n.day_time(view.expires_at, zone)}"
        if view.expires_at
        else ""
    )
    return ExportItem(
        id=view.id,
        shown=shown,
        title=_title(view),
        words=view.words,
        about=kept if shown == "finished" else asked,
        exact=l10n.moment(view.created_at, zone),
        reason=view.reason,
        progress=_progress(view),
        done=view.rows_done,
        total=max(view.rows_total or 1, 1),
        href=path if shown == "finished" else "",
    )


def orders_text(count: int) -> str:
    """Return a number of orders: ``1,204 orders``."""
    return f"{count:,} {'order' if count == 1 else 'orders'}"


def size_text(size: int) -> str:
    """Return a file's size as people read it: ``312 kB``, ``4.1 MB``."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def _shown(view: ExportView, now: datetime) -> Shown:
    if view.status is ExportStatus.FINISHED:
        return "finished" if view.expires_at and view.expires_at > now else "gone"
    return view.status.value


def _title(view: ExportView) -> str:
    label = FORMAT_LABELS[view.format]
    counted = view.rows_total is not None
    return f"{orders_text(view.rows_total or 0)} as {label}" if counted else f"Orders as {label}"


def _progress(view: ExportView) -> str:
    if view.status is ExportStatus.QUEUED:
        return "Waiting for its turn"
    if view.rows_total is None:
        return "Counting the orders"
    if view.rows_done >= view.rows_total:
        return "Finishing the file"
    return f"{view.rows_done:,} of {view.rows_total:,} orders"
