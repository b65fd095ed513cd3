"""The columns of an export, in their order: what each is called, holds and means. ``docs/export.md`` says the same."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a column's cells are."""

    TEXT = "text"
    WORD = "word"
    NUMBER = "number"
    AMOUNT = "amount"
    TIME = "time"
    ZONE = "zone"


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: Its heading in CSV, which other programs look for: it does not change.
        title: Its heading in XLSX.
        field: Where ``orders.views.ExportRow`` has it; empty for what is the same in every row.
        kind: ``TEXT`` was typed by somebody, a ``WORD`` is one of ours.
        meaning: One line for a person, with its unit.
        width: Characters in XLSX.
    """

    name: str
    title: str
    field: str
    kind: Kind
    meaning: str
    width: int


_AMOUNT = "a decimal with as many digits as the currency has, in the row's currency"

COLUMNS: tuple[Column, ...] = (
    Column("order_number", "Order", "number", Kind.TEXT, "The order's number.", 14),
    Column("status", "Status", "status", Kind.WORD, "Where the order stands, as the list says it.", 16),
    Column("refund_state", "Refunds", "refund_state", Kind.WORD, "How much of it went back.", 18),
    Column("dispute_state", "Disputes", "dispute_state", Kind.WORD, "Whether its payment is disputed.", 14),
    Column("placed_at", "Placed", "placed_at", Kind.TIME, "When it was placed.", 19),
    Column("paid_at", "Paid", "paid_at", Kind.TIME, "When it was completed; empty until then.", 19),
    Column("time_zone", "Time zone", "", Kind.ZONE, "The organization's zone, which every time in the file is in.", 18),
    Column("event", "Event", "event_title", Kind.TEXT, "The event's title as it is now.", 30),
    Column("buyer_name", "Buyer", "buyer_name", Kind.TEXT, "Who bought.", 22),
    Column("buyer_email", "Email", "buyer_email", Kind.TEXT, "The buyer's address.", 28),
    Column("source", "Source", "source", Kind.WORD, "How it is paid: Stripe or Free.", 9),
    Column("tickets", "Tickets", "tickets", Kind.NUMBER, "How many tickets were ordered.", 8),
    Column("currency", "Currency", "currency", Kind.WORD, "ISO 4217 code of every amount in the row.", 9),
    Column("subtotal", "Subtotal", "subtotal_minor", Kind.AMOUNT, f"List prices: {_AMOUNT}.", 12),
    Column("discount", "Discount", "discount_minor", Kind.AMOUNT, f"What a promotion took off: {_AMOUNT}.", 12),
    Column("total", "Total", "total_minor", Kind.AMOUNT, f"Subtotal less discount: {_AMOUNT}.", 12),
    Column("refunded", "Refunded", "refunded_minor", Kind.AMOUNT, f"What went back: {_AMOUNT}.", 12),
    Column("promotion_code", "Promotion", "promotion_code", Kind.TEXT, "The code that was used; empty for none.", 14),
    Column("card_brand", "Card", "card_brand", Kind.TEXT, "The card's brand; empty where none paid.", 10),
    Column("card_last4", "Last four", "card_last4", Kind.TEXT, "The card's last four digits, as text.", 9),
    Column("payment_intent", "Payment intent", "payment_intent_id", Kind.TEXT, "The payment's id at Stripe.", 30),
)  # fmt: skip
