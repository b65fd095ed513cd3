"""An order's payment is declined, takes its time, or comes to nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from kagibag_app.demo.synthetic.catalogue import END
from kagibag_app.demo.synthetic.sale import STRIPE, Sale
from kagibag_app.demo.synthetic.selling import CANCELLED, CARDS, charge_of
from kagibag_app.demo.synthetic.sheets import stamp
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.payments.rules import PaymentStatus, method_text
from kagibag_app.features.timeline.rules import EntryKind

_DECLINES = (
    ("insufficient_funds", "Your card has insufficient funds."),
    ("generic_decline", "Your card was declined."),
    ("do_not_honor", "Your card was declined."),
    ("expired_card", "Your card has expired."),
    ("incorrect_cvc", "Your card's security code is incorrect."),
)
_FAILURES = (
    ("payment_method_provider_timeout", "The bank did not answer in time."),
    ("insufficient_funds", "The account has insufficient funds."),
    ("debit_not_authorized", "The account's owner did not agree to the debit."),
)


def decline(sale: Sale) -> datetime:
    """Let a card be declined; returns when the next try may come."""
    chance, charge = sale.desk.chance, charge_of(sale)
    at = charge.opened_at + timedelta(seconds=40 + int(chance.random() * 60))
    code, message = chance.choice(_DECLINES)
    card = method_text(chance.choice(CARDS), f"{int(chance.random() * 10_000):04}")
    sale.desk.sheets.attempts.add(charge.key, chance.stripe_id("ch"), code, message, card, stamp(at))
    sale.note(at, STRIPE, EntryKind.PAYMENT_ATTEMPT_FAILED, {"code": code, "message": message, "card": card})
    return at + timedelta(seconds=30 + int(chance.random() * 90))


def expire(sale: Sale) -> datetime:
    """Let the time to pay run out."""
    charge, at = charge_of(sale), charge_of(sale).opened_at + timedelta(minutes=31)
    charge.status, charge.is_open = PaymentStatus.CANCELED.value, False
    sale.note(at, STRIPE, EntryKind.PAYMENT_EXPIRED, sale.amount(sale.total_minor))
    sale.release()
    sale.become(at, STRIPE, OrderStatus.EXPIRED)
    return at


def wait_for_bank(sale: Sale) -> datetime:
    """Let it be paid by a method that takes its time."""
    chance, charge = sale.desk.chance, charge_of(sale)
    at = charge.opened_at + timedelta(seconds=60 + int(chance.random() * 120))
    charge.status = charge.raw_status = PaymentStatus.PROCESSING.value
    charge.intent_id, charge.brand = chance.stripe_id("pi"), "sepa_debit"
    sale.become(at, STRIPE, OrderStatus.PROCESSING)
    return at


def fail(sale: Sale) -> None:
    """Let the bank refuse it after all."""
    chance, charge = sale.desk.chance, charge_of(sale)
    at = min(wait_for_bank(sale) + timedelta(hours=2 + chance.random() * 60), END)
    charge.status, charge.raw_status, charge.is_open = (
        PaymentStatus.FAILED.value,
        "requires_payment_method",
        False,
    )
    charge.failure_code, charge.failure_message = chance.choice(_FAILURES)
    sale.release()
    sale.become(at, STRIPE, OrderStatus.PAYMENT_FAILED)


def cancel_unpaid(sale: Sale) -> None:
    """Let it be cancelled before anybody paid."""
    charge, who = charge_of(sale), sale.member("manager")
    at = charge.opened_at + timedelta(seconds=90 + int(sale.desk.chance.random() * 600))
    sale.cancel_message = sale.desk.chance.choice(CANCELLED)
    sale.decide(at, who, EntryKind.CANCEL_STARTED, {"message": sale.cancel_message})
    at += timedelta(seconds=2)
    charge.status, charge.is_open = PaymentStatus.CANCELED.value, False
    sale.note(at, STRIPE, EntryKind.PAYMENT_EXPIRED, sale.amount(sale.total_minor))
    sale.release()
    sale.cancel(at, STRIPE)
