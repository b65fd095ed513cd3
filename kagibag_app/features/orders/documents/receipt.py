"""The receipt of an order as a PDF: what was bought, what it cost, what was paid and what went back."""

from __future__ import annotations

from datetime import datetime

from kagibag_app import l10n
from kagibag_app.features.orders.documents import receipt_words as words
from kagibag_app.features.orders.documents.paper import (
    A4,
    INK_2,
    LETTER,
    LINE_STRONG,
    UNKNOWN,
    Paper,
    Type,
)
from kagibag_app.features.orders.documents.receipt_words import ReceiptMoney, SumLine
from kagibag_app.features.orders.documents.wording import when_line
from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.orders.views import LineView, OrderView

_MARGIN, _ROW, _TABLE_HEAD = 56.0, 20.0, 24.0
_FOOT, _NEXT_SHEET = 76.0, 64.0
# Where paper is Letter; the rest of the world prints on A4.
_ON_LETTER = frozenset({"USD", "CAD", "MXN", "PHP"})

_BODY, _STRONG, _MUTE = Type(10), Type(10, strong=True), Type(10, ink=INK_2)
_LABEL, _TOTAL = Type(8.5, ink=INK_2), Type(12, strong=True)
_CODE = Type(9.5, mono=True)


def receipt_pdf(order: OrderView, money: ReceiptMoney, *, organizer_zone: str, made_at: datetime) -> bytes:
    """Return the receipt.

    Times are the event's, and the organizer's beside them where they differ. It blocks: call it in a thread.

    Args:
        order: An order that was paid or was free: see ``why_no_receipt``.
        money: How it was paid and what went back.
        organizer_zone: IANA zone.
        made_at: Now, with its zone; stands in the file's description.
    """
    return _Receipt(order, money, organizer_zone, made_at).drawn()


class _Receipt:
    """One receipt in the making; every part is drawn below a ``y`` and returns where the next one begins."""

    def __init__(self, order: OrderView, money: ReceiptMoney, organizer_zone: str, made_at: datetime) -> None:
        self._order, self._facts = order, words.facts(order, money, organizer_zone)
        self._sums, self._notes = words.sum_lines(order, money), words.notes(order)
        self._void = {t.id for t in order.tickets if t.status == TicketStatus.VOID}
        self._paper = Paper(
            LETTER if order.currency in _ON_LETTER else A4,
            title=f"Receipt {order.number}",
            author=order.event.organizer_name,
            subject=f"{order.event.title}, {when_line(order.event)}",
            made_at=made_at,
        )
        self._right = self._paper.width - _MARGIN
        self._columns = self._column_edges()

    def drawn(self) -> bytes:
        """Draw sheet after sheet and return the PDF."""
        self._paper.sheet()
        y = self._about(self._head())
        sheets = self._share(y)
        place = 1
        for number, lines in enumerate(sheets, start=1):
            if number > 1:
                self._paper.sheet()
                y = _NEXT_SHEET
            y = self._lines(y, place, lines)
            place += len(lines)
            if number == len(sheets):
                self._closing(self._sum(y))
            self._foot(number, len(sheets))
        return self._paper.finish()

    def _head(self) -> float:
        paper = self._paper
        paper.mark(_MARGIN, 44, 18)
        name = Type(11, strong=True)
        paper.paragraph(
            _MARGIN + 26, 57, self._order.event.organizer_name, self._right - _MARGIN - 26, name,
            leading=14, most=1,
        )  # fmt: skip
        paper.write(_MARGIN, 112, "Receipt", Type(24, strong=True))
        edge = self._right
        for word, tone in reversed(words.states(self._order)):
            edge = paper.badge(edge, 109, word, tone) - 6
        paper.write(_MARGIN, 132, self._order.number, Type(11, mono=True))
        return 152

    def _about(self, y: float) -> float:
        self._paper.rule(_MARGIN, y, self._right, colour=LINE_STRONG)
        width = (self._right - _MARGIN - 24) / 2
        ends = []
        for place, column in enumerate(self._facts):
            x, at = _MARGIN + place * (width + 24), y + 22
            for label, lines in column:
                self._paper.write(x, at, label, _LABEL)
                at += 15
                for line, type in zip(lines, [_STRONG, *[_MUTE] * len(lines)], strict=False):
                    at = self._paper.paragraph(x, at, line, width, type, leading=14)
                at += 10
            ends.append(at)
        return max(ends) + 8

    def _column_edges(self) -> list[tuple[str, float]]:
        """Return the head and the right edge of each column of amounts."""
        order = self._order
        if not order.discount_minor:
            return [("Price", self._right)]
        sums = (order.subtotal_minor, -order.discount_minor, order.total_minor)
        wide = max(76.0, *(self._paper.measure(self._amount(minor), _STRONG) + 20 for minor in sums))
        return [
            (head, self._right - (2 - place) * wide)
            for place, head in enumerate(("List price", "Discount", "Net"))
        ]

    def _share(self, y: float) -> list[list[LineView]]:
        """Share the lines among sheets; the sum stands whole on the last one, below at least one line."""
        lines, sheets = list(self._order.lines), []
        room = self._paper.height - _FOOT - y - _TABLE_HEAD
        while len(lines) * _ROW + self._closing_height() > room and len(lines) > 1:
            taken = min(max(1, int(room // _ROW)), len(lines) - 1)
            sheets.append(lines[:taken])
            lines, room = lines[taken:], self._paper.height - _FOOT - _NEXT_SHEET - _TABLE_HEAD
        return [*sheets, lines]

    def _lines(self, y: float, place: int, lines: list[LineView]) -> float:
        paper = self._paper
        paper.write(_MARGIN, y + 12, "Ticket", _LABEL)
        for head, edge in self._columns:
            paper.write(edge, y + 12, head, _LABEL, align="right")
        y += _TABLE_HEAD - 4
        paper.rule(_MARGIN, y, self._right, colour=LINE_STRONG)
        for number, line in enumerate(lines, start=place):
            self._line(y + 13.5, number, line)
            y += _ROW
            paper.rule(_MARGIN, y, self._right)
        return y + 20

    def _line(self, y: float, number: int, line: LineView) -> None:
        paper, x = self._paper, _MARGIN + 24
        paper.write(_MARGIN + 14, y, str(number), _MUTE, align="right")
        note = ", void" if line.ticket_id in self._void else ""
        room = self._columns[0][1] - 84 - x - paper.measure(note, _MUTE)
        for name in paper.lines(line.name, room, _BODY, most=1):
            paper.write(x, y, name, _BODY)
            paper.write(x + paper.measure(name, _BODY), y, note, _MUTE)
        amounts = [line.list_minor, -line.discount_minor, line.net_minor][-len(self._columns) :]
        for (_, edge), minor in zip(self._columns, amounts, strict=True):
            paper.write(
                edge, y, self._amount(minor), _STRONG if edge == self._right else _MUTE, align="right"
            )

    def _sum(self, y: float) -> float:
        for line in self._sums:
            if line.kind:
                self._paper.rule(
                    self._paper.width / 2,
                    y - 11,
                    self._right,
                    colour=LINE_STRONG,
                    dashed=line.kind == "total",
                )
                y += 5
            self._sum_line(y, line)
            y += 18
        return y

    def _sum_line(self, y: float, line: SumLine) -> None:
        paper, x = self._paper, self._paper.width / 2
        type = _TOTAL if line.kind == "total" else _STRONG if line.kind else _BODY
        for text, part in ((line.label, type), (line.code, _CODE), (line.remark, _MUTE)):
            if text:
                paper.write(x, y, text, part)
                x += paper.measure(text, part) + 5
        paper.write(self._right, y, line.amount, type, align="right")

    def _closing_height(self) -> float:
        return 20 + len(self._sums) * 19 + 20 + (len(self._notes) + 1) * 13

    def _closing(self, y: float) -> None:
        unknown = f"{UNKNOWN} stands for a character that this file can't print; the order's page shows it."
        y += 10
        for note in [*self._notes, *([unknown] if self._paper.unknown else [])]:
            y = self._paper.paragraph(_MARGIN, y, note, self._right - _MARGIN, _LABEL, leading=13)

    def _foot(self, number: int, of: int) -> None:
        paper, y = self._paper, self._paper.height - 40
        paper.rule(_MARGIN, y - 14, self._right)
        paper.write(_MARGIN, y, self._order.number, Type(8.5, mono=True, ink=INK_2))
        paper.write(paper.width / 2, y, "Tickets by Kagibag", _LABEL, align="centre")
        paper.write(self._right, y, f"Page {number} of {of}", _LABEL, align="right")

    def _amount(self, minor: int) -> str:
        return l10n.money(minor, self._order.currency)
