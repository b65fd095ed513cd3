"""Files of orders, written a batch at a time: what they hold in memory does not grow with them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from kagibag_app.features.orders.views import ExportRow
from kagibag_app.features.reports.documents.csv_file import CsvFile, plain_cell
from kagibag_app.features.reports.documents.xlsx_file import XlsxFile
from kagibag_app.features.reports.rules import ExportFormat

__all__ = ["CsvFile", "OrdersFile", "XlsxFile", "orders_file", "plain_cell"]


class OrdersFile(Protocol):
    """A file that is being written. Its methods work on the processor and the disk: call them in a thread."""

    def write(self, rows: Iterable[ExportRow]) -> None:
        """Add orders."""
        ...

    def close(self) -> None:
        """Write what is still held back; the file is whole then."""
        ...


def orders_file(wanted: ExportFormat, path: Path, *, zone: str) -> OrdersFile:
    """Begin a file of that format.

    Args:
        path: Where it is written; helper files lie beside it while it is.
        zone: IANA zone of every time in it.
    """
    return CsvFile(path, zone=zone) if wanted is ExportFormat.CSV else XlsxFile(path, zone=zone)
