"""Rows on their way into the database: plain values, in the order in which tables depend on each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlmodel import SQLModel

from kagibag_app.features.disputes.tables import Dispute, DisputeEvent
from kagibag_app.features.ledger.tables import LedgerEntry
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders.rules import BY_PART
from kagibag_app.features.orders.tables import AppliedPromotion, LineItem, Order, OrderSearch, Ticket
from kagibag_app.features.payments.tables import Payment, PaymentAttempt
from kagibag_app.features.promotions.tables import PromotionUse
from kagibag_app.features.refunds.tables import (
    Refund,
    RefundAllocation,
    RefundNote,
    RefundRequest,
    RefundRequestTicket,
    RefundTicket,
)
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.features.webhooks.tables import WebhookEvent

Row = tuple[Any, ...]


class Sheet:
    """The rows of one table. What a model fills in by itself is the same in all of them.

    Args:
        model: The table.
        columns: What ``add`` is given, in this order; the key comes by itself.

    Attributes:
        columns: Every column that a row has a value for.
        keyed: Rows have a key of their own.
        next_id: The key of the next row; set before the first one is added.
    """

    def __init__(self, model: type[SQLModel], columns: str) -> None:
        table = table_of(model)
        given = tuple(columns.split())
        unknown = set(given) - set(table.columns.keys())
        if unknown:
            raise ValueError(f"{table.name} has no columns {sorted(unknown)}")
        rest = [name for name in table.columns.keys() if name not in ("id", *given)]  # noqa: SIM118 - a collection
        self.table = table.name
        self.keyed = "id" in table.columns
        self.columns = (*(["id"] if self.keyed else []), *given, *rest)
        self.rows: list[Row] = []
        self.next_id = 0
        self._rest = tuple(_default(model, name) for name in rest)

    def add(self, *values: Any) -> int:
        """Add a row and return its key. Values are what drivers take: text, whole numbers, ``None``."""
        key = self.reserve()
        self.rows.append((key, *values, *self._rest))
        return key

    def reserve(self, count: int = 1) -> int:
        """Set keys aside for rows that are ``put`` later, and return the first."""
        key = self.next_id
        self.next_id = key + count
        return key

    def put(self, key: int, *values: Any) -> None:
        """Add the row whose key was set aside."""
        self.rows.append((key, *values, *self._rest))

    def take(self) -> list[Row]:
        """Return the rows that were added and begin anew; keys go on."""
        rows, self.rows = self.rows, []
        return rows


class SearchSheet(Sheet):
    """What orders are found by. Its rows have no key beside them."""

    def add(self, *values: Any) -> int:
        """Add a row."""
        self.rows.append((*values, *self._rest))
        return 0

    def take(self) -> list[Row]:
        """Return the rows in the order of the index, so that neighbours are written together.

        Values that are found by any part of them come first, order by order: their index only grows at its end.
        """
        rows = super().take()
        by_part = [row for row in rows if row[1] in BY_PART]
        return by_part + sorted(row for row in rows if row[1] not in BY_PART)


def table_of(model: type[SQLModel]) -> sa.Table:
    """Return a model's table."""
    return cast("sa.Table", getattr(model, "__table__"))  # noqa: B009 - a class attribute that type checkers don't know


def _default(model: type[SQLModel], name: str) -> Any:
    field = model.model_fields[name]
    if field.is_required():
        raise ValueError(f"{model.__name__}.{name} needs a value")
    return plain(field.get_default(call_default_factory=True))


def plain(value: Any) -> Any:
    """Return a value as every driver takes it."""
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, dict | list):
        return document(value)
    return str(value) if isinstance(value, str) else value


def stamp(moment: datetime) -> str:
    """Return a moment in UTC as SQLite keeps it and PostgreSQL reads it in a session whose zone is UTC."""
    return moment.isoformat(" ", "microseconds")[:26]


def maybe_stamp(moment: datetime | None) -> str | None:
    """Like ``stamp``, for what may be absent."""
    return None if moment is None else stamp(moment)


_dump = TypeAdapter(Any).dump_json


def document(value: dict[str, Any] | list[Any]) -> str:
    """Return a JSON value as text."""
    return _dump(value).decode()


class Sheets:
    """Every table that orders fill, each before those that refer to it."""

    def __init__(self) -> None:
        self.orders = Sheet(
            Order,
            "public_id organizer_id event_id number buyer_name buyer_email email_key currency subtotal_minor "
            "discount_minor total_minor source promotion_id status refunded_minor refund_state dispute_state "
            "refund_policy locale version placed_at hold_until paid_at cancelled_at cancel_message updated_at",
        )
        self.lines = Sheet(
            LineItem,
            "public_id organizer_id order_id ticket_type_id position type_name list_minor discount_minor net_minor seat",
        )
        self.tickets = Sheet(
            Ticket,
            "public_id organizer_id order_id line_item_id code status refund_in_progress issued_at checked_in_at "
            "checked_in_by voided_at void_reason",
        )
        self.applied = Sheet(
            AppliedPromotion, "organizer_id order_id promotion_id code kind value adjustment_minor"
        )
        self.uses = Sheet(PromotionUse, "promotion_id order_id email_key state created_at")
        self.payments = Sheet(
            Payment,
            "public_id organizer_id order_id account status is_open currency amount_minor captured_minor committed_minor "
            "open_chargeback session_id session_expires_at payment_intent_id charge_id card_brand card_last4 "
            "failure_code failure_message raw_status created_at opening_at synced_at captured_at",
        )
        self.attempts = Sheet(PaymentAttempt, "payment_id key code message method at")
        self.requests = Sheet(
            RefundRequest,
            "public_id organizer_id order_id status version reason_category reason_text currency amount_minor "
            "approved_minor outcome created_at decided_at decided_by_id decided_by decision_message reply_text replied_at",
        )
        self.request_tickets = Sheet(
            RefundRequestTicket, "request_id ticket_id line_item_id amount_minor active"
        )
        self.notes = Sheet(RefundNote, "request_id organizer_id author_id author text at")
        self.refunds = Sheet(
            Refund,
            "public_id organizer_id order_id payment_id request_id account amount_minor currency source status raw_status "
            "idempotency_key stripe_refund_id failure_code failure_message pending_reason bank_reference retry_of "
            "requested_by tries flagged cancels_order created_at maybe_sent_at synced_at accepted_at settled_at",
        )
        self.allocations = Sheet(RefundAllocation, "refund_id line_item_id amount_minor")
        self.refund_tickets = Sheet(RefundTicket, "refund_id ticket_id")
        self.disputes = Sheet(
            Dispute,
            "public_id organizer_id order_id payment_id account stripe_id kind status raw_status reason "
            "network_reason_code amount_minor currency evidence_due_at submission_count has_evidence past_due "
            "is_charge_refundable opened_at closed_at",
        )
        self.dispute_events = Sheet(DisputeEvent, "dispute_id kind dedupe_key at data")
        self.ledger = Sheet(
            LedgerEntry,
            "organizer_id order_id account balance_transaction kind settlement_minor settlement_currency "
            "presentment_minor presentment_currency cause at",
        )
        self.timeline = Sheet(
            TimelineEntry,
            "organizer_id order_id at actor_kind actor_id actor_name kind old_state new_state version data",
        )
        self.mails = Sheet(
            EmailMessage,
            "public_id organizer_id order_id recipient template params status attempts error created_at sent_at",
        )
        self.search = SearchSheet(OrderSearch, "organizer_id kind value order_id")
        self.webhooks = Sheet(
            WebhookEvent,
            "public_id organizer_id order_id order_number type dedupe_key body created_at",
        )

    def all(self) -> Sequence[Sheet]:
        """Return them in the order in which they are written."""
        return [sheet for sheet in vars(self).values() if isinstance(sheet, Sheet)]

    def filled(self) -> Iterable[tuple[Sheet, list[Row]]]:
        """Yield each that has rows, with its rows, which it gives away."""
        for sheet in self.all():
            rows = sheet.take()
            if rows:
                yield sheet, rows
