"""Hosted Checkout: sessions, what the buyer submits, and expiry.

Source: docs.stripe.com/api/checkout/sessions
"""

import time
from typing import Any

from kagibag_app.sandbox import charges, payment_intents
from kagibag_app.sandbox.books import Body, Books, new_id
from kagibag_app.sandbox.charges import CardDetails
from kagibag_app.sandbox.clock import DAY
from kagibag_app.sandbox.errors import ApiError, invalid, missing
from kagibag_app.sandbox.metadata import merged

SHORTEST, LONGEST = 30 * 60, DAY
COPIED = (
    "client_reference_id",
    "customer",
    "customer_email",
    "locale",
    "submit_type",
    "cancel_url",
    "success_url",
)
PLACEHOLDER = "{CHECKOUT_SESSION_ID}"
CUSTOM_TEXTS = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")


def create(books: Books, params: dict[str, Any]) -> Body:
    """`POST /v1/checkout/sessions`, mode `payment` on the hosted page.

    Raises:
        ApiError: something is missing, of another mode, or outside Stripe's limits.
    """
    _check_shape(params)
    currency = payment_intents.check_currency(params["line_items"][0]["price_data"]["currency"])
    items = [_line_item(books, item, index, currency) for index, item in enumerate(params["line_items"])]
    total = sum(item["amount_total"] for item in items)
    payment_intents.check_amount(total, currency, "line_items")
    expires_at, life = _expiry(books, params)
    session_id = new_id("cs_test")
    session = books.add(
        "checkout.session",
        session_id,
        amount_subtotal=total,
        amount_total=total,
        automatic_tax={"enabled": False, "liability": None, "provider": None, "status": None},
        currency=currency,
        custom_text=dict.fromkeys(CUSTOM_TEXTS),
        expires_at=expires_at,
        metadata=merged({}, params.get("metadata")),
        mode="payment",
        payment_method_types=["card"],
        payment_status="unpaid",
        status="open",
        total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        ui_mode="hosted_page",
        url=f"{books.config.public_url}/c/pay/{session_id}",
        **{name: params[name] for name in COPIED if params.get(name)},
    )
    _check_intent(params)
    books.store.remember(
        session_id, line_items=items, payment_intent_data=params.get("payment_intent_data") or {}
    )
    books.later(life, "expire_session", session=session_id)
    return session


def _check_shape(params: dict[str, Any]) -> None:
    if params.get("mode", "payment") != "payment":
        raise invalid("The sandbox plays mode=payment only.", "mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise invalid("The sandbox plays ui_mode=hosted_page only.", "ui_mode")
    if not params.get("success_url"):
        raise missing("success_url")
    if not params.get("line_items"):
        raise missing("line_items")
    for name in ("success_url", "cancel_url"):
        if not params.get(name, "https://").startswith(("https://", "http://")):
            raise invalid("Not a valid URL", name, "url_invalid")


def _check_intent(params: dict[str, Any]) -> None:
    data = params.get("payment_intent_data") or {}
    if data.get("capture_method") == "manual":
        raise invalid("The sandbox captures at once.", "payment_intent_data[capture_method]")
    merged({}, data.get("metadata"))


def _expiry(books: Books, params: dict[str, Any]) -> tuple[int, int]:
    """When the caller wants the page to close, and in how many virtual seconds that is.

    A caller whose clock did not follow the sandbox's into the future still gets the page for as long as it meant.
    """
    expires_at = params.get("expires_at", books.now + LONGEST)
    life = expires_at - books.now
    if life < SHORTEST:
        life = expires_at - int(time.time())
    if life < SHORTEST:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
            "expires_at",
        )
    if life > LONGEST:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            "expires_at",
        )
    return expires_at, life


def _line_item(books: Books, item: dict[str, Any], index: int, currency: str) -> Body:
    name = f"line_items[{index}]"
    price, quantity = item.get("price_data"), item.get("quantity", 1)
    if not price:
        raise missing(f"{name}[price_data]")
    if "unit_amount" not in price:
        raise missing(f"{name}[price_data][unit_amount]")
    if "product_data" not in price:
        raise missing(f"{name}[price_data][product_data]")
    if price["unit_amount"] < 0 or quantity < 1:
        raise invalid(
            "Invalid non-negative integer", f"{name}[price_data][unit_amount]", "parameter_invalid_integer"
        )
    if price["currency"].lower() != currency:
        raise invalid("All prices on a Checkout session must be in the same currency.", name)
    amount = price["unit_amount"] * quantity
    return {
        "id": new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": currency,
        "description": price["product_data"]["name"],
        "price": _price(books, price, currency),
        "quantity": quantity,
        "metadata": {},
        "adjustable_quantity": None,
    }


def _price(books: Books, price: dict[str, Any], currency: str) -> Body:
    return {
        **books.spec.blank("price"),
        "id": new_id("price"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": books.now,
        "currency": currency,
        "product": new_id("prod"),
        "type": "one_time",
        "unit_amount": price["unit_amount"],
        "unit_amount_decimal": str(price["unit_amount"]),
        "tax_behavior": "unspecified",
    }


def line_items(books: Books, session: Body) -> Body:
    """The session's lines, as the list object that `expand[]=line_items` shows."""
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    items = books.store.private(session["id"])["line_items"]
    return {"object": "list", "data": items, "has_more": False, "url": url}


def submit(books: Books, session: Body, details: CardDetails) -> Body:
    """The buyer pays. Returns the payment intent, succeeded or asking for 3-D Secure.

    Raises:
        ApiError: the session is not open, or the card is declined.
    """
    _require_open(session)
    intent = _intent_of(books, session, details)
    method = charges.store_payment_method(books, details)
    books.store.remember(session["id"], buyer={"name": details.name, "email": details.email})
    payment_intents.confirm_with(books, intent, method, session["success_url"])
    if intent["status"] == "succeeded":
        _complete(books, session)
    return intent


def _intent_of(books: Books, session: Body, details: CardDetails) -> Body:
    """The session's payment intent; it comes into being when the buyer first submits a card."""
    if session["payment_intent"]:
        return books.get("payment_intent", session["payment_intent"])
    params = {
        "customer": session["customer"],
        "receipt_email": session["customer_email"] or details.email,
        **books.store.private(session["id"])["payment_intent_data"],
    }
    intent = payment_intents.add(books, session["amount_total"], session["currency"], params)
    books.store.remember(intent["id"], checkout_session=session["id"])
    books.change(session, payment_intent=intent["id"])
    return intent


def authenticate(books: Books, intent: Body, *, passed: bool) -> Body | None:
    """The buyer answered the bank. Returns the intent's session, completed if the payment went through."""
    payment_intents.authenticate(books, intent, passed=passed)
    session_id = books.store.private(intent["id"]).get("checkout_session")
    if session_id is None:
        return None
    session = books.get("checkout.session", session_id)
    if intent["status"] == "succeeded":
        _complete(books, session)
    return session


def _complete(books: Books, session: Body) -> None:
    buyer = books.store.private(session["id"])["buyer"]
    customer = {
        **books.spec.blank("payment_pages_checkout_session_customer_details"),
        "email": session["customer_email"] or buyer["email"],
        "name": buyer["name"],
        "address": charges.address(),
        "tax_exempt": "none",
        "tax_ids": [],
    }
    books.change(session, status="complete", payment_status="paid", url=None, customer_details=customer)
    books.emit("checkout.session.completed", session)


def expire(books: Books, params: dict[str, Any], session_id: str) -> Body:
    """`POST /v1/checkout/sessions/{session}/expire`."""
    session = books.get("checkout.session", session_id, "session")
    _require_open(session)
    close(books, session)
    return session


def close(books: Books, session: Body) -> None:
    """End an open session; its unpaid intent ends with it."""
    books.change(session, status="expired", url=None)
    if session["payment_intent"]:
        payment_intents.void(books, books.get("payment_intent", session["payment_intent"]), "automatic")
    books.emit("checkout.session.expired", session)


def return_address(session: Body) -> str:
    """Where the buyer goes after paying."""
    return session["success_url"].replace(PLACEHOLDER, session["id"])


def _require_open(session: Body) -> None:
    if session["status"] != "open":
        raise ApiError(
            400,
            'Only Checkout Sessions with a status in ["open"] can be expired or paid. This Checkout '
            f"Session has a status of {session['status']}.",
        )
