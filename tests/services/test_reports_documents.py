"""The files that exports write, read again as their readers do."""

from __future__ import annotations

import csv
import re
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from kagibag_app.features.orders.rules import DisputeState, OrderSource, OrderStatus, RefundState
from kagibag_app.features.orders.views import ExportRow
from kagibag_app.features.reports.documents import orders_file
from kagibag_app.features.reports.documents.words import WORDS
from kagibag_app.features.reports.documents.xlsx_file import XlsxFile
from kagibag_app.features.reports.rules import COLUMNS, ExportFormat, Kind
from kagibag_app.kit.money import CURRENCIES, decimal_text

ZONE = "America/New_York"
NAMES = [column.name for column in COLUMNS]
PLACED = datetime(2026, 4, 3, 0, 14, 5, tzinfo=UTC)
PLAIN = ExportRow(
    number="KB-7F3K-9Q2M", placed_at=PLACED, paid_at=PLACED + timedelta(seconds=40), status="paid",
    refund_state="partial", dispute_state="none", source="stripe", event_title="Night Harbour Sessions",
    buyer_name="Maren Okafor", buyer_email="maren.okafor@example.com", tickets=2, currency="USD", subtotal_minor=8400,
    discount_minor=1260, total_minor=7140, refunded_minor=3370, promotion_code="HARBOUR15", card_brand="visa",
    card_last4="0042", payment_intent_id="pi_3Q",
)  # fmt: skip


def write(folder: Path, wanted: ExportFormat, *rows: ExportRow, zone: str = ZONE) -> Path:
    """Write a file, a batch of two orders at a time."""
    path = folder / f"orders.{wanted}"
    file, left = orders_file(wanted, path, zone=zone), iter(rows)
    while batch := list(islice(left, 2)):
        file.write(batch)
    file.close()
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read a CSV as another program does."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def sheet(path: Path, name: str = "Orders") -> Any:
    """Open a workbook's sheet."""
    return load_workbook(path)[name]


def cells(path: Path, row: int = 2) -> dict[str, Any]:
    """Return the cells of a row of the first sheet by the CSV's names."""
    return dict(zip(NAMES, sheet(path)[row], strict=True))


def test_a_csv_says_everything_of_an_order(tmp_path: Path) -> None:
    (row,) = read_csv(write(tmp_path, ExportFormat.CSV, PLAIN))
    assert row == {
        "order_number": "KB-7F3K-9Q2M", "status": "Completed", "refund_state": "Partially refunded",
        "dispute_state": "No dispute", "placed_at": "2026-04-02T20:14:05-04:00", "paid_at": "2026-04-02T20:14:45-04:00",
        "time_zone": ZONE, "event": "Night Harbour Sessions", "buyer_name": "Maren Okafor",
        "buyer_email": "maren.okafor@example.com", "source": "Stripe", "tickets": "2", "currency": "USD",
        "subtotal": "84.00", "discount": "12.60", "total": "71.40", "refunded": "33.70", "promotion_code": "HARBOUR15",
        "card_brand": "visa", "card_last4": "0042", "payment_intent": "pi_3Q",
    }  # fmt: skip


def test_a_csv_is_rfc_4180_with_the_mark_that_excel_needs(tmp_path: Path) -> None:
    named = PLAIN._replace(buyer_name='Ana "Nan", Müller', event_title="Két sor\nés egy")
    raw = write(tmp_path, ExportFormat.CSV, named).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbforder_number,status,")
    assert b'"Ana ""Nan"", M\xc3\xbcller"' in raw
    assert raw.count(b"\r\n") == raw.count(b"\r") == 2
    assert raw.endswith(b"\r\n")


@pytest.mark.parametrize(
    ("currency", "minor", "text", "shown"),
    [("JPY", 6400, "6400", "#,##0"), ("KWD", 1250, "1.250", "#,##0.000"), ("USD", 3370, "33.70", "#,##0.00")],
)
def test_amounts_are_exact_with_the_currencys_digits(
    tmp_path: Path, currency: str, minor: int, text: str, shown: str
) -> None:
    row = PLAIN._replace(currency=currency, total_minor=minor)
    (read,) = read_csv(write(tmp_path, ExportFormat.CSV, row))
    assert (read["total"], read["currency"]) == (text, currency)
    cell = cells(write(tmp_path, ExportFormat.XLSX, row))["total"]
    assert (cell.data_type, cell.number_format) == ("n", shown)
    assert Decimal(str(cell.value)) == Decimal(text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(CURRENCIES)), st.integers(0, 10**14)), min_size=1, max_size=30)
)
def test_every_amount_of_a_workbook_is_the_number_that_it_stands_for(
    tmp_path: Path, amounts: list[tuple[str, int]]
) -> None:
    rows = [PLAIN._replace(currency=currency, total_minor=minor) for currency, minor in amounts]
    read = sheet(write(tmp_path, ExportFormat.XLSX, *rows)).iter_rows(min_row=2, values_only=True)
    for (currency, minor), line in zip(amounts, read, strict=True):
        # What a spreadsheet holds is the double nearest to the decimal.
        assert line[NAMES.index("total")] == float(decimal_text(minor, currency))


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", '=HYPERLINK("http://evil.example","x")']


@pytest.mark.parametrize("typed", FORMULAS)
@pytest.mark.parametrize("field", ["buyer_name", "event_title", "promotion_code", "buyer_email"])
def test_attack_10_no_text_becomes_a_formula(tmp_path: Path, field: str, typed: str) -> None:
    row = PLAIN._replace(**{field: typed})
    name = next(column.name for column in COLUMNS if column.field == field)
    (read,) = read_csv(write(tmp_path, ExportFormat.CSV, row))
    assert read[name] == f"'{typed}"
    cell = cells(write(tmp_path, ExportFormat.XLSX, row))[name]
    assert (cell.data_type == "f", cell.hyperlink) == (False, None)
    assert cell.value == typed.replace("\r", "")


@pytest.mark.parametrize(
    "typed", ["https://evil.example", "internal:Orders!A1", "{=1}", "1", "1e5", "TRUE", "0042"]
)
def test_attack_10_a_text_in_a_workbook_is_no_link_and_no_number(tmp_path: Path, typed: str) -> None:
    path = write(tmp_path, ExportFormat.XLSX, PLAIN._replace(buyer_name=typed))
    assert (cells(path)["buyer_name"].value, cells(path)["buyer_name"].hyperlink) == (typed, None)
    with zipfile.ZipFile(path) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
        assert "xl/worksheets/_rels/sheet1.xml.rels" not in parts.namelist()


def test_markup_that_a_workbook_would_copy_stays_text(tmp_path: Path) -> None:
    typed = "<r><t>no</t></c></row></r>"
    path = write(tmp_path, ExportFormat.XLSX, PLAIN._replace(buyer_name=typed, event_title="_x0041_ & <b>"))
    assert cells(path)["buyer_name"].value == f"'{typed}"
    # A spreadsheet reads `_x0041_` as a letter unless the file says otherwise.
    assert unescape(cells(path)["event"].value) == "_x0041_ & <b>"


def test_characters_that_a_workbook_cannot_hold_are_left_out(tmp_path: Path) -> None:
    row = PLAIN._replace(buyer_name="A\x00\x0b\x1b\x7fb\ud800\ufffe\uffff\r\nc\td", event_title="\x01")
    path = write(tmp_path, ExportFormat.XLSX, row)
    assert cells(path)["buyer_name"].value == "Ab\nc\td"
    assert cells(path)["event"].value in (None, "")
    (read,) = read_csv(write(tmp_path, ExportFormat.CSV, PLAIN._replace(buyer_name="A\ud800b")))
    assert read["buyer_name"] == "A?b"


@pytest.mark.parametrize("name", ["李 小龍", "Ångström 🎟️", "עברית", "n" * 2000, "é" * 2000, "🎟" * 2000])
def test_names_of_any_script_and_length_arrive_whole(tmp_path: Path, name: str) -> None:
    row = PLAIN._replace(buyer_name=name)
    (read,) = read_csv(write(tmp_path, ExportFormat.CSV, row))
    assert read["buyer_name"] == cells(write(tmp_path, ExportFormat.XLSX, row))["buyer_name"].value == name


def test_times_of_a_workbook_are_dates_in_the_organizers_zone(tmp_path: Path) -> None:
    path = write(tmp_path, ExportFormat.XLSX, PLAIN, PLAIN._replace(paid_at=None))
    first = cells(path)
    assert first["placed_at"].is_date
    assert first["placed_at"].value == datetime(2026, 4, 2, 20, 14, 5)  # noqa: DTZ001 - a cell has no zone
    assert first["placed_at"].number_format == "yyyy-mm-dd hh:mm:ss"
    assert cells(path, 3)["paid_at"].value is None
    titles = [cell.value for cell in sheet(path)[1]]
    assert titles[NAMES.index("placed_at")] == f"Placed ({ZONE})"
    assert first["time_zone"].value == ZONE


def test_an_hour_that_occurs_twice_is_told_apart_in_the_csv(tmp_path: Path) -> None:
    rows = [PLAIN._replace(placed_at=datetime(2026, 11, 1, hour, 30, tzinfo=UTC)) for hour in (5, 6)]
    read = [row["placed_at"] for row in read_csv(write(tmp_path, ExportFormat.CSV, *rows))]
    assert read == ["2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"]


def test_a_long_list_goes_on_in_the_next_sheet(tmp_path: Path) -> None:
    path = tmp_path / "orders.xlsx"
    file = XlsxFile(path, zone=ZONE, sheet_rows=2)
    file.write([PLAIN._replace(number=f"KB-{number}") for number in range(5)])
    file.close()
    book = load_workbook(path)
    assert book.sheetnames == ["Orders", "Orders 2", "Orders 3", "Columns"]
    numbers = [
        [row[0] for row in book[name].iter_rows(min_row=2, values_only=True)] for name in book.sheetnames[:3]
    ]
    assert numbers == [["KB-0", "KB-1"], ["KB-2", "KB-3"], ["KB-4"]]
    meanings = {row[0]: row[1] for row in book["Columns"].iter_rows(values_only=True)}
    assert meanings["Currency"] == "ISO 4217 code of every amount in the row."
    assert [path.name for path in tmp_path.iterdir()] == ["orders.xlsx"]


@pytest.mark.parametrize("wanted", ExportFormat)
def test_an_export_of_nothing_has_its_headings(tmp_path: Path, wanted: ExportFormat) -> None:
    path = write(tmp_path, wanted)
    if wanted is ExportFormat.CSV:
        assert read_csv(path) == []
    else:
        assert [row for row in sheet(path).iter_rows(min_row=2, values_only=True) if any(row)] == []


texts = st.text(max_size=40)
orders = st.builds(
    ExportRow,
    number=st.from_regex(r"KB-[0-9A-Z]{4}-[0-9A-Z]{4}", fullmatch=True),
    placed_at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the bounds are naive
    paid_at=st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the bounds are naive
    status=st.sampled_from(OrderStatus),
    refund_state=st.sampled_from(RefundState),
    dispute_state=st.sampled_from(DisputeState),
    source=st.sampled_from(OrderSource),
    event_title=texts,
    buyer_name=texts,
    buyer_email=texts,
    tickets=st.integers(1, 50),
    currency=st.sampled_from(sorted(CURRENCIES)),
    subtotal_minor=st.integers(0, 10**12),
    discount_minor=st.integers(0, 10**12),
    total_minor=st.integers(0, 10**12),
    refunded_minor=st.integers(0, 10**12),
    promotion_code=texts,
    card_brand=texts,
    card_last4=st.from_regex(r"[0-9]{4}", fullmatch=True),
    payment_intent_id=texts,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=50)
@given(st.lists(orders, max_size=5))
def test_a_csv_that_is_read_again_says_the_same(tmp_path: Path, rows: list[ExportRow]) -> None:
    read = read_csv(write(tmp_path, ExportFormat.CSV, *rows))
    assert read == [said(row) for row in rows]


def said(row: ExportRow) -> dict[str, str]:
    """Return what a CSV has to say of an order, the plain way."""
    found: dict[str, str] = {}
    for column in COLUMNS:
        value: Any = getattr(row, column.field, ZONE)
        if column.kind is Kind.AMOUNT:
            exponent = CURRENCIES[row.currency].exponent
            value = f"{Decimal(value).scaleb(-exponent):.{exponent}f}"
        elif column.kind is Kind.WORD:
            value = WORDS[column.field].get(value, value)
        elif column.kind is Kind.TIME:
            value = value.astimezone(ZoneInfo(ZONE)).replace(microsecond=0).isoformat() if value else ""
        elif column.kind is Kind.TEXT and re.match(r"[=+\-@\t\r\n＝＋－＠]", value):
            value = f"'{value}"
        found[column.name] = str(value)
    return found


@pytest.mark.parametrize("wanted", ExportFormat)
def test_memory_does_not_grow_with_the_number_of_orders(tmp_path: Path, wanted: ExportFormat) -> None:
    write(tmp_path, wanted, PLAIN)  # what is loaded once does not count
    small, large = (_peak(tmp_path, wanted, count) for count in (200, 2000))
    # As much as Python keeps of freed tuples for the next ones; 1,800 orders alone would be more.
    assert large < small + 450_000, (small, large)


def _peak(folder: Path, wanted: ExportFormat, count: int) -> int:
    def made() -> Iterator[ExportRow]:
        for number in range(count):
            yield PLAIN._replace(
                number=f"KB-{number:08}", buyer_name=f"Maren {number}", total_minor=number % 100
            )

    tracemalloc.start()
    try:
        file, left = orders_file(wanted, folder / "big", zone=ZONE), made()
        while batch := list(islice(left, 100)):
            file.write(batch)
        file.close()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
