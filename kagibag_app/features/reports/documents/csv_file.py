"""CSV as RFC 4180 has it: comma, quotes where needed, CRLF.

UTF-8 with a byte order mark: without one Excel reads a file that is opened by a double click in the machine's old
code page and spoils every name that is not English; LibreOffice and the common parsers take the mark for what it is.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kagibag_app.features.orders.views import ExportRow
from kagibag_app.features.reports.documents.words import WORDS
from kagibag_app.features.reports.rules import COLUMNS, Kind
from kagibag_app.kit.money import decimal_text

# A spreadsheet takes a cell that begins so for a formula, or drops what stands before one. The last four are the
# full-width forms, which Excel reads as the plain ones in some languages.
_BEGINS_A_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")

_OF_A_ROW = [column for column in COLUMNS if column.field]
_PICK = itemgetter(*(ExportRow._fields.index(column.field) for column in _OF_A_ROW))


def _places(kind: Kind) -> tuple[int, ...]:
    return tuple(place for place, column in enumerate(_OF_A_ROW) if column.kind is kind)


_TEXTS, _AMOUNTS, _TIMES = _places(Kind.TEXT), _places(Kind.AMOUNT), _places(Kind.TIME)
_WORDS = tuple((place, WORDS[_OF_A_ROW[place].field]) for place in _places(Kind.WORD))
(_ZONE,) = (place for place, column in enumerate(COLUMNS) if column.kind is Kind.ZONE)


def plain_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text and text[0] in _BEGINS_A_FORMULA else text


class CsvFile:
    """Writes one.

    Args:
        path: Where.
        zone: IANA zone of every time in it.
    """

    def __init__(self, path: Path, *, zone: str) -> None:
        # A character that UTF-8 can't hold was never stored by us; should one come, it must not end the export.
        self._file = path.open("w", encoding="utf-8-sig", errors="replace", newline="")
        self._writer = csv.writer(self._file, lineterminator="\r\n")
        self._zone_name, self._zone = zone, ZoneInfo(zone)
        self._amounts: dict[str, Callable[[int], str]] = {}
        self._writer.writerow([column.name for column in COLUMNS])

    def write(self, rows: Iterable[ExportRow]) -> None:
        """Add orders."""
        self._writer.writerows(self._lines(rows))

    def close(self) -> None:
        """Write what is still held back."""
        self._file.close()

    def _lines(self, rows: Iterable[ExportRow]) -> Iterator[list[Any]]:
        # Run once a cell: everything here is as plain as it can be.
        zone, zone_name = self._zone, self._zone_name
        for row in rows:
            cells: list[Any] = list(_PICK(row))
            amount = self._amounts.get(row.currency) or self._amount_of(row.currency)
            for place in _AMOUNTS:
                cells[place] = amount(cells[place])
            for place in _TEXTS:
                text = cells[place]
                if text and text[0] in _BEGINS_A_FORMULA:
                    cells[place] = f"'{text}"
            for place, words in _WORDS:
                cells[place] = words.get(cells[place], cells[place])
            for place in _TIMES:
                if (moment := cells[place]) is not None:
                    cells[place] = moment.astimezone(zone).isoformat(timespec="seconds")
            cells.insert(_ZONE, zone_name)
            yield cells

    def _amount_of(self, currency: str) -> Callable[[int], str]:
        @lru_cache(maxsize=512)
        def amount(minor: int) -> str:
            return decimal_text(minor, currency)

        self._amounts[currency] = amount
        return amount
