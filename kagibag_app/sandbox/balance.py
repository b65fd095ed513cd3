"""Balance transactions: every movement of money, with its fee."""

from typing import Any

from kagibag_app.sandbox import currency as currencies
from kagibag_app.sandbox.books import Body, Books, new_id
from kagibag_app.sandbox.clock import DAY

AVAILABLE_AFTER = 2 * DAY


def _fee_line(amount: int, currency: str, kind: str, description: str) -> Body:
    return {
        "amount": amount,
        "application": None,
        "currency": currency,
        "description": description,
        "type": kind,
    }


def _record(
    books: Books, kind: str, category: str, source: Body, amount: int, fees: list[Body], **more: Any
) -> Body:
    fee = sum(line["amount"] for line in fees)
    return books.add(
        "balance_transaction",
        new_id("txn"),
        type=kind,
        reporting_category=category,
        source=source["id"],
        currency=source["currency"],
        amount=amount,
        fee=fee,
        net=amount - fee,
        fee_details=fees,
        status="available" if amount < 0 else "pending",
        available_on=books.now + (0 if amount < 0 else AVAILABLE_AFTER),
        balance_type="payments",
        **more,
    )


def charged(books: Books, charge: Body) -> Body:
    """Money of a card payment, less Stripe's and the platform's fee."""
    amount, currency = charge["amount"], charge["currency"]
    fees = [
        _fee_line(currencies.charge_fee(amount, currency), currency, "stripe_fee", "Stripe processing fees")
    ]
    if charge["application_fee_amount"]:
        fees.append(
            _fee_line(charge["application_fee_amount"], currency, "application_fee", "Application fee")
        )
    return _record(books, "charge", "charge", charge, amount, fees, description=charge["description"])


def refunded(books: Books, refund: Body) -> Body:
    """Money sent back to a card. The fee of the charge is not returned."""
    return _record(books, "refund", "refund", refund, -refund["amount"], [], description="REFUND FOR CHARGE")


def refund_returned(books: Books, refund: Body) -> Body:
    """Money of a refund that did not arrive."""
    return _record(
        books, "refund_failure", "refund_failure", refund, refund["amount"], [], description="REFUND FAILURE"
    )


def dispute_withdrawn(books: Books, dispute: Body) -> Body:
    """The disputed amount and the dispute fee, taken by the bank."""
    currency = dispute["currency"]
    fees = [_fee_line(currencies.dispute_fee(currency), currency, "stripe_fee", "Dispute fee")]
    return _record(
        books,
        "adjustment",
        "dispute",
        dispute,
        -dispute["amount"],
        fees,
        description=f"Chargeback withdrawal for {dispute['charge']}",
    )


def dispute_reinstated(books: Books, dispute: Body) -> Body:
    """The disputed amount, given back. The fee stays paid."""
    return _record(
        books,
        "adjustment",
        "dispute_reversal",
        dispute,
        dispute["amount"],
        [],
        description=f"Chargeback reversal for {dispute['charge']}",
    )


def is_short(books: Books) -> bool:
    """Whether the account was told to hold too little for refunds; its balance says nothing about it."""
    return books.store.setting(_short(books), "") != ""


def set_short(books: Books, short: bool) -> None:
    """Let the account hold too little for refunds, or enough again."""
    books.store.set_setting(_short(books), "yes" if short else "")


def _short(books: Books) -> str:
    return f"short_of_funds:{books.account}"


def retrieve(books: Books, params: dict[str, Any]) -> Body:
    """`GET /v1/balance`: what the account holds, and what its latest charges will bring."""
    held: dict[str, list[Body]] = {"available": [], "pending": []}
    for currency, waits, amount in books.store.balances(books.account, books.now):
        held["pending" if waits else "available"].append({"currency": currency, "amount": amount})
    return {"object": "balance", "livemode": False, **held}
