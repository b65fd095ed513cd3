"""Exports: formats, states, limits, what is asked for, and what the columns mean."""

from kagibag_app.features.reports.rules.asked import filter_document, filter_of
from kagibag_app.features.reports.rules.columns import COLUMNS, Column, Kind
from kagibag_app.features.reports.rules.states import (
    AT_MOST,
    EXPORT_MOVES,
    EXPORT_ORDERS,
    FILE_LIFE,
    KEPT_FILES,
    LEFTOVERS_AFTER,
    OPEN,
    TRIES,
    WAITING_MAX,
    ExportFormat,
    ExportStatus,
    file_name,
)

__all__ = [
    "AT_MOST",
    "COLUMNS",
    "EXPORT_MOVES",
    "EXPORT_ORDERS",
    "FILE_LIFE",
    "KEPT_FILES",
    "LEFTOVERS_AFTER",
    "OPEN",
    "TRIES",
    "WAITING_MAX",
    "Column",
    "ExportFormat",
    "ExportStatus",
    "Kind",
    "file_name",
    "filter_document",
    "filter_of",
]
