"""An order to which everything has happened: many rows in each table that its screen reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kagibag_app.features.disputes.tables import Dispute
from kagibag_app.features.ledger.rules import EntryKind as LedgerKind
from kagibag_app.features.ledger.tables import LedgerEntry
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders.tables import LineItem, Order, Ticket
from kagibag_app.features.payments.tables import Payment, PaymentAttempt
from kagibag_app.features.refunds.tables import Refund, RefundAllocation, RefundRequest, RefundRequestTicket
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.kit.ids import public_id
from kagibag_app.storage.transaction import Transaction
from tests.services.shop import Shop


async def fill(shop: Shop, order: Order, payment: Payment, *, entries: int = 60) -> None:
    """Give a paid order a request and a refund for each ticket, disputes, mails, bookings and timeline entries."""
    lines = await shop.rows(LineItem, order_id=order.id)
    tickets = await shop.rows(Ticket, order_id=order.id)
    (confirmation,) = await shop.rows(EmailMessage, order_id=order.id)
    async with shop.store.transaction() as tx:
        _attempts(tx, payment)
        for index, (line, ticket) in enumerate(zip(lines, tickets, strict=True)):
            await _refund(tx, order, payment, line, ticket, index)
        for index in range(2):
            _dispute(tx, order, payment, index)
        for index in range(12):
            _booking(tx, order, payment, index)
            _mail(tx, order, confirmation.params, index)
        for index in range(entries):
            _entry(tx, order, index)


def _own(order: Order, prefix: str) -> dict[str, Any]:
    return {"public_id": public_id(prefix), "organizer_id": order.organizer_id, "order_id": order.id}


def _attempts(tx: Transaction, payment: Payment) -> None:
    tx.session.add_all(
        PaymentAttempt(
            payment_id=payment.id, key=f"try{index}", code="card_declined", message="The card was declined.",
            method="Visa •••• 0002", at=tx.now,
        )
        for index in range(3)
    )  # fmt: skip


async def _refund(
    tx: Transaction, order: Order, payment: Payment, line: LineItem, ticket: Ticket, index: int
) -> None:
    request = RefundRequest(
        **_own(order, "req"), status="approved", reason_category="cannot_attend", reason_text="My shift moved.",
        currency=order.currency, amount_minor=line.net_minor, created_at=tx.now,
    )  # fmt: skip
    tx.session.add(request)
    await tx.session.flush()
    tx.session.add(
        RefundRequestTicket(
            request_id=request.id or 0, ticket_id=ticket.id, line_item_id=line.id, amount_minor=line.net_minor
        )
    )
    refund = Refund(
        **_own(order, "rf"), payment_id=payment.id, request_id=request.id, account=payment.account, amount_minor=100,
        currency=order.currency, source="request", status="pending", idempotency_key=public_id("key"),
        requested_by="Noor Haas", stripe_refund_id=f"re_{index}_{payment.id}", created_at=tx.now,
    )  # fmt: skip
    tx.session.add(refund)
    await tx.session.flush()
    tx.session.add(RefundAllocation(refund_id=refund.id or 0, line_item_id=line.id, amount_minor=100))


def _dispute(tx: Transaction, order: Order, payment: Payment, index: int) -> None:
    tx.session.add(
        Dispute(
            **_own(order, "dsp"), payment_id=payment.id, account=payment.account, stripe_id=f"du_{index}_{payment.id}",
            kind="chargeback", status="lost", raw_status="lost", reason="fraudulent", amount_minor=100,
            currency=order.currency, opened_at=tx.now - timedelta(days=index),
        )
    )  # fmt: skip


def _booking(tx: Transaction, order: Order, payment: Payment, index: int) -> None:
    tx.session.add(
        LedgerEntry(
            organizer_id=order.organizer_id, order_id=order.id, account=payment.account,
            balance_transaction=f"txn_full_{payment.id}_{index}", kind=LedgerKind.REFUND, settlement_minor=-100,
            settlement_currency="USD", cause="refund:re_1", at=tx.now + timedelta(seconds=index),
        )
    )  # fmt: skip


def _mail(tx: Transaction, order: Order, params: dict[str, Any], index: int) -> None:
    tx.session.add(
        EmailMessage(
            **_own(order, "msg"), recipient=order.buyer_email, template=Template.CONFIRMATION, params=params,
            status="sent", created_at=tx.now + timedelta(seconds=index), sent_at=tx.now,
        )
    )  # fmt: skip


def _entry(tx: Transaction, order: Order, index: int) -> None:
    kinds = list(EntryKind)
    data = {"amount_minor": 100 + index, "currency": "USD", "subject": "Your tickets", "tickets": ["T-1"]}
    tx.session.add(
        TimelineEntry(
            organizer_id=order.organizer_id, order_id=order.id, at=tx.now + timedelta(minutes=index),
            actor_kind="member", actor_name="Noor Haas", kind=kinds[index % len(kinds)], new_state="paid", data=data,
        )
    )  # fmt: skip
