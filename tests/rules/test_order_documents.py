"""Receipts and tickets as PDF: read back as a person or a program would, in every currency and script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import segno
from pypdf import PageObject, PdfReader
from pypdf.generic import ContentStream

from kagibag_app.features.orders.documents import (
    ReceiptMoney,
    ReceiptRefund,
    paper,
    receipt_pdf,
    ticket_pdf,
    tickets_pdf,
    why_no_receipt,
    why_no_tickets,
)
from kagibag_app.features.orders.documents.paper import A4, LETTER, UNKNOWN
from kagibag_app.features.orders.documents.writing import clean, laid_out
from kagibag_app.features.orders.views import OrderView
from tests.paper_orders import order_view, ticket_page

TYPEFACES = Path(paper.__file__).parent / "typefaces"
NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)
VISA = ReceiptMoney("Visa •••• 4242")


def receipt(order: OrderView, money: ReceiptMoney = VISA, zone: str = "America/New_York") -> PdfReader:
    return PdfReader(BytesIO(receipt_pdf(order, money, organizer_zone=zone, made_at=NOW)))


def tickets(order: OrderView) -> PdfReader:
    return PdfReader(BytesIO(tickets_pdf(order, made_at=NOW)))


def words(page: PageObject) -> str:
    """A page's text on one line; no-break spaces are spaces to whoever searches it."""
    return " ".join(unicodedata.normalize("NFKC", page.extract_text()).split())


def text(pdf: PdfReader) -> str:
    return " ".join(words(page) for page in pdf.pages)


def test_every_typeface_has_its_licence_beside_it_and_all_of_them_stay_small() -> None:
    listed = (TYPEFACES / "README.md").read_text(encoding="utf-8")
    for path in TYPEFACES.glob("*.woff"):
        [row] = [line for line in listed.splitlines() if f"`{path.stem}`" in line]
        licence = re.search(r"`(\S+\.txt)`", row)
        assert licence is not None
        assert (TYPEFACES / licence[1]).is_file()
    assert sum(path.stat().st_size for path in TYPEFACES.iterdir()) < 1_000_000


def test_a_receipt_says_what_was_bought_paid_and_returned() -> None:
    order = order_view(
        discounts=(630, 630, 870), void={3}, refund_state="partial", refunded_minor=4730, dispute_state="open"
    )
    back = ReceiptRefund("2026-04-13T13:05:00+00:00", 4730, done=True)
    going = ReceiptRefund("2026-04-19T13:05:00+00:00", 3570, done=False)
    shown = text(receipt(order, replace(VISA, refunds=[back, going])))

    for part in (
        "Lantern Row", "KB-7F3K-9Q2M", "Completed", "Partially refunded", "Disputed", "Maren Okafor",
        "maren.okafor@example.com", "Night Harbour Sessions", "Fri 15 May 2026, 19:30–23:00 EDT",
        "The Foundry Hall, 88 Valley St, Providence, RI", "2 Apr 2026, 20:14 EDT", "2 Apr 2026, 20:16 EDT", VISA.method,
        "$58.00 −$8.70 $49.30", "Subtotal $142.00", "Discount HARBOUR15 15 % −$21.30", "Total paid $120.70",
        "Refunded Mon 13 Apr 2026 −$47.30", "Refund on its way Sun 19 Apr 2026 −$35.70", "Paid after refunds $73.40",
        "General admission, void", "A dispute about this payment is open at the bank.", "not a tax invoice", "Page 1 of 1",
    ):  # fmt: skip
        assert part in shown


@pytest.mark.parametrize(
    ("currency", "prices", "discounts", "amounts"),
    [
        ("USD", (123456, 1), (6, 0), ("$1,234.56", "−$0.06", "$1,234.50", "$0.01", "Total paid $1,234.51")),
        ("JPY", (6400, 1), (999, 0), ("¥6,400", "−¥999", "¥5,401", "¥1", "Total paid ¥5,402")),
        ("KWD", (1250, 10), (40, 0), ("KWD 1.250", "−KWD 0.040", "KWD 1.210", "Total paid KWD 1.220")),
        ("EUR", (990,), (), ("€9.90", "Total paid €9.90")),
    ],
)
def test_amounts_are_exact_in_every_currency(
    currency: str, prices: tuple[int, ...], discounts: tuple[int, ...], amounts: tuple[str, ...]
) -> None:
    shown = text(receipt(order_view(prices, discounts=discounts, currency=currency)))
    for amount in amounts:
        assert amount in shown


def test_a_free_order_has_a_receipt_that_says_so() -> None:
    shown = text(receipt(order_view((0,), source="free"), ReceiptMoney()))
    assert "Total $0.00" in shown
    assert "Completed 2 Apr 2026, 20:16 EDT Nothing to pay" in shown
    assert "Nothing was charged for this order." in shown
    assert "Total paid" not in shown


def test_both_clocks_stand_on_a_receipt_when_the_organizers_differs() -> None:
    shown = text(receipt(order_view(), zone="Europe/Berlin"))
    assert "2 Apr 2026, 20:16 EDT 3 Apr 2026, 02:16 CEST for Lantern Row" in shown
    assert "Sat 16 May, 01:30 CEST for Lantern Row" in shown


def test_a_masked_address_stays_masked() -> None:
    assert "m•••@example.com" in text(receipt(order_view(buyer_email="m•••@example.com")))


def test_sixty_lines_go_on_over_sheets_and_the_sum_stands_on_the_last() -> None:
    pdf = receipt(order_view([4200] * 60, currency="EUR"))
    shown = [words(page) for page in pdf.pages]
    assert len(shown) > 1
    for number, page in enumerate(shown, start=1):
        assert f"Page {number} of {len(shown)}" in page
        assert page.count("General admission") == len(re.findall(r"€42\.00", page))
    assert sum(page.count("General admission") for page in shown) == 60
    assert [("Total paid €2,520.00" in page) for page in shown] == [False] * (len(shown) - 1) + [True]


@pytest.mark.parametrize("count", [1, *range(13, 21), 60])
def test_nothing_is_drawn_beyond_the_sheet_however_many_lines(count: int) -> None:
    pdf = receipt(order_view([100] * count, discounts=[1] * count))
    lowest = min(y for page in pdf.pages for y in _heights(page))
    assert lowest > 30
    assert "Total paid" in words(pdf.pages[-1])


def _heights(page: PageObject) -> list[float]:
    """Where the texts of a page stand, in points from its lower edge."""
    found: list[float] = []
    page.extract_text(visitor_text=lambda text, _cm, tm, *_: found.append(tm[5]) if text.strip() else None)
    return found


@pytest.mark.parametrize(("currency", "size"), [("USD", LETTER), ("EUR", A4), ("JPY", A4)])
def test_the_sheet_is_what_printers_hold_there(currency: str, size: tuple[float, float]) -> None:
    box = receipt(order_view(currency=currency)).pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx(size, abs=0.1)


def test_files_say_their_title_and_language_to_whoever_reads_them_aloud() -> None:
    for pdf, title in (
        (receipt(order_view()), "Receipt KB-7F3K-9Q2M"),
        (tickets(order_view()), "Tickets KB-7F3K-9Q2M"),
    ):
        assert pdf.metadata is not None
        assert (pdf.metadata.title, pdf.metadata.author) == (title, "Lantern Row")
        assert pdf.metadata.creation_date == NOW
        root: Any = pdf.trailer["/Root"]
        assert root["/Lang"] == "en"
        assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True


@pytest.mark.parametrize(
    "names",
    [
        ("Łukasz Ørsted", "Zoë Nguyễn Đặng", "Наталья"),
        ("Ελένη", "Արամ", "สมชาย"),
        ("鈴木一郎", "王小明", "김민준"),
    ],
)
def test_names_print_right_in_their_scripts(names: tuple[str, str, str]) -> None:
    buyer, title, organizer = names
    order = order_view((100,), buyer_name=buyer, event={"title": title, "organizer_name": organizer})
    for shown in (text(receipt(order)), text(tickets(order))):
        assert [name for name in names if unicodedata.normalize("NFKC", name) not in shown] == []
        assert UNKNOWN not in shown


def test_arabic_is_joined_and_stands_from_right_to_left() -> None:
    drawn = laid_out("محمد")
    assert drawn == "\ufeaa\ufee4\ufea4\ufee3"
    assert laid_out("سلام")[:2] == "\ufee1\ufefc"
    assert unicodedata.normalize("NFKC", laid_out("علي")[::-1]) == "علي"
    assert laid_out("Ana שלום (Bo)") == "Ana םולש (Bo)"


def test_a_character_without_a_glyph_is_marked_and_said() -> None:
    order = order_view((100,), buyer_name="Mia 🦩 Ray")
    shown = text(receipt(order))
    assert f"Mia {UNKNOWN} Ray" in shown
    assert f"{UNKNOWN} stands for a character that this file can't print" in shown
    assert f"{UNKNOWN}: a character that this file cannot print" in text(tickets(order))


_HOSTILE = {
    "bidi override": "Ana \u202egnp.exe",
    "NUL": "Ana\x00\x01\x7fB",
    "surrogate": "Ana \ud83d B",
    "line breaks": "Ana\r\nBcc: x\u2028y",
    "page count mark": "Ana {nb} {{nb}}",
    "PDF syntax": "Ana ) Tj ET (\\ % <</JS>>",
    "markup": "**Ana** <script>alert(1)</script> __B__",
    "marks": "Z" + "\u0351" * 300,
    "1 MB": "A" * 1_000_000,
    "1 MB of words": "Ana " * 250_000,
    "nothing": "",
}


@pytest.mark.parametrize("value", _HOSTILE.values(), ids=_HOSTILE.keys())
def test_attack_9_hostile_text_breaks_no_document(value: str) -> None:
    order = order_view(
        (100, 200),
        discounts=(1, 2),
        buyer_name=value,
        buyer_email=value,
        discount_code=value,
        event={"title": value, "venue": value, "address": value, "organizer_name": value},
    )
    order = replace(order, lines=[replace(line, name=value) for line in order.lines])
    order = replace(order, tickets=[replace(ticket, type_name=value) for ticket in order.tickets])
    bill = receipt(order)
    for pdf in (bill, tickets(order)):
        shown = "".join(page.extract_text() for page in pdf.pages)
        assert "KB-7F3K-9Q2M" in shown
        assert len(shown) < 20_000
        assert not set("\u202e\x00\ud83d") & set(shown)
        assert pdf.pages[0].get("/Annots") is None
    assert len(bill.pages) == 1


def test_what_is_written_stays_as_it_is() -> None:
    assert "Ana {nb} ) Tj **B**" in text(receipt(order_view(buyer_name="Ana {nb} ) Tj **B**")))
    assert clean("a\u202e\x00\r\nb") == "a b"


def test_each_ticket_has_a_sheet_with_its_code_and_whose_it_is() -> None:
    pages = [words(page) for page in tickets(order_view(void={2})).pages]
    assert len(pages) == 2
    for page, place in zip(pages, (1, 3), strict=True):
        for part in (
            "Night Harbour Sessions", "Fri 15 May 2026, 19:30–23:00 EDT", "88 Valley St", "General admission",
            "Maren Okafor", "Fri 15 May, 18:30 EDT", "KB-7F3K-9Q2M", f"{place} of 3", f"T-4MQ7-ZB2X-000{place}",
        ):  # fmt: skip
            assert part in page


def test_a_ticket_alone_names_no_other_and_no_price() -> None:
    pdf = PdfReader(BytesIO(ticket_pdf(ticket_page(order_view(), 2), made_at=NOW)))
    [page] = pdf.pages
    assert "T-4MQ7-ZB2X-0002" in words(page)
    assert "0001" not in words(page)
    assert "$" not in words(page)


def test_the_qr_code_holds_the_tickets_code() -> None:
    order = order_view()
    for page, ticket in zip(tickets(order).pages, order.tickets, strict=True):
        expected = segno.make_qr(ticket.code, error="m").matrix
        assert _squares(page, len(expected)) == {
            (row, column) for row, line in enumerate(expected) for column, dark in enumerate(line) if dark
        }


def _squares(page: PageObject, side: int) -> set[tuple[int, int]]:
    """Return the dark squares that a page's rectangles of one module's height cover, by row and column."""
    stream = ContentStream(page.get_contents(), page.pdf)
    boxes = [
        tuple(float(value) for value in operands)
        for operands, operator in stream.operations
        if operator == b"re"
    ]
    height = min(abs(box[3]) for box in boxes)
    strips = [box for box in boxes if abs(box[3]) == height]
    left, top = min(box[0] for box in strips), min(box[1] for box in strips)
    unit = (max(box[0] + box[2] for box in strips) - left) / side
    return {
        (round((y - top) / unit), round((x - left) / unit) + step)
        for x, y, width, _ in strips
        for step in range(round(width / unit))
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda o: o, ""),
        (lambda o: replace(o, status="pending", tickets=[]), "not paid"),
        (lambda o: replace(o, status="cancelled"), "order is cancelled"),
        (lambda o: replace(o, event=replace(o.event, status="cancelled")), "event is cancelled"),
        (lambda o: replace(o, tickets=[replace(t, status="void") for t in o.tickets]), "no longer let anybody in"),
        (lambda o: replace(o, tickets=[replace(t, refund_in_progress=True) for t in o.tickets]), "refund"),
        (lambda o: replace(o, tickets=[replace(t, status="checked_in") for t in o.tickets]), ""),
    ],
)  # fmt: skip
def test_tickets_that_open_no_door_are_not_printed(
    change: Callable[[OrderView], OrderView], reason: str
) -> None:
    order = change(order_view())
    why = why_no_tickets(order.status, order.event, order.tickets)
    assert reason in why
    assert bool(reason) == bool(why)


def test_an_unpaid_order_has_no_receipt() -> None:
    assert "not paid" in why_no_receipt(order_view(status="pending", paid_at=""))
    assert why_no_receipt(order_view(status="cancelled")) == ""
