"""Parameters of the calls that create something. The same order always gives the same ones, so that a key fits."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from kagibag_app.gateways.stripe_api.amounts import to_stripe
from kagibag_app.ports.payments import CheckoutLine, CheckoutOrder

# Source: docs.stripe.com/get-started/account/statement-descriptors, "Statement descriptor requirements".
_SUFFIX_LENGTH = 22
_NOT_ON_STATEMENTS = re.compile(r"[^A-Za-z0-9 .,&/+-]")
# Source: docs.stripe.com/api/checkout/sessions/create, `locale`.
_LOCALES = frozenset({
    "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr",
    "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk",
    "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
})  # fmt: skip
_NAME_LENGTH = 250


def checkout_session(order: CheckoutOrder, *, fee: bool) -> dict[str, Any]:
    """Return the parameters of a hosted payment page.

    Args:
        order: What is paid for.
        fee: An application fee applies: the account is not the platform's own.
    """
    metadata = {**order.metadata, "payment": order.reference, "order": order.order_number}
    intent: dict[str, Any] = {"metadata": metadata, "description": f"Order {order.order_number}"}
    if suffix := statement_suffix(order.description):
        intent["statement_descriptor_suffix"] = suffix
    if fee and order.application_fee_minor:
        intent["application_fee_amount"] = to_stripe(order.application_fee_minor, order.currency)
    return {
        "mode": "payment",
        "client_reference_id": order.reference,
        "customer_email": order.email,
        "line_items": [_line(line, order.currency) for line in order.lines],
        "payment_intent_data": intent,
        "metadata": metadata,
        "expires_at": int(order.expires_at.timestamp()),
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "locale": order.locale if order.locale in _LOCALES else "auto",
    }


def _line(line: CheckoutLine, currency: str) -> dict[str, Any]:
    return {
        "quantity": line.quantity,
        "price_data": {
            "currency": currency.lower(),
            "unit_amount": to_stripe(line.unit_minor, currency),
            "product_data": {"name": line.name[:_NAME_LENGTH]},
        },
    }


def refund(
    *, payment_intent_id: str, amount_minor: int, currency: str, reference: str, order_number: str
) -> dict[str, Any]:
    """Return the parameters of a refund.

    The reason is always the buyer's request: `fraudulent` would put the card on Stripe's block list.

    Source: docs.stripe.com/api/refunds/create, `reason`.
    """
    return {
        "payment_intent": payment_intent_id,
        "amount": to_stripe(amount_minor, currency),
        "reason": "requested_by_customer",
        "metadata": {"refund_id": reference, "order": order_number},
    }


def statement_suffix(text: str) -> str:
    """Return what stands behind the account's name on a card statement; empty when nothing readable is left.

    Latin letters without diacritics, digits and a few signs, at most 22 characters, at least one letter.
    """
    plain = unicodedata.normalize("NFKD", text)
    latin = "".join(c for c in plain if not unicodedata.combining(c))
    kept = " ".join(_NOT_ON_STATEMENTS.sub(" ", latin).split())[:_SUFFIX_LENGTH].strip()
    return kept if any(c.isalpha() for c in kept) else ""
