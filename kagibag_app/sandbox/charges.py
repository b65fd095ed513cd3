"""Charges: one try to take money from a card, and what the card makes happen afterwards."""

from dataclasses import dataclass
from typing import Any

from kagibag_app.sandbox import balance
from kagibag_app.sandbox.books import Body, Books, new_id
from kagibag_app.sandbox.cards import BY_NUMBER, BY_PAYMENT_METHOD, DECLINE_MESSAGES, Outcome, TestCard
from kagibag_app.sandbox.errors import not_found

BANK_ACTS_AFTER = 2
STATEMENT_NAME = "SANDBOX"


@dataclass(frozen=True)
class CardDetails:
    """A test card as the buyer typed it."""

    card: TestCard
    exp_month: int = 12
    exp_year: int = 2034
    name: str | None = None
    email: str | None = None


def address() -> Body:
    """An address nobody gave."""
    return dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def billing_details(details: CardDetails) -> Body:
    """Who pays."""
    return {"address": address(), "email": details.email, "name": details.name, "phone": None, "tax_id": None}


def store_payment_method(books: Books, details: CardDetails) -> Body:
    """Keep a card as a PaymentMethod."""
    card = details.card
    shown = {
        "brand": card.brand,
        "country": "US",
        "display_brand": card.brand,
        "last4": card.last4,
        "exp_month": details.exp_month,
        "exp_year": details.exp_year,
        "funding": "credit",
        "fingerprint": f"sandbox{card.last4}",
    }
    method = books.add(
        "payment_method",
        new_id("pm"),
        type="card",
        card=shown,
        metadata={},
        billing_details=billing_details(details),
    )
    books.store.remember(method["id"], number=card.number)
    return method


def payment_method(books: Books, method_id: str) -> Body:
    """A stored PaymentMethod; Stripe's ready-made `pm_card_...` ids make one.

    Raises:
        ApiError: the id names none.
    """
    if method_id in BY_PAYMENT_METHOD:
        return store_payment_method(books, CardDetails(BY_PAYMENT_METHOD[method_id]))
    if books.store.account_of(method_id) is None:
        raise not_found("PaymentMethod", method_id, "payment_method")
    return books.get("payment_method", method_id, "payment_method")


def test_card(books: Books, method: Body) -> TestCard:
    """The magic card behind a PaymentMethod."""
    return BY_NUMBER[books.store.private(method["id"])["number"]]


def _payment_method_details(method: Body, card: TestCard, authenticated: bool) -> Body:
    three_d_secure: Body | None = None
    if authenticated:
        three_d_secure = {
            "authentication_flow": "challenge",
            "electronic_commerce_indicator": "05",
            "exemption_indicator": None,
            "result": "authenticated",
            "result_reason": None,
            "transaction_id": None,
            "version": "2.2.0",
        }
    checks = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
    shown = method["card"]
    return {
        "type": "card",
        "card": {
            "brand": card.brand,
            "last4": card.last4,
            "exp_month": shown["exp_month"],
            "exp_year": shown["exp_year"],
            "country": "US",
            "funding": "credit",
            "fingerprint": shown["fingerprint"],
            "network": card.brand,
            "checks": checks,
            "installments": None,
            "mandate": None,
            "three_d_secure": three_d_secure,
            "wallet": None,
        },
    }


def _outcome(card: TestCard, paid: bool) -> Body:
    return {
        "network_status": "approved_by_network" if paid else "declined_by_network",
        "reason": None if paid else card.decline_code,
        "risk_level": "normal",
        "seller_message": "Payment complete." if paid else "The bank did not approve the payment.",
        "type": "authorized" if paid else "issuer_declined",
    }


def _add(books: Books, intent: Body, method: Body, card: TestCard, paid: bool, **fields: Any) -> Body:
    suffix = intent["statement_descriptor_suffix"]
    charge_id = new_id("ch")
    return books.add(
        "charge",
        charge_id,
        amount=intent["amount"],
        currency=intent["currency"],
        payment_intent=intent["id"],
        customer=intent["customer"],
        description=intent["description"],
        metadata=dict(intent["metadata"]),
        payment_method=method["id"],
        billing_details=method["billing_details"],
        receipt_email=intent["receipt_email"],
        receipt_url=f"{books.config.public_url}/receipts/{charge_id}" if paid else None,
        application_fee_amount=intent["application_fee_amount"],
        statement_descriptor_suffix=suffix,
        calculated_statement_descriptor=f"{STATEMENT_NAME}* {suffix}"[:22] if suffix else STATEMENT_NAME,
        paid=paid,
        captured=paid,
        status="succeeded" if paid else "failed",
        amount_captured=intent["amount"] if paid else 0,
        outcome=_outcome(card, paid),
        fraud_details={},
        **fields,
    )


def succeed(books: Books, intent: Body, method: Body, *, authenticated: bool = False) -> Body:
    """Take the money of a payment intent."""
    card = test_card(books, method)
    details = _payment_method_details(method, card, authenticated)
    charge = _add(books, intent, method, card, True, payment_method_details=details)
    books.change(charge, balance_transaction=balance.charged(books, charge)["id"])
    books.store.remember(charge["id"], number=card.number)
    books.emit("charge.succeeded", charge)
    _plan_outcome(books, charge, card)
    return charge


def fail(books: Books, intent: Body, method: Body) -> Body:
    """Record that the bank declined."""
    card = test_card(books, method)
    charge = _add(
        books,
        intent,
        method,
        card,
        False,
        payment_method_details=_payment_method_details(method, card, False),
        failure_code=card.code,
        failure_message=DECLINE_MESSAGES[card.decline_code],
    )
    books.emit("charge.failed", charge)
    return charge


def _plan_outcome(books: Books, charge: Body, card: TestCard) -> None:
    """What the bank does some virtual seconds after the payment."""
    if card.outcome in (Outcome.DISPUTE, Outcome.INQUIRY):
        kind = "inquiry" if card.outcome is Outcome.INQUIRY else "chargeback"
        books.later(BANK_ACTS_AFTER, "open_dispute", charge=charge["id"], reason=card.reason, kind=kind)
    if card.outcome is Outcome.FRAUD_WARNING:
        books.later(BANK_ACTS_AFTER, "warn_of_fraud", charge=charge["id"])


def card_of(books: Books, charge: Body) -> TestCard:
    """The magic card a charge was made with."""
    return BY_NUMBER[books.store.private(charge["id"])["number"]]
