"""Payment intents: create, confirm, authenticate, cancel."""

import json
import secrets
from typing import Any

from kagibag_app.sandbox import charges
from kagibag_app.sandbox import currency as currencies
from kagibag_app.sandbox.books import Body, Books, new_id
from kagibag_app.sandbox.cards import DECLINE_MESSAGES, Outcome
from kagibag_app.sandbox.errors import ApiError, invalid, missing
from kagibag_app.sandbox.metadata import merged

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
COPIED = (
    "description", "receipt_email", "statement_descriptor", "statement_descriptor_suffix",
    "application_fee_amount", "transfer_group", "setup_future_usage", "customer",
)  # fmt: skip
AUTHENTICATION_FAILED = (
    "We are unable to authenticate your payment method. "
    "Please choose a different payment method and try again."
)


def check_amount(amount: int, currency: str, param: str = "amount") -> None:
    """Refuse amounts that Stripe cannot charge.

    Raises:
        ApiError: below the currency's minimum, above the maximum, or not a multiple of ten where required.
    """
    least = currencies.minimum_charge(currency)
    if amount < least:
        text = currencies.amount_text(least, currency)
        raise invalid(f"Amount must be at least {text} {currency}", param, "amount_too_small")
    if amount > currencies.MAXIMUM_CHARGE:
        text = currencies.amount_text(currencies.MAXIMUM_CHARGE, currency)
        raise invalid(f"Amount must be no more than {text} {currency}", param, "amount_too_large")
    if currency in currencies.THREE_DECIMAL and amount % 10:
        raise invalid(f"Invalid {currency} amount: the last digit must be 0.", param, "invalid_amount")


def check_currency(currency: str, param: str = "currency") -> str:
    """A currency code in lower case.

    Raises:
        ApiError: no three-letter code.
    """
    if len(currency) != 3 or not currency.isalpha() or not currency.isascii():
        raise invalid(f"Invalid currency: {currency}.", param)
    return currency.lower()


def add(books: Books, amount: int, currency: str, params: dict[str, Any]) -> Body:
    """Store a new payment intent and tell about it."""
    currency = check_currency(currency)
    check_amount(amount, currency)
    intent_id = new_id("pi")
    automatic = (params.get("automatic_payment_methods") or {}).get("enabled", False)
    intent = books.add(
        "payment_intent",
        intent_id,
        amount=amount,
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        automatic_payment_methods={"allow_redirects": "always", "enabled": True} if automatic else None,
        capture_method="automatic_async",
        client_secret=f"{intent_id}_secret_{secrets.token_hex(12)}",
        confirmation_method="automatic",
        currency=currency,
        metadata=merged({}, params.get("metadata")),
        payment_method_types=["card"],
        status="requires_payment_method",
        **{name: params[name] for name in COPIED if params.get(name)},
    )
    books.emit("payment_intent.created", intent)
    return intent


def create(books: Books, params: dict[str, Any]) -> Body:
    """`POST /v1/payment_intents`."""
    _refuse_manual_capture(params)
    if params.get("confirm") and not params.get("payment_method"):
        raise missing("payment_method")
    method = charges.payment_method(books, params["payment_method"]) if params.get("payment_method") else None
    intent = add(books, params["amount"], params["currency"], params)
    if method is not None:
        books.change(intent, payment_method=method["id"], status="requires_confirmation")
    if method is not None and params.get("confirm"):
        confirm_with(books, intent, method, params.get("return_url"))
    return intent


def _refuse_manual_capture(params: dict[str, Any]) -> None:
    if params.get("capture_method") == "manual":
        raise invalid("The sandbox captures at once; capture_method=manual is not played.", "capture_method")


def update(books: Books, params: dict[str, Any], intent_id: str) -> Body:
    """`POST /v1/payment_intents/{intent}`."""
    intent = books.get("payment_intent", intent_id, "intent")
    if "amount" in params:
        if intent["status"] not in CONFIRMABLE:
            raise _unexpected_state(intent, "update")
        check_amount(params["amount"], intent["currency"])
    fields = {
        name: params[name] or None for name in ("amount", "description", "receipt_email") if name in params
    }
    books.change(intent, metadata=merged(intent["metadata"], params.get("metadata")), **fields)
    return intent


def confirm(books: Books, params: dict[str, Any], intent_id: str) -> Body:
    """`POST /v1/payment_intents/{intent}/confirm`."""
    intent = books.get("payment_intent", intent_id, "intent")
    _refuse_checkout(books, intent, "confirm")
    method_id = params.get("payment_method") or intent["payment_method"]
    if not method_id:
        raise ApiError(
            400,
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )
    confirm_with(books, intent, charges.payment_method(books, method_id), params.get("return_url"))
    return intent


def confirm_with(books: Books, intent: Body, method: Body, return_url: str | None = None) -> None:
    """Try to take the money.

    Raises:
        ApiError: the intent is past confirming; the card is declined (402, the failed charge stays recorded).
    """
    if intent["status"] not in CONFIRMABLE:
        raise _unexpected_state(intent, "confirm")
    outcome = charges.test_card(books, method).outcome
    if outcome is Outcome.AUTHENTICATE:
        _ask_to_authenticate(books, intent, method, return_url)
    elif outcome is Outcome.DECLINED:
        _decline(books, intent, method)
    else:
        _succeed(books, intent, method)


def _succeed(books: Books, intent: Body, method: Body, *, authenticated: bool = False) -> None:
    books.change(intent, payment_method=method["id"])
    charge = charges.succeed(books, intent, method, authenticated=authenticated)
    books.change(
        intent,
        status="succeeded",
        latest_charge=charge["id"],
        amount_received=intent["amount"],
        next_action=None,
        last_payment_error=None,
    )
    books.emit("payment_intent.succeeded", intent)


def _ask_to_authenticate(books: Books, intent: Body, method: Body, return_url: str | None) -> None:
    page = {"url": f"{books.config.public_url}/3ds/{intent['id']}", "return_url": return_url}
    books.change(
        intent,
        status="requires_action",
        payment_method=method["id"],
        last_payment_error=None,
        next_action={"type": "redirect_to_url", "redirect_to_url": page},
    )
    books.emit("payment_intent.requires_action", intent)


def _decline(books: Books, intent: Body, method: Body) -> None:
    card = charges.test_card(books, method)
    charge = charges.fail(books, intent, method)
    message = DECLINE_MESSAGES[card.decline_code]
    error = {
        "type": "card_error",
        "code": card.code,
        "decline_code": card.decline_code,
        "message": message,
        "charge": charge["id"],
        "doc_url": f"https://stripe.com/docs/error-codes/{card.code.replace('_', '-')}",
    }
    books.change(
        intent,
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        latest_charge=charge["id"],
        last_payment_error=error,
    )
    books.emit("payment_intent.payment_failed", intent)
    raise ApiError(
        402,
        message,
        code=card.code,
        kind="card_error",
        decline_code=card.decline_code,
        charge=charge["id"],
        payment_intent=json.loads(json.dumps(intent)),
        keeps_changes=True,
    )


def authenticate(books: Books, intent: Body, *, passed: bool) -> None:
    """The buyer answered the bank's 3-D Secure question.

    Raises:
        ApiError: nothing is being asked.
    """
    if intent["status"] != "requires_action":
        raise _unexpected_state(intent, "authenticate")
    if passed:
        method = books.get("payment_method", intent["payment_method"])
        _succeed(books, intent, method, authenticated=True)
        return
    error = {
        "type": "card_error",
        "code": "payment_intent_authentication_failure",
        "message": AUTHENTICATION_FAILED,
    }
    books.change(
        intent,
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        last_payment_error=error,
    )
    books.emit("payment_intent.payment_failed", intent)


def cancel(books: Books, params: dict[str, Any], intent_id: str) -> Body:
    """`POST /v1/payment_intents/{intent}/cancel`."""
    intent = books.get("payment_intent", intent_id, "intent")
    _refuse_checkout(books, intent, "cancel")
    if intent["status"] not in CONFIRMABLE:
        raise _unexpected_state(intent, "cancel")
    void(books, intent, params.get("cancellation_reason"))
    return intent


def void(books: Books, intent: Body, reason: str | None) -> None:
    """Close an intent that took no money."""
    books.change(
        intent, status="canceled", canceled_at=books.now, cancellation_reason=reason, next_action=None
    )
    books.emit("payment_intent.canceled", intent)


def _refuse_checkout(books: Books, intent: Body, verb: str) -> None:
    if books.store.private(intent["id"]).get("checkout_session"):
        raise ApiError(
            400,
            f"You cannot {verb} a PaymentIntent that a Checkout Session created.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )


def _unexpected_state(intent: Body, verb: str) -> ApiError:
    message = f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}."
    return ApiError(400, message, code="payment_intent_unexpected_state", payment_intent=intent)
