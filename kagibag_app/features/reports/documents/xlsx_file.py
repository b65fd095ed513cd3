"""A workbook for Excel and LibreOffice: amounts are numbers that show their currency's digits, times are real dates.

Nothing in it is ever a formula or a link: whatever somebody typed stays the text that it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from kagibag_app.features.orders.views import ExportRow
from kagibag_app.features.reports.documents.words import WORDS
from kagibag_app.features.reports.rules import COLUMNS, Column, Kind
from kagibag_app.kit.money import currency as currency_of

# A sheet holds 1,048,576 rows; longer lists go on in another one.
SHEET_ROWS = 1_000_000
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "use_zip64": True,
}
# What XML can't hold, and carriage returns, which it would change.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# Day 0 of a spreadsheet's calendar.
_DAY_0 = datetime(1899, 12, 30, tzinfo=UTC)
_CURRENCY = ExportRow._fields.index("currency")

Fields: TypeAlias = tuple[Any, ...]
"""An ``ExportRow`` by position."""

Cell: TypeAlias = Callable[[Worksheet, int, Fields], object]
"""Writes one column's cell of a row; called with the sheet, the row's number there and the row."""


class XlsxFile:
    """Writes one.

    Args:
        path: Where; helper files lie beside it until it is closed.
        zone: IANA zone of every time in it.
        sheet_rows: Orders in one sheet.
    """

    def __init__(self, path: Path, *, zone: str, sheet_rows: int = SHEET_ROWS) -> None:
        self._book = xlsxwriter.Workbook(str(path), {**_OPTIONS, "tmpdir": str(path.parent)})
        self._zone_name, self._zone, self._sheet_rows = zone, ZoneInfo(zone), sheet_rows
        self._bold = self._book.add_format({"bold": True})
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._amounts: dict[str, tuple[Format, int]] = {}
        self._cells = [self._cell(place, column) for place, column in enumerate(COLUMNS)]
        self._sheets = 0
        self._sheet, self._row = self._next_sheet(), 1

    def write(self, rows: Iterable[ExportRow]) -> None:
        """Add orders."""
        # Run once a cell: everything here is as plain as it can be.
        cells = self._cells
        for row in rows:
            if self._row > self._sheet_rows:
                self._finish_sheet()
                self._sheet, self._row = self._next_sheet(), 1
            sheet, number = self._sheet, self._row
            for cell in cells:
                cell(sheet, number, row)
            self._row += 1

    def close(self) -> None:
        """Put the parts together."""
        self._finish_sheet()
        self._add_legend()
        self._book.close()

    def _next_sheet(self) -> Worksheet:
        self._sheets += 1
        sheet = self._book.add_worksheet("Orders" if self._sheets == 1 else f"Orders {self._sheets}")
        sheet.freeze_panes(1, 1)
        for place, column in enumerate(COLUMNS):
            sheet.set_column(place, place, column.width)
            sheet.write_string(0, place, self._title(column), self._bold)
        return sheet

    def _finish_sheet(self) -> None:
        self._sheet.autofilter(0, 0, max(self._row - 1, 1), len(COLUMNS) - 1)

    def _add_legend(self) -> None:
        sheet = self._book.add_worksheet("Columns")
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 1, 90)
        for number, column in enumerate(COLUMNS):
            sheet.write_string(number, 0, self._title(column), self._bold)
            sheet.write_string(number, 1, column.meaning)

    def _title(self, column: Column) -> str:
        return f"{column.title} ({self._zone_name})" if column.kind is Kind.TIME else column.title

    def _cell(self, place: int, column: Column) -> Cell:
        """Return what writes a column's cell of a row."""
        if column.kind is Kind.ZONE:
            return lambda sheet, number, _row: sheet.write_string(number, place, self._zone_name)
        field = ExportRow._fields.index(column.field)
        return _BY_KIND[column.kind](self, place, field, column)

    def _amount(self, place: int, field: int, _column: Column) -> Cell:
        formats = self._amounts

        def amount(sheet: Worksheet, number: int, row: Fields) -> None:
            shown, scale = formats.get(row[_CURRENCY]) or self._format_of(row[_CURRENCY])
            # The nearest double to a decimal of at most 15 digits, and that is what a spreadsheet holds.
            sheet.write_number(number, place, row[field] / scale, shown)

        return amount

    def _format_of(self, currency: str) -> tuple[Format, int]:
        exponent = currency_of(currency).exponent
        pattern = f"#,##0.{'0' * exponent}" if exponent else "#,##0"
        made = self._amounts[currency] = (self._book.add_format({"num_format": pattern}), 10**exponent)
        return made

    def _moment(self, place: int, field: int, _column: Column) -> Cell:
        shown, zone = self._time, self._zone

        def moment(sheet: Worksheet, number: int, row: Fields) -> None:
            if (at := row[field]) is not None:
                local = at.astimezone(zone).replace(microsecond=0, tzinfo=UTC)
                sheet.write_number(number, place, (local - _DAY_0).total_seconds() / 86_400, shown)

        return moment

    def _text(self, place: int, field: int, _column: Column) -> Cell:
        def text(sheet: Worksheet, number: int, row: Fields) -> None:
            if value := row[field]:
                sheet.write_string(number, place, plain(value))

        return text

    def _word(self, place: int, field: int, column: Column) -> Cell:
        words = WORDS[column.field]

        def word(sheet: Worksheet, number: int, row: Fields) -> None:
            value: str = row[field]
            sheet.write_string(number, place, words.get(value, value))

        return word

    def _count(self, place: int, field: int, _column: Column) -> Cell:
        def count(sheet: Worksheet, number: int, row: Fields) -> None:
            sheet.write_number(number, place, row[field])

        return count


def plain(text: str) -> str:
    """Return text as a cell can hold it.

    XlsxWriter copies a text that looks like its own rich text into the file unescaped; a character before it prevents that.
    """
    if _UNWRITABLE.search(text):
        text = _UNWRITABLE.sub("", text)
    return f"'{text}" if text.startswith("<r>") else text


_BY_KIND: dict[Kind, Callable[[XlsxFile, int, int, Column], Cell]] = {
    Kind.AMOUNT: XlsxFile._amount,
    Kind.TIME: XlsxFile._moment,
    Kind.TEXT: XlsxFile._text,
    Kind.WORD: XlsxFile._word,
    Kind.NUMBER: XlsxFile._count,
}
