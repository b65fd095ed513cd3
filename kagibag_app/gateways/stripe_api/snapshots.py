"""Reads Stripe's objects into the port's snapshots.

Every reader takes the plain dictionary of an expanded object; a field that Stripe leaves out or sends as
null becomes empty.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kagibag_app.gateways.stripe_api.amounts import from_stripe
from kagibag_app.kit.clock import from_unix
from kagibag_app.ports.payments import (
    BalanceLine,
    CheckoutSnapshot,
    DisputeSnapshot,
    Holding,
    IncomingEvent,
    PaymentSnapshot,
    RefundSnapshot,
)

Body = dict[str, Any]


def checkout(body: Body) -> CheckoutSnapshot:
    """A Checkout session, with its payment intent when that was expanded."""
    intent = _object(body, "payment_intent")
    return CheckoutSnapshot(
        session_id=body["id"],
        url=_text(body, "url"),
        status=_text(body, "status"),
        payment_status=_text(body, "payment_status"),
        payment_intent_id=_id(body, "payment_intent"),
        reference=_text(_dict(body, "metadata"), "payment"),
        expires_at=from_unix(body.get("expires_at")),
        payment=payment(intent) if intent else None,
    )


def payment(body: Body) -> PaymentSnapshot:
    """A payment intent with its latest charge expanded."""
    charge = _object(body, "latest_charge") or {}
    details = _dict(charge, "payment_method_details")
    card = _dict(details, "card")
    failure = _dict(body, "last_payment_error")
    currency = body["currency"].upper()
    return PaymentSnapshot(
        payment_intent_id=body["id"],
        status=body["status"],
        currency=currency,
        amount_minor=from_stripe(body["amount"], currency),
        captured_minor=from_stripe(body.get("amount_received") or 0, currency),
        charge_id=_id(body, "latest_charge"),
        card_brand=_text(card, "brand") or _text(details, "type"),
        card_last4=_text(card, "last4"),
        failure_code=_text(failure, "decline_code") or _text(failure, "code"),
        failure_message=_text(failure, "message"),
        reference=_text(_dict(body, "metadata"), "payment"),
        refunded_minor=from_stripe(charge.get("amount_refunded") or 0, currency),
        disputed=bool(charge.get("disputed")),
        balance=_balance_of(charge, "balance_transaction"),
        livemode=bool(body.get("livemode")),
    )


def refund(body: Body) -> RefundSnapshot:
    """A refund with its balance transactions expanded."""
    currency = body["currency"].upper()
    return RefundSnapshot(
        refund_id=body["id"],
        status=_text(body, "status"),
        amount_minor=from_stripe(body["amount"], currency),
        currency=currency,
        payment_intent_id=_id(body, "payment_intent"),
        charge_id=_id(body, "charge"),
        created=_time(body["created"]),
        refund_reference=_text(_dict(body, "metadata"), "refund_id"),
        pending_reason=_text(body, "pending_reason"),
        failure_reason=_text(body, "failure_reason"),
        bank_reference=_bank_reference(_dict(body, "destination_details")),
        balance=_balance_of(body, "balance_transaction"),
        failure_balance=_balance_of(body, "failure_balance_transaction"),
    )


def dispute(body: Body) -> DisputeSnapshot:
    """A dispute; its balance transactions come whole without being asked for."""
    currency, evidence = body["currency"].upper(), _dict(body, "evidence_details")
    method = _dict(body, "payment_method_details")
    return DisputeSnapshot(
        dispute_id=body["id"],
        status=body["status"],
        reason=_text(body, "reason"),
        amount_minor=from_stripe(body["amount"], currency),
        currency=currency,
        charge_id=_id(body, "charge"),
        payment_intent_id=_id(body, "payment_intent"),
        created=_time(body["created"]),
        due_by=from_unix(evidence.get("due_by")),
        submission_count=int(evidence.get("submission_count") or 0),
        has_evidence=bool(evidence.get("has_evidence")),
        past_due=bool(evidence.get("past_due")),
        is_charge_refundable=bool(body.get("is_charge_refundable")),
        network_reason_code=_text(_dict(method, "card"), "network_reason_code"),
        balance=tuple(balance(line) for line in body.get("balance_transactions") or ()),
    )


def balance(body: Body) -> BalanceLine:
    """A balance transaction, in the currency it settled in."""
    currency = body["currency"].upper()
    fees = [fee for fee in body.get("fee_details") or () if fee.get("type") == "application_fee"]
    amount, fee = from_stripe(body["amount"], currency), from_stripe(body["fee"], currency)
    return BalanceLine(
        id=body["id"],
        type=_text(body, "type"),
        category=_text(body, "reporting_category"),
        amount_minor=amount,
        fee_minor=fee,
        net_minor=amount - fee,
        currency=currency,
        source=_id(body, "source"),
        created=_time(body["created"]),
        application_fee_minor=sum(from_stripe(line["amount"], currency) for line in fees),
    )


def holdings(body: Body) -> list[Holding]:
    """An account's balance, by currency."""
    held: dict[str, list[int]] = {}
    for place, name in enumerate(("available", "pending")):
        for part in body.get(name) or ():
            currency = part["currency"].upper()
            held.setdefault(currency, [0, 0])[place] += from_stripe(part["amount"], currency)
    return [Holding(currency, *amounts) for currency, amounts in sorted(held.items())]


def event(body: Body) -> IncomingEvent:
    """An event with the object it is about as it was then."""
    subject = _dict(_dict(body, "data"), "object")
    return IncomingEvent(
        id=body["id"],
        type=body["type"],
        account=_text(body, "account"),
        livemode=body["livemode"],
        object_type=_text(subject, "object"),
        object_id=_text(subject, "id"),
        created=_time(body["created"]),
        payload=body,
    )


def _bank_reference(destination: Body) -> str:
    """The number a bank can trace a refund by, once Stripe has it."""
    method = _dict(destination, _text(destination, "type"))
    return _text(method, "reference") if method.get("reference_status") == "available" else ""


def _balance_of(body: Body, name: str) -> BalanceLine | None:
    found = _object(body, name)
    return balance(found) if found else None


def _object(body: Body, name: str) -> Body | None:
    """An expandable field, when it was expanded."""
    value = body.get(name)
    return value if isinstance(value, dict) else None


def _id(body: Body, name: str) -> str:
    """An expandable field's id, expanded or not."""
    value = body.get(name)
    return _text(value, "id") if isinstance(value, dict) else value if isinstance(value, str) else ""


def _dict(body: Body, name: str) -> Body:
    return _object(body, name) or {}


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
