"""Payments and the inbox of Stripe events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

OPEN_PAYMENT = "open_payment"
APPLY_STRIPE_EVENT = "apply_stripe_event"
EXPIRE_ORDER = "expire_order"
SETTLE_CHECKOUT = "settle_checkout"

# A hosted page may stay open for 30 minutes at the least; the hold outlives it by four.
SESSION_LIFE = timedelta(minutes=31)


class PaymentStatus(StrEnum):
    """Mirrored from Stripe: any status may follow any, an unplanned jump is marked on the timeline."""

    REQUIRES_PAYMENT = "requires_payment"
    PROCESSING = "processing"
    CAPTURED = "captured"
    FAILED = "failed"
    CANCELED = "canceled"

    @classmethod
    def from_stripe(cls, word: str) -> PaymentStatus:
        """Map a payment intent's status; what we don't know is waited for."""
        return {
            "processing": cls.PROCESSING,
            "succeeded": cls.CAPTURED,
            "canceled": cls.CANCELED,
        }.get(word, cls.REQUIRES_PAYMENT)


_P = PaymentStatus
EXPECTED_MOVES: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    _P.REQUIRES_PAYMENT: frozenset({_P.PROCESSING, _P.CAPTURED, _P.FAILED, _P.CANCELED}),
    _P.PROCESSING: frozenset({_P.CAPTURED, _P.FAILED, _P.CANCELED}),
    _P.CAPTURED: frozenset(),
    _P.FAILED: frozenset(),
    _P.CANCELED: frozenset(),
}


class EventOutcome(StrEnum):
    """What became of an incoming Stripe event."""

    PENDING = "pending"
    APPLIED = "applied"
    STALE = "stale"
    IGNORED = "ignored"
    PARKED = "parked"
    FAILED = "failed"


# An event of these still waits for its effect; what failed is tried again.
UNSETTLED = frozenset({EventOutcome.PENDING, EventOutcome.FAILED})

# Source: docs.stripe.com/api/events/types. Every other type is stored as ignored.
HANDLED_EVENTS = frozenset({
    "checkout.session.completed", "checkout.session.expired",
    "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed",
    "payment_intent.processing", "payment_intent.requires_action", "payment_intent.succeeded",
    "payment_intent.payment_failed", "payment_intent.canceled",
    "charge.succeeded", "charge.failed", "charge.refunded", "charge.updated",
    "refund.created", "refund.updated", "refund.failed",
    "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
    "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated",
})  # fmt: skip
FAILED_TRY_EVENTS = frozenset({"charge.failed", "payment_intent.payment_failed"})


@dataclass(frozen=True, slots=True)
class Subject:
    """What has to be fetched to apply an event.

    Attributes:
        object_type: `checkout.session`, `payment_intent`, `charge`, `refund` or `dispute`.
        object_id: Its id at Stripe; a charge stands for its payment intent where it has one.
        payment_intent_id: The payment it belongs to; empty where the event doesn't say.
    """

    object_type: str
    object_id: str
    payment_intent_id: str

    @property
    def lane(self) -> str:
        """Everything about one payment is applied one after the other."""
        return f"stripe:{self.payment_intent_id or self.object_id}"


def subject_of(payload: Mapping[str, Any]) -> Subject:
    """Read what an event is about from its verified payload."""
    body = payload["data"]["object"]
    kind, object_id = _text(body, "object"), _text(body, "id")
    intent = object_id if kind == "payment_intent" else _text(body, "payment_intent")
    if kind == "charge" and intent:
        return Subject("payment_intent", intent, intent)
    return Subject(kind, object_id, intent)


def reference_of(payload: Mapping[str, Any]) -> str:
    """Return our payment's public id from the metadata of an event's object; empty for one made elsewhere."""
    return _text(_dict(payload["data"]["object"], "metadata"), "payment")


@dataclass(frozen=True, slots=True)
class FailedTry:
    """A card that was declined, or a bank's question that was not answered.

    Attributes:
        key: Names this failure: the charge, or the payment intent and the code where no charge was made.
        method: The card as people know it, e.g. `Visa •••• 0002`.
    """

    key: str
    code: str
    message: str
    method: str


def failed_try(event_type: str, payload: Mapping[str, Any]) -> FailedTry | None:
    """Read the failure that an event tells of; later tries overwrite it at Stripe, so the event is its record."""
    if event_type not in FAILED_TRY_EVENTS:
        return None
    body = payload["data"]["object"]
    if event_type == "charge.failed":
        outcome, key = _dict(body, "outcome"), _text(body, "id")
        code = _text(outcome, "reason") or _text(body, "failure_code")
        message, details = _text(body, "failure_message"), _dict(body, "payment_method_details")
    else:
        error = _dict(body, "last_payment_error")
        code, message = _text(error, "decline_code") or _text(error, "code"), _text(error, "message")
        key = _text(error, "charge") or f"{_text(body, 'id')}:{code}"
        details = _dict(error, "payment_method")
    card = _dict(details, "card")
    method = method_text(_text(card, "brand") or _text(details, "type"), _text(card, "last4"))
    return FailedTry(key, code, message, method)


_BRANDS = {
    "amex": "American Express", "diners": "Diners Club", "discover": "Discover", "eftpos_au": "eftpos",
    "jcb": "JCB", "link": "Link", "mastercard": "Mastercard", "sepa_debit": "SEPA debit",
    "unionpay": "UnionPay", "visa": "Visa", "us_bank_account": "Bank account",
}  # fmt: skip


def method_text(brand: str, last4: str) -> str:
    """Return a payment method as people know it, e.g. `Visa •••• 4242`; empty when nothing is known."""
    if not brand:
        return ""
    name = _BRANDS.get(brand, brand.replace("_", " ").capitalize())
    return f"{name} •••• {last4}" if last4 else name


def dashboard_link(path: str, *, live: bool) -> str:
    """Return the address of a page in Stripe's Dashboard.

    Args:
        path: e.g. `payments/pi_...` or `disputes/du_...`.
        live: Live mode; otherwise the test Dashboard.
    """
    return f"https://dashboard.stripe.com/{'' if live else 'test/'}{path}"


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _dict(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}
