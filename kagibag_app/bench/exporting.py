"""Exports: as the product writes them, beside the same rows and cells written as plainly as can be."""

from __future__ import annotations

import asyncio
import csv
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from kagibag_app.bench.floors import Rows
from kagibag_app.bench.report import Compared
from kagibag_app.bench.stand import Stand
from kagibag_app.bench.timing import Times, race
from kagibag_app.features.orders.rules import OrderFilter
from kagibag_app.features.orders.views import ExportRow
from kagibag_app.features.payments import queries as payments
from kagibag_app.features.reports.documents import orders_file
from kagibag_app.features.reports.rules import COLUMNS, ExportFormat, Kind
from kagibag_app.kit.money import currency

ROWS, FEWER = 100_000, 10_000
CSV_TIMES, XLSX_TIMES = 6.0, 3.0
# An export of ten times as many rows takes ten times as long, and as much memory, give or take so much.
LINEAR, MEMORY, MEMORY_PLUS_MB = 1.25, 1.1, 2.0
ROUNDS = 5
_BATCH, _ZONE = 500, "Europe/Berlin"
_DAY_0 = datetime(1899, 12, 30, tzinfo=UTC)

_SELECT = """
SELECT o.number, o.placed_at, o.paid_at, o.status, o.refund_state, o.dispute_state, o.source, e.title, o.buyer_name,
       o.buyer_email, (SELECT count(*) FROM line_items l WHERE l.order_id = o.id), o.currency, o.subtotal_minor,
       o.discount_minor, o.total_minor, o.refunded_minor,
       (SELECT a.code FROM applied_promotions a WHERE a.order_id = o.id), p.card_brand, p.card_last4, p.payment_intent_id
  FROM orders o JOIN events e ON e.id = o.event_id LEFT JOIN payments p ON p.order_id = o.id
 WHERE o.organizer_id = :organizer AND o.placed_at >= :placed_from
 ORDER BY o.placed_at DESC, o.id DESC"""


class Export:
    """So many of a data set's newest orders, exported.

    Args:
        rows: How many, or all where there are fewer.
    """

    def __init__(self, stand: Stand, rows: int) -> None:
        self._stand, picker = stand, stand.picker
        placed = picker.rows(
            "SELECT placed_at FROM orders WHERE organizer_id = :organizer ORDER BY placed_at DESC, id DESC"
            " LIMIT 1 OFFSET :skipped",
            skipped=min(rows, stand.dataset.orders) - 1,
        )
        self._from = placed[0][0]
        self.chosen = OrderFilter(placed_from=picker.moment(self._from))

    async def product(self, wanted: ExportFormat, folder: Path) -> tuple[Path, int]:
        """Write the file as the product's job does; returns it and how many orders are in it."""
        path, done = folder / f"product.{wanted}", 0
        stand = self._stand
        async with stand.store.read() as session:
            file = await asyncio.to_thread(orders_file, wanted, path, zone=_ZONE)
            batches = payments.export_rows(session, stand.dataset.organizer_id, self.chosen, batch=_BATCH)
            async for batch in batches:
                await asyncio.to_thread(file.write, batch)
                done += len(batch)
        await asyncio.to_thread(file.close)
        return path, done

    def plain_rows(self) -> Rows:
        """Read the same rows by one plain statement."""
        values = {"organizer": self._stand.dataset.organizer_id, "placed_from": self._from}
        return self._stand.plain.rows(_SELECT, values)

    def plain_csv(self, folder: Path) -> Path:
        """Write them with the csv module as they are."""
        path = folder / "plain.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(self.plain_rows())
        return path

    async def rows(self) -> list[ExportRow]:
        """Read the rows as the product does."""
        stand = self._stand
        async with stand.store.read() as session:
            batches = payments.export_rows(session, stand.dataset.organizer_id, self.chosen, batch=_BATCH)
            return [row async for batch in batches for row in batch]


async def compare(
    stand: Stand, *, rows: int, say: Callable[[str], None], rounds: int = ROUNDS
) -> list[Compared]:
    """Measure the times of both formats.

    Args:
        rows: How many orders, e.g. ``ROWS``; a tenth of them shows how it grows.
    """
    stand.use()
    export, fewer = Export(stand, rows), Export(stand, max(rows // 10, 1))
    found: list[Compared] = []
    with tempfile.TemporaryDirectory(prefix="kagibag-bench-") as name:
        folder = Path(name)
        count = await _same(export, folder)
        say(f"export: CSV of {count:,} orders")
        times = await _race(
            {
                "csv": _seconds(lambda: export.product(ExportFormat.CSV, folder)),
                "plain": _seconds(lambda: _at_once(export.plain_csv, folder)),
                "fewer": _seconds(lambda: fewer.product(ExportFormat.CSV, folder)),
            },
            rounds,
        )
        found += _compared("CSV", "a bare SELECT with the csv module", times, "csv", CSV_TIMES, count)
        say(f"export: XLSX of {count:,} orders")
        cells = _cells(await export.rows())
        times = await _race(
            {
                "xlsx": _seconds(lambda: export.product(ExportFormat.XLSX, folder)),
                "plain": _seconds(lambda: _at_once(_plain_xlsx, cells, folder)),
                "fewer": _seconds(lambda: fewer.product(ExportFormat.XLSX, folder)),
            },
            min(rounds, 3),
        )
        found += _compared("XLSX", "bare XlsxWriter with the same cells", times, "xlsx", XLSX_TIMES, count)
    return found


async def _at_once(work: Callable[..., Any], *arguments: Any) -> Any:
    """Run in this thread: a floor waits for nobody."""
    return work(*arguments)


def _seconds(work: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[float]]:
    async def timed() -> float:
        began = time.perf_counter()
        await work()
        return time.perf_counter() - began

    return timed


async def _race(ways: Mapping[str, Callable[[], Awaitable[float]]], rounds: int) -> dict[str, Times]:
    return await race(ways, rounds=rounds, fewest=rounds, warm_up=1)


def _compared(
    name: str, floor: str, times: Mapping[str, Times], way: str, allowed: float, rows: int
) -> list[Compared]:
    whole, tenth = times[way].median_ms, times["fewer"].median_ms
    return [
        Compared(
            f"export {name}, {rows:,} orders, against {floor}", whole, times["plain"].median_ms, allowed
        ),
        Compared(
            f"export {name}, {rows:,} orders, against ten times a tenth of them", whole, 10 * tenth, LINEAR
        ),
    ]


async def _same(export: Export, folder: Path) -> int:
    """Return how many orders both ways export, after a look at whether they are the same.

    Raises:
        ValueError: They are not.
    """
    path, count = await export.product(ExportFormat.CSV, folder)
    with path.open(encoding="utf-8-sig", newline="") as file:
        numbers = [row[0] for row in csv.reader(file)][1:]
    plain = [row[0] for row in export.plain_rows()]
    if numbers != plain or len(numbers) != count:
        raise ValueError(
            f"the export has {len(numbers)} orders, a bare SELECT {len(plain)}, or in another order"
        )
    return count


def _cells(rows: list[ExportRow]) -> list[list[tuple[int, Any, str]]]:
    """Return what stands in each row of the workbook: column, value, and the number format of numbers."""
    zone = ZoneInfo(_ZONE)
    return [
        [
            (place, value, shown)
            for place, column in enumerate(COLUMNS)
            for value, shown in [_cell(column.kind, getattr(row, column.field, _ZONE), row.currency, zone)]
            if value not in (None, "")
        ]
        for row in rows
    ]


def _cell(kind: Kind, value: Any, code: str, zone: ZoneInfo) -> tuple[Any, str]:
    match kind:
        case Kind.AMOUNT:
            exponent = currency(code).exponent
            return value / 10**exponent, f"#,##0.{'0' * exponent}" if exponent else "#,##0"
        case Kind.TIME if value is not None:
            local = value.astimezone(zone).replace(microsecond=0, tzinfo=UTC)
            return (local - _DAY_0).total_seconds() / 86_400, "yyyy-mm-dd hh:mm:ss"
        case _:
            return value, ""


def _plain_xlsx(rows: list[list[tuple[int, Any, str]]], folder: Path) -> None:
    book = xlsxwriter.Workbook(str(folder / "plain.xlsx"), {"constant_memory": True, "tmpdir": str(folder)})
    shown = {
        pattern: book.add_format({"num_format": pattern})
        for row in rows[:2000]
        for _, _, pattern in row
        if pattern
    }
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        for place, value, pattern in row:
            if isinstance(value, str):
                sheet.write_string(number, place, value)
            else:
                sheet.write_number(number, place, value, shown.get(pattern))
    book.close()


async def memory(
    stand: Stand, wanted: ExportFormat, *, rows: int, say: Callable[[str], None]
) -> list[Compared]:
    """Compare the peak memory of two processes that export so many orders and a tenth of them."""
    say(f"export: memory of {wanted.upper()}")
    much, little = [await _peaks(stand, wanted, count) for count in (rows, max(rows // 10, 1))]
    name = f"export {wanted.upper()}, {rows:,} orders against a tenth of them"
    return [
        Compared(f"{name}, {what}", more, less, MEMORY, unit="MB", plus=MEMORY_PLUS_MB)
        for what, more, less in zip(
            ("memory that Python held", "memory of the process"), much, little, strict=True
        )
    ]


async def _peaks(stand: Stand, wanted: ExportFormat, rows: int) -> list[float]:
    """Return what Python and what the whole process held, in megabytes."""
    asked = json.dumps(
        {
            "url": stand.dataset.url, "orders": stand.dataset.orders, "organizer": stand.dataset.organizer_id,
            "folder": str(stand.runtime.settings.data_dir), "format": wanted.value, "rows": rows,
        }
    )  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kagibag_app.bench.export_memory", asked, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    return [float(figure) for figure in said.split()]
