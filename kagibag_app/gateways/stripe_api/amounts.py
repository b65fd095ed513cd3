"""Stripe's amounts beside ours. This table is the only place that knows where they differ.

Stripe counts ISK and UGX in hundredths although ISO 4217 gives them none, and takes three-decimal
currencies in thousandths that end in 0; every other supported currency is sent as we keep it.

Source: docs.stripe.com/currencies, "Special cases" and "Zero-decimal currencies".
"""

from __future__ import annotations

from kagibag_app.kit.money import currency as supported

_HUNDREDTHS_AT_STRIPE = {"ISK": 100, "UGX": 100}


def to_stripe(minor: int, currency: str) -> int:
    """Return the amount to send.

    Args:
        minor: ISO minor units, a multiple of the currency's step.
        currency: ISO 4217 code, upper case.

    Raises:
        ValueError: The amount is no multiple of the step: Stripe would refuse or round it.
        BadInput: The currency is not supported.
    """
    if minor % supported(currency).step:
        raise ValueError(f"{minor} {currency} is no multiple of the currency's step")
    return minor * _HUNDREDTHS_AT_STRIPE.get(currency, 1)


def from_stripe(amount: int, currency: str) -> int:
    """Return ISO minor units of an amount that Stripe sent.

    Fees can leave hundredths in the two currencies that have none; they are rounded half up.

    Args:
        amount: As Stripe sent it; may be negative.
        currency: ISO 4217 code in any case; one we don't sell in (a settlement currency) is taken as it is.
    """
    factor = _HUNDREDTHS_AT_STRIPE.get(currency.upper(), 1)
    return (2 * amount + factor) // (2 * factor)
